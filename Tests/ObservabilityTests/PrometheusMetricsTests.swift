import CoreMetrics
import Observability
import Testing

@Suite("The Prometheus backend")
struct PrometheusMetricsTests {
    @Test("Counters, gauges and histograms are written with help and type, in a stable order")
    func exposition() {
        let metrics = PrometheusMetrics(families: [
            MetricFamily("b_total", .counter, labels: ["kind", "place"], help: "Counts \\ and\nlines."),
            MetricFamily("a_seconds", .histogram([0.000_25, 0.001]), help: "Times."),
            MetricFamily("c", .gauge, help: "Level."), MetricFamily("unused", .gauge, help: "Never."),
        ])
        let one = Counter(label: "b_total", dimensions: [("place", "x"), ("kind", "k")], factory: metrics)
        let same = Counter(label: "b_total", dimensions: [("kind", "k"), ("place", "x")], factory: metrics)
        Counter(label: "b_total", dimensions: [("kind", "a\"\\\nb"), ("place", "")], factory: metrics).increment()
        one.increment(by: 2)
        same.increment()
        let time = Timer(label: "a_seconds", dimensions: [], factory: metrics)
        for nanoseconds in [250_000, 250_001, 1_000_000, 1_000_001] as [Int64] { time.recordNanoseconds(nanoseconds) }
        Meter(label: "c", factory: metrics).set(0.5)
        #expect(
            metrics.exposition() == """
                # HELP a_seconds Times.
                # TYPE a_seconds histogram
                a_seconds_bucket{le="0.00025"} 1
                a_seconds_bucket{le="0.001"} 3
                a_seconds_bucket{le="+Inf"} 4
                a_seconds_sum 0.002500002
                a_seconds_count 4
                # HELP b_total Counts \\\\ and\\nlines.
                # TYPE b_total counter
                b_total{kind="a\\"\\\\\\nb",place=""} 1
                b_total{kind="k",place="x"} 3
                # HELP c Level.
                # TYPE c gauge
                c 0.5

                """)
    }

    @Test("What several threads record is counted to the last one")
    func concurrency() async {
        let metrics = PrometheusMetrics(families: [MetricFamily("h", .histogram([10]), help: "Sizes.")])
        let counter = Counter(label: "n_total", factory: metrics)
        let meter = Meter(label: "m", factory: metrics)
        let sizes = Recorder(label: "h", dimensions: [], aggregate: true, factory: metrics)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for index in 0..<2_000 {
                        counter.increment()
                        meter.increment()
                        sizes.record(index % 2 == 0 ? 1 : 11)
                    }
                }
            }
        }
        let text = metrics.exposition()
        #expect(text.contains("\nn_total 16000\n"))
        #expect(text.contains("\nm 16000\n"))
        #expect(text.contains("h_bucket{le=\"10\"} 8000\n"))
        #expect(text.contains("h_sum 96000\n"))
        #expect(text.contains("h_count 16000\n"))
    }

    @Test("A label with too many values stops at the bound")
    func bound() {
        let metrics = PrometheusMetrics(families: [])
        for index in 0..<PrometheusMetrics.maximumSeries + 50 {
            Counter(label: "x_total", dimensions: [("id", "\(index)")], factory: metrics).increment()
        }
        let lines = metrics.exposition().split(separator: "\n").filter { $0.hasPrefix("x_total{") }
        #expect(lines.count == PrometheusMetrics.maximumSeries)
    }

    @Test("Two servers in one process share nothing")
    func separate() {
        let one = PrometheusMetrics(families: [])
        let other = PrometheusMetrics(families: [])
        Counter(label: "x_total", factory: one).increment()
        Counter(label: "x_total", factory: other).increment(by: 5)
        #expect(one.exposition().contains("x_total 1\n"))
        #expect(other.exposition().contains("x_total 5\n"))
    }

    @Test("Names that Prometheus does not allow are made so, and odd values are written its way")
    func names() {
        let metrics = PrometheusMetrics(families: [])
        Meter(label: "9 lives-left", dimensions: [("a b", "c")], factory: metrics).set(Double.infinity)
        Meter(label: "nan", factory: metrics).set(Double.nan)
        let text = metrics.exposition()
        #expect(text.contains("_9_lives_left{a_b=\"c\"} +Inf\n"))
        #expect(text.contains("nan NaN\n"))
    }
}

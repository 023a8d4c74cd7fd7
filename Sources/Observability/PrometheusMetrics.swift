public import CoreMetrics
import Synchronization

/// Keeps what is recorded through swift-metrics, and writes it as Prometheus reads it.
///
/// Handles are made once and kept by those who record: recording touches atomics of one series and takes no lock. Each
/// server of a process has one of its own; nothing is global.
///
///     let metrics = PrometheusMetrics(families: [MetricFamily("calls_total", .counter, help: "Calls.")])
///     let calls = Counter(label: "calls_total", factory: metrics)
///     calls.increment()
///     metrics.exposition()
public final class PrometheusMetrics: MetricsFactory {
    private struct Family {
        var description: MetricFamily
        var series: [String: any MetricSeries] = [:]
    }

    private struct State {
        var families: [String: Family] = [:]
        var collectors: [@Sendable () -> Void] = []
    }

    private let state = Mutex(State())

    /// Most series of one metric.
    ///
    /// Past it nothing more is kept: a label with too many values must not fill the memory.
    public static let maximumSeries = 2_000

    /// Makes one that knows these metrics; others are kept too, under the kind of their first handle.
    public init(families: [MetricFamily]) {
        state.withLock { state in
            for family in families { state.families[family.name] = Family(description: family) }
        }
    }

    /// The type of what ``exposition()`` returns.
    public static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    /// Has `collect` called before each exposition, to bring gauges up to date.
    public func beforeExposition(_ collect: @escaping @Sendable () -> Void) {
        state.withLock { $0.collectors.append(collect) }
    }

    /// Everything that was recorded, metrics by name and series by labels.
    ///
    /// A metric without a series is left out.
    public func exposition() -> String {
        for collect in state.withLock({ $0.collectors }) { collect() }
        let families = state.withLock { state in
            state.families.values.filter { !$0.series.isEmpty }.sorted { $0.description.name < $1.description.name }
        }
        var text = ""
        text.reserveCapacity(64 * 1_024)
        for family in families {
            let name = family.description.name
            text += "# HELP \(name) \(Exposition.escaped(family.description.help, quotes: false))\n"
            text += "# TYPE \(name) \(family.description.kind.word)\n"
            for (labels, series) in family.series.sorted(by: { $0.key < $1.key }) {
                series.render(name, labels, to: &text)
            }
        }
        return text
    }

    /// Returns the counter of these labels.
    public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        series(label, dimensions, .counter) { _ in CounterSeries() } as? CounterSeries ?? NOOPMetricsHandler.instance
    }

    /// Returns the counter of these labels.
    public func makeFloatingPointCounter(
        label: String, dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler {
        series(label, dimensions, .counter) { _ in CounterSeries() } as? CounterSeries ?? NOOPMetricsHandler.instance
    }

    /// Returns the gauge of these labels.
    public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        series(label, dimensions, .gauge) { _ in GaugeSeries() } as? GaugeSeries ?? NOOPMetricsHandler.instance
    }

    /// Returns the histogram of these labels, or the gauge where values are not to be summed up.
    public func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        guard aggregate else {
            return series(label, dimensions, .gauge) { _ in GaugeSeries() } as? GaugeSeries
                ?? NOOPMetricsHandler.instance
        }
        return series(label, dimensions, .histogram(MetricFamily.batchSizes)) {
            HistogramSeries(bounds: $0, ticksPerUnit: 1)
        } as? HistogramSeries ?? NOOPMetricsHandler.instance
    }

    /// Returns the histogram of these labels, which counts in seconds.
    public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        series(label, dimensions, .histogram(MetricFamily.callSeconds)) {
            HistogramSeries(bounds: $0, ticksPerUnit: 1_000_000_000)
        } as? HistogramSeries ?? NOOPMetricsHandler.instance
    }

    /// Does nothing: a series lives as long as the server.
    public func destroyCounter(_ handler: any CounterHandler) {}
    /// Does nothing: a series lives as long as the server.
    public func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) {}
    /// Does nothing: a series lives as long as the server.
    public func destroyMeter(_ handler: any MeterHandler) {}
    /// Does nothing: a series lives as long as the server.
    public func destroyRecorder(_ handler: any RecorderHandler) {}
    /// Does nothing: a series lives as long as the server.
    public func destroyTimer(_ handler: any TimerHandler) {}

    /// The series, made where it does not exist; nil past the bound on their number.
    private func series(
        _ label: String, _ dimensions: [(String, String)], _ kind: MetricFamily.Kind,
        _ make: ([Double]) -> any MetricSeries
    ) -> (any MetricSeries)? {
        let name = Exposition.name(label, allowsColon: true)
        return state.withLock { state in
            var family =
                state.families[name] ?? Family(description: MetricFamily(name, kind, help: "No description."))
            let order = family.description.labels
            let sorted = dimensions.enumerated().sorted { one, other in
                let left = order.firstIndex(of: one.element.0) ?? order.count
                let right = order.firstIndex(of: other.element.0) ?? order.count
                return (left, one.offset) < (right, other.offset)
            }.map(\.element)
            let labels = Exposition.labels(sorted)
            if let known = family.series[labels] { return known }
            guard family.series.count < PrometheusMetrics.maximumSeries else { return nil }
            var bounds: [Double] = []
            if case .histogram(let given) = kind { bounds = given }
            if case .histogram(let described) = family.description.kind { bounds = described }
            let made = make(bounds)
            family.series[labels] = made
            state.families[name] = family
            return made
        }
    }
}

/// One line, or one group of lines, of an exposition.
protocol MetricSeries: AnyObject, Sendable {
    /// Writes the lines.
    func render(_ name: String, _ labels: String, to text: inout String)
}

extension MetricFamily.Kind {
    fileprivate var word: String {
        switch self {
        case .counter: "counter"
        case .gauge: "gauge"
        case .histogram: "histogram"
        }
    }
}

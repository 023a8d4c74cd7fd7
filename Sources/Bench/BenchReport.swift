import Histogram

/// What a run measured.
public struct BenchReport: Sendable {
    /// One side of a comparison, over all rounds.
    public struct Side: Sendable {
        /// What was measured.
        public var name: String
        /// Median of the rounds' operations per second.
        public var rate: Double
        /// Latencies over all rounds, in microseconds.
        public var p50: UInt64
        /// 99 % were faster, in microseconds.
        public var p99: UInt64
        /// 99.9 % were faster, in microseconds.
        public var p999: UInt64
        /// Operations that failed.
        public var failures: UInt64
        /// CPU microseconds per operation by kind of process.
        public var cpu: [(process: String, microseconds: Double)]
    }

    /// A service call beside its floors.
    public struct Comparison: Sendable {
        /// The service call.
        public var service: Side
        /// What it stands on, measured in the same rounds.
        public var floors: [Side]
        /// Median over the rounds of service rate / floor rate, one per floor.
        public var ratios: [Double]
    }

    /// How it was measured.
    public var options: BenchOptions
    /// The comparisons.
    public var comparisons: [Comparison]

    /// A table for people.
    public var table: String {
        var text = """
            closed loop, \(options.connections) connections x \(options.depth) in flight, \(options.skus) articles, \
            median of \(options.rounds) rounds of \(BenchReport.number(options.seconds, 1)) s, sides in turn; \
            load generator, server and stores share this machine

            """
        text += BenchReport.row([
            "", "ops/s", "p50 us", "p99 us", "p99.9 us", "failed", "ratio", "CPU us per operation",
        ])
        for comparison in comparisons {
            text += BenchReport.row(BenchReport.cells(comparison.service, ratio: nil))
            for (floor, ratio) in zip(comparison.floors, comparison.ratios) {
                text += BenchReport.row(BenchReport.cells(floor, ratio: ratio))
            }
        }
        return text
    }

    /// The same for machines.
    public var json: String {
        func side(_ side: Side) -> String {
            let cpu = side.cpu.map { "\"\($0.process)\": \(BenchReport.number($0.microseconds, 2))" }
            return """
                {"name": "\(side.name)", "ops_per_second": \(BenchReport.number(side.rate, 1)), "p50_us": \(side.p50), \
                "p99_us": \(side.p99), "p999_us": \(side.p999), "failures": \(side.failures), \
                "cpu_us_per_operation": {\(cpu.joined(separator: ", "))}}
                """
        }
        let entries = comparisons.map { comparison in
            let floors = zip(comparison.floors, comparison.ratios).map { floor, ratio in
                "{\"ratio\": \(BenchReport.number(ratio, 3)), \"floor\": \(side(floor))}"
            }
            return "    {\"service\": \(side(comparison.service)), \"floors\": [\(floors.joined(separator: ", "))]}"
        }
        return """
            {
              "connections": \(options.connections), "depth": \(options.depth), "rounds": \(options.rounds),
              "seconds": \(BenchReport.number(options.seconds, 1)), "skus": \(options.skus),
              "comparisons": [
            \(entries.joined(separator: ",\n"))
              ]
            }
            """
    }

    private static func cells(_ side: Side, ratio: Double?) -> [String] {
        let cpu = side.cpu.filter { $0.microseconds >= 0.05 }.map { "\($0.process) \(number($0.microseconds, 1))" }
        return [
            ratio == nil ? side.name : "  beside \(side.name)", number(side.rate, 0), "\(side.p50)", "\(side.p99)",
            "\(side.p999)", "\(side.failures)", ratio.map { number($0, 2) } ?? "", cpu.joined(separator: ", "),
        ]
    }

    private static func row(_ cells: [String]) -> String {
        let widths = [44, 10, 8, 8, 9, 7, 6, 0]
        var line = ""
        for (index, cell) in cells.enumerated() {
            let pad = String(repeating: " ", count: max(0, widths[index] - cell.count))
            line += index == 0 || index == cells.count - 1 ? cell + pad : pad + cell
            line += "  "
        }
        while line.hasSuffix(" ") { line.removeLast() }
        return line + "\n"
    }

    /// A figure with so many decimal places.
    static func number(_ value: Double, _ decimals: Int) -> String {
        guard value.isFinite else { return "0" }
        var scale = 1.0
        for _ in 0..<decimals { scale *= 10 }
        let scaled = (value * scale).rounded()
        let whole = Int64(scaled / scale)
        guard decimals > 0 else { return "\(whole)" }
        let fraction = "\(Int64(scaled.magnitude) % Int64(scale))"
        return "\(whole)." + String(repeating: "0", count: decimals - fraction.count) + fraction
    }
}

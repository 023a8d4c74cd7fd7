/// What the steps of orders cost, beside one statement each.
public struct StepsReport: Sendable {
    /// One step.
    public struct Step: Sendable {
        /// The step.
        public var step: OrderStep
        /// The service's call.
        public var service: BenchReport.Side
        /// The statement with the same writes.
        public var floor: BenchReport.Side
        /// Median over the rounds of service rate / statement rate.
        public var ratio: Double
        /// Bytes that PostgreSQL logged for each call, everything that ran meanwhile included.
        public var serviceBytes: Double
        /// Bytes that it logged for each statement.
        public var floorBytes: Double
    }

    /// How it was measured.
    public var options: StepsOptions
    /// The steps in their order.
    public var steps: [Step]

    /// A table for people.
    public var table: String {
        var text = """
            closed loop, \(options.connections) connections x \(options.depth) in flight, \(options.orders) orders of one \
            line a round, \(options.skus) articles, median of \(options.rounds) rounds, sides in turn; beside each step \
            one statement with the same writes; load generator, server and stores share this machine

            """
        text += StepsReport.row([
            "", "calls/s", "p50 us", "p99 us", "failed", "WAL B", "SQL/s", "p50 us", "p99 us", "failed", "WAL B",
            "ratio",
        ])
        for step in steps {
            text += StepsReport.row(
                [step.step.rawValue] + StepsReport.cells(step.service, bytes: step.serviceBytes)
                    + StepsReport.cells(step.floor, bytes: step.floorBytes) + [BenchReport.number(step.ratio, 2)])
        }
        text += "\nCPU us a call, by process:\n"
        for step in steps {
            let cpu = step.service.cpu.filter { $0.microseconds >= 0.05 }
            text += StepsReport.row(
                [step.step.rawValue] + cpu.map { "\($0.process) \(BenchReport.number($0.microseconds, 1))" })
        }
        return text
    }

    /// The same for machines.
    public var json: String {
        func side(_ side: BenchReport.Side, _ bytes: Double) -> String {
            let cpu = side.cpu.map { "\"\($0.process)\": \(BenchReport.number($0.microseconds, 2))" }
            return """
                {"per_second": \(BenchReport.number(side.rate, 1)), "p50_us": \(side.p50), "p99_us": \(side.p99), \
                "p999_us": \(side.p999), "failures": \(side.failures), "wal_bytes": \(BenchReport.number(bytes, 1)), \
                "cpu_us": {\(cpu.joined(separator: ", "))}}
                """
        }
        let entries = steps.map { step in
            """
                {"step": "\(step.step.rawValue)", "ratio": \(BenchReport.number(step.ratio, 3)),
                 "service": \(side(step.service, step.serviceBytes)),
                 "statement": \(side(step.floor, step.floorBytes))}
            """
        }
        return """
            {
              "connections": \(options.connections), "depth": \(options.depth), "orders": \(options.orders),
              "rounds": \(options.rounds), "skus": \(options.skus),
              "steps": [
            \(entries.joined(separator: ",\n"))
              ]
            }
            """
    }

    private static func cells(_ side: BenchReport.Side, bytes: Double) -> [String] {
        [
            BenchReport.number(side.rate, 0), "\(side.p50)", "\(side.p99)", "\(side.failures)",
            BenchReport.number(bytes, 0),
        ]
    }

    private static func row(_ cells: [String]) -> String {
        var line = ""
        for (index, cell) in cells.enumerated() {
            let pad = String(repeating: " ", count: max(0, (index == 0 ? 15 : 8) - cell.count))
            line += index == 0 ? cell + pad : "  " + pad + cell
        }
        return line + "\n"
    }
}

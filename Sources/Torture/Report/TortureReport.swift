package import Replay

/// What a run did and found.
package struct TortureReport: Sendable {
    /// How trade went under one kind of fault.
    package struct UnderFault: Sendable {
        /// The kind.
        package var kind: FaultKind
        /// How often it was done.
        package var times: Int
        /// How often of these something went wrong with doing or undoing it.
        package var failed: Int
        /// Seconds that it lasted, all together.
        package var seconds: Double
        /// Tenths of a second in it, and those in which a reservation was acknowledged.
        package var tenths: Int
        package var servingTenths: Int

        /// Share of its time in which reservations were acknowledged, in hundredths.
        package var servingPercent: Int { tenths == 0 ? 100 : servingTenths * 100 / tenths }
    }

    let options: TortureOptions
    let began: Int64
    let traded: Int64
    let figures: LoadCounters.Figures
    let calls: [RecordedCall]
    let faults: [FaultRecord]
    let quiets: [QuietRecord]
    let skipped: [FaultKind: String]
    /// What broke a promise; empty where nothing did.
    package let violations: [Violation]

    package init(
        options: TortureOptions, began: Int64, traded: Int64, figures: LoadCounters.Figures, calls: [RecordedCall],
        faults: [FaultRecord], quiets: [QuietRecord], skipped: [FaultKind: String], violations: [Violation]
    ) {
        self.options = options
        self.began = began
        self.traded = traded
        self.figures = figures
        self.calls = calls
        self.faults = faults
        self.quiets = quiets
        self.skipped = skipped
        self.violations = violations
    }

    /// True where every promise was kept.
    package var isSound: Bool { violations.isEmpty }

    /// Reservations that were acknowledged.
    package var acknowledgedReservations: Int { acknowledged(.reservation) }

    /// Orders that were acknowledged.
    package var acknowledgedOrders: Int { acknowledged(.order) }

    /// Steps of orders' fulfilments, payments and returns that were acknowledged.
    package var acknowledgedSteps: Int {
        [Mutation.Space.fulfilment, .payment, .storedValue, .returnCreation, .returnChange].reduce(0) {
            $0 + acknowledged($1)
        }
    }

    /// Acknowledged things that were not found again.
    package var lost: Int { violations.count { $0.kind == .lost } }

    /// Longest time from the end of a fault to exact availability, in milliseconds.
    package var longestMillisecondsToExact: Int64 {
        (quiets.compactMap(\.nanoseconds).max() ?? 0) / 1_000_000
    }

    private func acknowledged(_ space: Mutation.Space) -> Int {
        var ids: Set<String> = []
        for call in calls {
            guard call.mutation.key.space == space, case .done = call.outcome else { continue }
            ids.insert(call.mutation.key.id)
        }
        return ids.count
    }

    /// How trade went under each kind of fault, in the order of their names.
    package var underFaults: [UnderFault] {
        var byKind: [FaultKind: UnderFault] = [:]
        for record in faults {
            let kind = record.fault.kind
            var under =
                byKind[kind] ?? UnderFault(kind: kind, times: 0, failed: 0, seconds: 0, tenths: 0, servingTenths: 0)
            under.times += 1
            if record.failure != nil { under.failed += 1 }
            under.seconds += Double(record.ended - record.began) / 1e9
            let first = Int(record.began / 100_000_000)
            let last = max(first, Int(record.ended / 100_000_000) - 1)
            for tenth in first...last {
                under.tenths += 1
                if figures.reserveTenths[tenth] != nil { under.servingTenths += 1 }
            }
            byKind[kind] = under
        }
        return byKind.values.sorted { $0.kind.rawValue < $1.kind.rawValue }
    }

    /// Faults that were chosen and did not happen, and why: not possible here, never their turn, or failed each time.
    package var leftOut: [FaultKind: String] {
        var leftOut = skipped
        let done = Dictionary(underFaults.map { ($0.kind, $0) }) { first, _ in first }
        for kind in options.faults where leftOut[kind] == nil {
            guard let under = done[kind] else {
                leftOut[kind] = "its turn did not come"
                continue
            }
            if under.failed == under.times {
                let failure = faults.first { $0.fault.kind == kind }?.failure
                leftOut[kind] = "it failed each time: \(failure ?? "")"
            }
        }
        return leftOut
    }

    // MARK: - Text

    /// The report for people.
    package var text: String {
        let seconds = Double(traded - began) / 1e9
        let total = figures.calls.values.reduce(0, +)
        var lines = [
            "seed \(options.seed), \(options.clients) clients, \(Figure.decimal(seconds, 1)) s of trade",
            "calls          \(total) that change something (\(Int(Double(total) / max(seconds, 0.001))) a second), "
                + "\(figures.reads) that read, \(figures.unknown) with an outcome that was not known at once",
            "acknowledged   \(acknowledgedReservations) reservations, \(acknowledgedOrders) orders, "
                + "\(acknowledgedSteps) steps of their lives; "
                + (lost == 0 ? "all found" : "\(lost) LOST"),
            "done           " + Self.list(figures.done),
            "refused        " + Self.list(figures.refusals),
        ]
        let times = quiets.compactMap(\.nanoseconds)
        lines.append(
            "exact again    \(times.count) of \(quiets.count) times, at the latest after \(longestMillisecondsToExact) ms"
        )
        if !underFaults.isEmpty {
            lines.append("faults         \(faults.count); reservations were acknowledged in so much of their time:")
        }
        for under in underFaults {
            lines.append(
                "  \(Figure.padded(under.kind.rawValue, 16)) \(under.times) x\(under.failed == 0 ? "" : " (\(under.failed) failed)"), \(Figure.decimal(under.seconds, 1)) s, "
                    + "\(under.servingPercent) %")
        }
        for record in faults where record.failure != nil { lines.append("  \(record.summary)") }
        for (kind, reason) in leftOut.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            lines.append("  \(kind.rawValue) was left out: \(reason)")
        }
        lines.append(
            isSound ? "every promise was kept" : "\(violations.count) VIOLATION\(violations.count == 1 ? "" : "S")")
        for violation in violations.prefix(10) { lines += evidence(of: violation) }
        return lines.joined(separator: "\n")
    }

    private static func list(_ counts: [String: Int]) -> String {
        counts.isEmpty
            ? "none" : counts.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
    }

    /// What shows a violation: the faults around it, and the calls of its keys.
    package func evidence(of violation: Violation) -> [String] {
        var lines = ["", "VIOLATION \(violation.kind.rawValue): \(violation.story)", "  seed \(options.seed)"]
        let keys = Set(violation.keys)
        let shown = calls.filter { keys.contains($0.mutation.key) }.sorted { $0.began < $1.began }
        let from = (shown.map(\.began).min() ?? violation.moment ?? 0) - 2_000_000_000
        let until = (violation.moment ?? shown.map(\.ended).max() ?? Int64.max - 2_000_000_000) + 2_000_000_000
        for record in faults
        where !(shown.isEmpty && violation.moment == nil) && record.ended >= from && record.began <= until {
            lines.append("  fault  \(Figure.span(record.began, record.ended))  \(record.summary)")
        }
        for call in shown.prefix(20) {
            lines.append(
                "  call   \(Figure.span(call.began, call.ended))  client \(call.client) server \(call.server)  "
                    + "\(call.mutation.key.id)  \(call.mutation.summary)  \(call.outcome.summary)")
        }
        if shown.count > 20 { lines.append("  and \(shown.count - 20) more calls") }
        return lines
    }

    // MARK: - JSON

    /// The report for programs.
    package var json: JSONValue {
        .object([
            .init("version", .string(options.version)),
            .init("sound", .boolean(isSound)),
            .init("seed", .string("\(options.seed)")),
            .init("clients", .count(options.clients)),
            .init("trade_milliseconds", .integer((traded - began) / 1_000_000)),
            .init("calls", Self.object(figures.calls)),
            .init("done", Self.object(figures.done)),
            .init("refused", Self.object(figures.refusals)),
            .init("unknown_at_once", .count(figures.unknown)),
            .init("reads", .count(figures.reads)),
            .init("reads_answered", .count(figures.readsAnswered)),
            .init("acknowledged_reservations", .count(acknowledgedReservations)),
            .init("acknowledged_orders", .count(acknowledgedOrders)),
            .init("acknowledged_steps", .count(acknowledgedSteps)),
            .init("lost", .count(lost)),
            .init("quiet_times", .count(quiets.count)),
            .init("longest_milliseconds_to_exact", .integer(longestMillisecondsToExact)),
            .init(
                "faults",
                .array(
                    underFaults.map { under in
                        .object([
                            .init("name", .string(under.kind.rawValue)), .init("times", .count(under.times)),
                            .init("failed", .count(under.failed)),
                            .init("milliseconds", .integer(Int64(under.seconds * 1_000))),
                            .init("serving_percent", .count(under.servingPercent)),
                        ])
                    })),
            .init(
                "left_out",
                .object(
                    leftOut.sorted { $0.key.rawValue < $1.key.rawValue }.map {
                        .init($0.key.rawValue, .string($0.value))
                    })),
            .init(
                "violations",
                .array(
                    violations.map { violation in
                        .object([
                            .init("kind", .string(violation.kind.rawValue)), .init("story", .string(violation.story)),
                            .init("evidence", .array(evidence(of: violation).dropFirst(2).map { .string($0) })),
                        ])
                    })),
        ])
    }

    private static func object(_ counts: [String: Int]) -> JSONValue {
        .object(counts.sorted { $0.key < $1.key }.map { .init($0.key, .count($0.value)) })
    }
}

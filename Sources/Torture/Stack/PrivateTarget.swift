import FramedTransport

/// A private stack as the target of a run: everything can be done to it, and everything of it can be read.
struct PrivateTarget: TortureTarget {
    let stack: TortureStack
    let ledger: LedgerReader
    let stream: CommitStream
    let clockMayJump: Bool
    let history: History

    var places: [ServerPlace] { stack.ways.map { ServerPlace(host: "127.0.0.1", port: $0.clients.port) } }

    var isShared: Bool { false }

    var hasGateway: Bool { true }

    func obstacle(to kind: FaultKind) -> String? { FaultInjector(stack: stack).obstacle(to: kind) }

    func run(_ fault: PlannedFault, _ history: History) async -> FaultRecord {
        await FaultInjector(stack: stack).run(fault, history)
    }

    func heal() async throws { try await stack.heal() }

    func differences() async throws -> [String] {
        let stores = try await ExactnessProbe(redis: stack.redisDesk(), ledger: ledger).differences()
        guard stores.isEmpty else { return stores }
        // A figure below 0, more promised than is there, is 0 to a caller.
        let expected = try await ledger.figures().map {
            AvailabilityProbe.Expected(sku: $0.sku, location: $0.location, available: max(0, $0.available))
        }
        return try await AvailabilityProbe(places: places, group: stack.group).differences(from: expected)
    }

    func facts(of keys: [KeyHistory]) async throws -> LedgerFacts { try await ledger.facts() }

    func lifeViolations() async throws -> [Violation] {
        let books = stack.gateway.books
        let before = books.entries
        let attempts = try await ledger.gatewayAttempts()
        let reused = books.reusedKeys.map {
            Violation(.money, "the gateway was sent another request under the key \($0)")
        }
        return try await ledger.lifeViolations() + reused
            + GatewayCheck.violations(of: attempts, before: before, after: books.entries)
    }

    func violations(beside keys: [KeyHistory]) async throws -> [Violation] {
        var books = try await ledger.booksViolations()
        // A promise that was on its way while its goods were counted away is recorded a moment after it.
        for _ in 0..<60 where books.contains(where: { $0.kind == .unrecordedShortage }) {
            try await Task.sleep(for: .milliseconds(500))
            books = try await ledger.booksViolations()
        }
        let replay = try await stream.finish()
        let ends = ServerEndCheck.violations(of: stack.serverEnds) { history.moment($0) }
        return books + ends + alarms() + replay.violations(beside: keys)
            + WitnessCheck.violations(in: keys, witnesses: replay.witnesses)
    }

    private func alarms() -> [Violation] {
        stack.servers.flatMap { AlarmCheck.violations(in: $0.logged, of: $0.number) }
    }
}

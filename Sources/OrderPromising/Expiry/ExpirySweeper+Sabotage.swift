#if HOLDFAST_FAILPOINTS
    import Domain
    import Ledger
    import NIOCore

    extension ExpirySweeper {
        /// Tells Redis that those are closed whose time has passed, a moment before they are.
        func giveBackFirst() async throws {
            let due = try await ledger.dueHolds(limit: 500)
            guard !due.isEmpty else { return }
            let holds = try await ledger.holds(due, kind: .reservation)
            let settlement = Settlement(
                holds: holds.map { .init(key: $0.key, vshards: $0.vshards) },
                bases: try await ledger.bases(of: Array(Set(holds.flatMap(\.takes).map(\.cell)))))
            _ = try await settler.settle(settlement, through: hotStock).get()
            try await Task.sleep(for: .milliseconds(50))
        }
    }
#endif

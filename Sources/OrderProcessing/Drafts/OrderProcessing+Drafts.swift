import Domain
import Ledger
import Logging

extension OrderProcessing {
    /// How long an attempt to place a draft is left alone.
    static let placingPatience = Duration.seconds(60)
    /// Most drafts that one pass looks at.
    static let placingPortion: Int32 = 1_000

    /// Ends attempts to place a draft whose server died.
    var draftPlacing: RecurringWork {
        RecurringWork(name: "drafts that are being placed", interval: .seconds(30)) {
            try await self.endPlacing()
        }
    }

    /// Ends attempts to place a draft that go on for too long: a draft that has become an order is placed, any other is open again.
    ///
    /// Every server may do it at the same time. An attempt that is still on its way is refused then, so that no order comes
    /// after: patience is only a courtesy to it.
    ///
    /// - Parameter patience: how long an attempt must have been seen by this server.
    /// - Returns: how many were ended.
    /// - Throws: `Refusal` where the ledger is away.
    func endPlacing(after patience: Duration = OrderProcessing.placingPatience) async throws -> Int {
        let found = try await ledger.placingDrafts(limit: Self.placingPortion)
        var ended = 0
        for draft in placingWatch.overdue(found, after: patience) {
            let state = try await ledger.endAttempt(draft.id, attempt: draft.attempt)
            guard state != .placing else { continue }
            ended += 1
            logger.info(
                "whoever placed a draft has gone", metadata: ["draft_id": "\(draft.id)", "state": "\(state.word)"])
        }
        return ended
    }
}

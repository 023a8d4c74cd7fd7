public import Domain
import Failpoints
public import Ledger
import Logging

/// Gives a validated order to the locations that fulfil it.
public protocol OrderReleasing: Sendable {
    /// Releases every unit of an order that has stock set aside.
    ///
    /// Doing it again for the same cause changes nothing.
    ///
    /// - Parameters:
    ///   - order: the order.
    ///   - cause: what the release is for, the same at every repetition.
    /// - Throws: `Refusal` where it cannot be released now.
    func releaseReviewed(_ order: EntityID, cause: EntityID) async throws
}

extension OrderProcessing: OrderReleasing {
    /// Releases every unit of an order that has stock set aside to its locations.
    public func releaseReviewed(_ order: EntityID, cause: EntityID) async throws {
        try await release(order, cause: cause)
    }

    /// Reviews that one pass takes at most.
    static let reviewPortion: Int32 = 32
    /// For how long nobody else looks at a review that was taken, in seconds: longer than the slowest fraud check.
    static let reviewLease: Int32 = 60
    /// After how long a validated order with units that could still be released is looked at again, in seconds.
    static let releasePause: Int64 = 60

    /// Looks at reviews that are due, and releases orders whose remorse period is over.
    ///
    /// A review is taken for a time only, and whatever follows is done once under an id that follows from what the review was
    /// then. So where a server dies between two steps another one finds the order again and goes on:
    ///
    /// | it dies | then |
    /// |---|---|
    /// | after it took the review | the lease ends, somebody looks |
    /// | after the fraud check was asked | it is asked again, under the same id |
    /// | after the findings were committed | the review says so; nothing is due but what it says |
    /// | after the release, before that was noted | the release is repeated, which changes nothing, and noted |
    ///
    /// An order that cannot be looked at is put off, for longer each time; the others go on.
    ///
    /// - Returns: how many were taken.
    func reviewPass() async throws -> Int {
        let claims = try await ledger.claimReviews(
            limit: OrderProcessing.reviewPortion, leaseSeconds: OrderProcessing.reviewLease)
        await withTaskGroup(of: Void.self) { group in
            for claim in claims { group.addTask { await self.followUp(claim) } }
        }
        return claims.count
    }

    private func followUp(_ claim: ReviewClaim) async {
        Failpoint.reviewClaimed.pass()
        do {
            switch claim.state {
            case .due, .held:
                let verdict = try await fraudVerdict(on: claim.order)
                Failpoint.reviewAsked.pass()
                try await ledger.look(claim, verdict: verdict)
            case .validated:
                if let units = try await ledger.releasable(claim) {
                    if units > 0 { try await (releasing ?? self).releaseReviewed(claim.order, cause: claim.step) }
                    Failpoint.reviewReleased.pass()
                    try await ledger.noteRelease(claim, pauseSeconds: OrderProcessing.releasePause)
                }
            case .released, .ended:
                break
            }
        } catch is CancellationError {
            return
        } catch {
            logger.warning(
                "an order's review has to wait",
                metadata: ["order_id": "\(claim.order)", "state": "\(claim.state.word)", "error": "\(error)"])
        }
    }

    /// What the fraud check says of an order; nil where its channel asks none, or it has answered already.
    private func fraudVerdict(on order: EntityID) async throws -> FraudVerdict? {
        guard let due = try await ledger.fraudQuestionDue(order) else { return nil }
        guard let fraudCheck else { return .unavailable("this server is set up without a fraud check") }
        return await fraudCheck.verdict(on: due.order, within: due.timeLimitMilliseconds)
    }

    /// Looks at an order now, because somebody asks; the reply is stored with the effect.
    ///
    /// - Parameters:
    ///   - change: who asks.
    ///   - encodeReply: makes the reply.
    /// - Returns: the reply, this time's or that of the same request before.
    /// - Throws: `Refusal`.
    public func validate(
        _ change: OrderChange, encodeReply: @escaping @Sendable (ReviewStanding) throws -> [UInt8]
    ) async throws -> [UInt8] {
        // Who repeats the call, or may not make it, does not have the fraud check asked.
        if let reply = try await ledger.reply(to: change) { return reply }
        if Lifecycle.review.roles(for: .recheck).isDisjoint(with: change.caller.roles) {
            throw Refusal.eventNotGranted(.review, event: ReviewEvent.recheck.word)
        }
        if change.caller.scope.channels != nil {
            try change.caller.scope.admit(channel: try await ledger.order(change.order)?.channel ?? "")
        }
        let verdict = try await fraudVerdict(on: change.order)
        return try await ledger.validate(change, verdict: verdict, encodeReply: encodeReply)
    }
}

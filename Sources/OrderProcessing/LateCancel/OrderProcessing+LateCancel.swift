public import Domain
import Failpoints
import Ledger
import Logging
import OrderPromising

extension OrderProcessing {
    /// Accepts, refuses or takes back a wish to cancel; the reply is stored with the effect.
    ///
    /// One transaction: before its commit the wish is as it was, after it units, fulfilment and wish have changed together, and
    /// the same call again has the same answer. Of two who answer at once one wins, the other is told the state.
    ///
    /// - Parameters:
    ///   - answer: what is said.
    ///   - encodeReply: makes the reply.
    /// - Returns: the reply, this time's or that of the same request before.
    /// - Throws: `Refusal`.
    public func answerCancellation(
        _ answer: LateCancelAnswer, encodeReply: @escaping @Sendable (LateCancelOutcome) throws -> [UInt8]
    ) async throws -> [UInt8] {
        let known = OrderChange(
            id: answer.id, order: answer.wish, kind: .lateCancel, body: answer.body, caller: answer.caller)
        if let reply = try await ledger.reply(to: known) { return reply }
        guard let wish = try await ledger.lateCancellation(answer.wish) else {
            throw answer.caller.scope.isEverything
                ? Refusal.notFound(.lateCancel, answer.wish.description) : Refusal.outOfScope
        }
        // Who answers has the goods, or will hand them over; who takes it back is the channel's.
        if answer.event != .withdraw, answer.caller.scope.locations != nil {
            let fulfilment = try await ledger.fulfilment(wish.fulfilment)
            guard fulfilment?.isInside(answer.caller.scope) ?? false else { throw Refusal.outOfScope }
        }
        let done = try await ledger.answerCancellation(answer, of: wish.order, encodeReply: encodeReply)
        Failpoint.recalled.pass()
        await promising.settle(done.settlement)
        return done.reply
    }

    /// Answers wishes whose goods have left by themselves: nobody can accept them any more.
    ///
    /// - Returns: how many.
    func lateCancelPass() async throws -> Int {
        let wishes = try await ledger.pastLateCancellations(limit: 100)
        var ended = 0
        for wish in wishes {
            do {
                _ = try await answerCancellation(
                    LateCancelAnswer(
                        id: wish.named("too late"), wish: wish, event: .refuse, words: "the goods have left",
                        body: OwnMethod.endCancellation.body, caller: .review)
                ) { _ in [] }
                ended += 1
            } catch let refusal as Refusal {
                logger.debug("a wish to cancel was answered meanwhile", metadata: ["refusal": "\(refusal)"])
            } catch let error as CancellationError {
                throw error
            } catch {
                logger.warning(
                    "a wish to cancel cannot be answered",
                    metadata: ["cancellation_id": "\(wish)", "error": "\(error)"])
            }
        }
        return ended
    }
}

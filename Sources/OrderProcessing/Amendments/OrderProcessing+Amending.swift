public import Domain
import Failpoints
import Ledger
import Logging
public import NIOCore
import OrderPromising

extension OrderProcessing {
    /// How often an amendment is planned anew before the caller is asked to try again.
    private static let amendAttempts = 12

    /// Amends an order; the reply is stored with the effect.
    ///
    /// More units are set aside first, under an id that follows from the amendment; then the amendment itself is one transaction,
    /// which takes them. A crash before it leaves a reservation that ends by itself within a minute; after it everything stands,
    /// and the repetition has the same answer. Where the order changes between the two, or the reservation is lost, the amendment
    /// is planned anew; what is refused gives its stock back at once.
    ///
    /// - Parameters:
    ///   - request: what is asked.
    ///   - deadline: until when to wait for stock.
    ///   - encodeReply: makes the reply.
    /// - Returns: the reply, this time's or that of the same request before.
    /// - Throws: `Refusal`.
    public func amend(
        _ request: AmendmentRequest, deadline: NIODeadline,
        encodeReply: @escaping @Sendable (Amendment) throws -> [UInt8]
    ) async throws -> [UInt8] {
        for attempt in 0..<OrderProcessing.amendAttempts {
            if let reply = try await ledger.reply(to: request) { return reply }
            let plan = try await ledger.plan(request)
            var reservation: EntityID?
            if !plan.demands.isEmpty {
                do {
                    reservation = try await promising.setAside(
                        plan.demands, for: request.id, attempt: attempt, channel: plan.channel,
                        caller: request.caller, deadline: deadline
                    ).id
                } catch Refusal.shortage(let lines) {
                    throw Refusal.shortage(lines.map { $0.placed(plan.places) })
                }
                Failpoint.amendmentHeld.pass()
            }
            do {
                let done = try await ledger.amend(
                    request, reservation: reservation, planned: plan.demands, encodeReply: encodeReply)
                Failpoint.amended.pass()
                await promising.settle(done.settlement)
                return done.reply
            } catch LedgerFault.planOutdated {
                await promising.giveBack(reservation)
            } catch let refusal as Refusal {
                if case .outcomeUnknown = refusal { throw refusal }
                await promising.giveBack(reservation)
                throw refusal
            }
        }
        throw Refusal.unavailable("the order is being changed by others", retryAfterMilliseconds: 50)
    }
}

extension LineShortage {
    /// The shortage told by the place of its line in the request.
    fileprivate func placed(_ places: [Int]) -> LineShortage {
        var shortage = self
        if places.indices.contains(line) { shortage.line = places[line] }
        return shortage
    }
}

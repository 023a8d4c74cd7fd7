import HoldfastAPI
import SwiftProtobuf

/// Checks each id by itself: it took effect once, in one way, and every call that succeeded was told the same.
package enum IdempotencyCheck {
    /// Finds what breaks the rule.
    package static func violations(in keys: [KeyHistory]) -> [Violation] {
        keys.flatMap { violations(in: $0) }
    }

    private static func violations(in key: KeyHistory) -> [Violation] {
        var found: [Violation] = []
        let replies = key.replies
        let winners = Set(replies.map(\.call.mutation))
        if winners.count > 1 {
            found.append(
                Violation(
                    .notOnce, "\(key.key) took effect for \(winners.count) different requests", keys: [key.key],
                    moment: replies.last?.call.ended))
        }
        if let first = replies.first {
            let expected = essence(of: first.reply, to: first.call.mutation)
            for (call, reply) in replies.dropFirst() where call.mutation == first.call.mutation {
                if essence(of: reply, to: call.mutation) != expected {
                    found.append(
                        Violation(
                            .answersDiffer, "\(key.key) was answered in two ways", keys: [key.key], moment: call.ended))
                    break
                }
            }
        }
        if let winner = key.firstDone {
            // Once a request stands, no other one may be taken for it, and it may not be called another one.
            for call in key.calls where call.mutation == winner.mutation && isReuse(call.outcome) {
                found.append(
                    Violation(
                        .answersDiffer, "\(key.key) stands, and the same request was refused as another one",
                        keys: [key.key], moment: call.ended))
                break
            }
            if let call = key.calls.first(where: { isDenied($0, after: winner) }) {
                found.append(
                    Violation(
                        .answersDiffer, "\(key.key) was acknowledged, and the same call was refused later",
                        keys: [key.key], moment: call.ended))
            }
        } else if key.requests.count == 1, let call = key.calls.first(where: { isReuse($0.outcome) }) {
            found.append(
                Violation(
                    .answersDiffer, "\(key.key) was sent with one request only, and was refused as used with another",
                    keys: [key.key], moment: call.ended))
        }
        return found
    }

    /// True for the same request, made after it was acknowledged, that was refused for good.
    ///
    /// A reservation that has ended says so; that is no other answer.
    private static func isDenied(_ call: RecordedCall, after winner: RecordedCall) -> Bool {
        guard call.mutation == winner.mutation, call.began >= winner.ended, !call.outcome.isForNow,
            case .refused(_, let reason, _) = call.outcome
        else { return false }
        if reason == "ID_REUSED" { return false }
        if case .reserve = call.mutation { return reason != "RESERVATION_STATE" }
        return true
    }

    private static func isReuse(_ outcome: CallOutcome) -> Bool {
        guard case .refused(_, "ID_REUSED", _) = outcome else { return false }
        return true
    }

    /// The part of an answer that must be the same every time.
    ///
    /// A repeated Reserve tells how the reservation stands now; what it holds never changes. A repeated payment tells what has
    /// become of its attempts; which they are never changes.
    static func essence(of reply: [UInt8], to mutation: Mutation) -> [UInt8] {
        do {
            switch mutation {
            case .life(.tender):
                var message = try Holdfast_V1_AddTenderResponse(serializedBytes: reply)
                message.attempts = message.attempts.map(lasting)
                return try message.serializedBytes()
            case .life(.refund):
                var message = try Holdfast_V1_RefundOrderResponse(serializedBytes: reply)
                message.attempts = message.attempts.map(lasting)
                return try message.serializedBytes()
            case .reserve: break
            default: return reply
            }
            var message = try Holdfast_V1_ReserveResponse(serializedBytes: reply)
            message.reservation.state = .unspecified
            message.reservation.orderID = ""
            message.reservation.clearExpiresAt()
            return try message.serializedBytes()
        } catch {
            return reply
        }
    }

    /// What of an attempt never changes.
    private static func lasting(_ attempt: Holdfast_V1_PaymentAttempt) -> Holdfast_V1_PaymentAttempt {
        var attempt = attempt
        attempt.state = .unspecified
        attempt.reference = ""
        attempt.reason = ""
        attempt.tries = 0
        attempt.clearEndedAt()
        return attempt
    }
}

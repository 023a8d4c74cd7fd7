import Domain
import HoldfastAPI
import Ledger
import SwiftProtobuf

extension Holdfast_V1_PaymentAttempt {
    init(_ attempt: PaymentAttempt, _ currency: Currency) {
        self.init()
        attemptID = attempt.id.description
        tenderNumber = Int32(attempt.tender)
        action = Holdfast_V1_PaymentAction(rawValue: Int(attempt.action.rawValue)) ?? .unspecified
        amount = Holdfast_V1_Money(attempt.amount, currency)
        state = Holdfast_V1_PaymentAttemptState(rawValue: Int(attempt.state.rawValue)) ?? .unspecified
        reference = attempt.reference
        reason = attempt.reason
        causeID = attempt.cause.description
        if let stamp = Google_Protobuf_Timestamp(attempt.madeAt) { madeAt = stamp }
        if let ended = attempt.endedAt, let stamp = Google_Protobuf_Timestamp(ended) { endedAt = stamp }
        tries = attempt.tries
    }
}

extension PaymentReply {
    /// The attempts as callers are told of them who asked for them.
    ///
    /// Without the number of tries, which may rise at any time: what has ended is told the same for ever.
    var attempts: [Holdfast_V1_PaymentAttempt] {
        calls.map { call in
            var message = Holdfast_V1_PaymentAttempt(call.attempt, currency)
            message.tries = 0
            return message
        }
    }
}

extension Holdfast_V1_Tender {
    init(_ tender: Tender, _ currency: Currency, holdExpiry expiry: Instant?) {
        self.init()
        tenderID = tender.id.description
        number = Int32(tender.number)
        kind = Holdfast_V1_TenderKind(rawValue: Int(tender.kind.rawValue)) ?? .unspecified
        amount = Holdfast_V1_Money(tender.amount, currency)
        state = Holdfast_V1_TenderState(rawValue: Int(tender.state.rawValue)) ?? .unspecified
        chargeSequence = tender.chargeSequence
        refundSequence = tender.refundSequence
        label = tender.label
        held = Holdfast_V1_Money(tender.sums.held, currency)
        taken = Holdfast_V1_Money(tender.sums.taken, currency)
        givenBack = Holdfast_V1_Money(tender.sums.refunded.done, currency)
        renewsTenderNumber = Int32(tender.renews ?? 0)
        if let expiry, let stamp = Google_Protobuf_Timestamp(expiry) { holdExpiresAt = stamp }
    }
}

extension Holdfast_V1_GetPaymentsResponse {
    init(_ book: PaymentBook) {
        self.init()
        let (money, currency) = (book.money, book.currency)
        let sums = money.sums
        tenders = money.tenders.map { Holdfast_V1_Tender($0, currency, holdExpiry: book.holdExpiry(of: $0)) }
        attempts = book.attempts.map { Holdfast_V1_PaymentAttempt($0, currency) }
        standing = Holdfast_V1_PaymentStanding(rawValue: Int(money.standing.rawValue)) ?? .unspecified
        total = Holdfast_V1_Money(money.total, currency)
        owed = Holdfast_V1_Money(money.owed, currency)
        earned = Holdfast_V1_Money(money.earned, currency)
        held = Holdfast_V1_Money(sums.held, currency)
        taken = Holdfast_V1_Money(sums.taken, currency)
        givenBack = Holdfast_V1_Money(sums.refunded.done, currency)
        dueBack = Holdfast_V1_Money(money.overpaid, currency)
        uncovered = Holdfast_V1_Money(money.uncovered, currency)
        refunds = book.returned.map { paid in
            .with {
                $0.returnID = paid.id.description
                $0.number = "R\(paid.number)"
                $0.settlement = Holdfast_V1_ReturnSettlement(paid.settlement)
                $0.amount = Holdfast_V1_Money(paid.amount, currency)
                $0.ahead = paid.isAhead
            }
        }
    }
}

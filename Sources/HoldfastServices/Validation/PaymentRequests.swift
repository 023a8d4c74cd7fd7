import Domain
import HoldfastAPI
import Ledger
import OrderProcessing

/// Requests about payments, translated and validated.
enum PaymentRequests {
    /// Most bytes of what a gateway knows a card by.
    static let tokenBound = 256
    /// Most bytes of what people know a tender by.
    static let labelBound = 64
    /// Most bytes of what a gateway calls an attempt.
    static let referenceBound = 256
    /// Most bytes of a reason.
    static let reasonBound = 256
    /// Bounds of a turn.
    static let turns: ClosedRange<Int32> = -1_000_000...1_000_000
    /// Bounds of a tender's number.
    static let numbers: ClosedRange<Int32> = 1...100

    /// The tender that is to be named.
    static func add(
        _ request: Holdfast_V1_AddTenderRequest, body: [UInt8], by caller: Caller
    ) throws(Refusal) -> TenderRequest {
        var validation = RequestValidation()
        let id = validation.id(request.tenderID, "tender_id")
        let order = validation.id(request.orderID, "order_id")
        let kind = TenderKind(rawValue: Int16(clamping: request.kind.rawValue))
        if kind == nil { validation.refuse("kind", "is required: what the order is paid with") }
        if kind == .exchange { validation.refuse("kind", "must not be exchange: that comes with ExchangeReturn") }
        let amount = request.hasAmount ? money(request.amount, "amount", &validation) : nil
        validation.number(request.chargeSequence, in: turns, "charge_sequence")
        validation.number(request.refundSequence, in: turns, "refund_sequence")
        validation.text(request.label, to: labelBound, "label")
        if kind?.asksGateway == true {
            validation.text(request.token, from: 1, to: tokenBound, "token")
            if isCardNumber(request.token) {
                validation.refuse("token", "must be what the gateway knows the card by, never the card's number")
            }
        } else {
            if !request.token.isEmpty { validation.refuse("token", "is for cards at a gateway only") }
            if request.authorize { validation.refuse("authorize", "is for cards at a gateway only") }
        }
        if isCardNumber(request.label) { validation.refuse("label", "must not be a card's number") }
        let code = request.giftCardCode.isEmpty ? nil : GiftCardCode(request.giftCardCode)
        if kind == .giftCard {
            if code == nil { validation.refuse("gift_card_code", "must be the 20 characters of a gift card's code") }
        } else if !request.giftCardCode.isEmpty {
            validation.refuse("gift_card_code", "is for gift cards only")
        }
        try validation.finish()
        guard let kind else { throw .invalid([FieldViolation("kind", "is required")]) }
        return TenderRequest(
            change: OrderChange(id: id, order: order, kind: .payment, body: body, caller: caller, reason: ""),
            tender: Tender(
                id: id, number: 0, kind: kind, amount: 0, chargeSequence: request.chargeSequence,
                refundSequence: request.refundSequence, token: request.token, label: request.label),
            amount: amount, authorizes: request.authorize, giftCard: code?.hash)
    }

    /// A request as it is stored: without the code of a gift card, which must not be found anywhere.
    static func stored(_ request: Holdfast_V1_AddTenderRequest) -> Holdfast_V1_AddTenderRequest {
        guard !request.giftCardCode.isEmpty else { return request }
        var stored = request
        stored.giftCardCode = GiftCardCode(request.giftCardCode).map { EncodedHash.text($0.hash) } ?? ""
        return stored
    }

    /// The tender whose amount is to be held.
    static func authorize(
        _ request: Holdfast_V1_AuthorizeTenderRequest, body: [UInt8], by caller: Caller
    ) throws(Refusal) -> (change: OrderChange, tender: Int16) {
        var validation = RequestValidation()
        let id = validation.id(request.authorizationID, "authorization_id")
        let order = validation.id(request.orderID, "order_id")
        validation.number(request.tenderNumber, in: numbers, "tender_number")
        try validation.finish()
        return (change(id, order, body, caller), Int16(request.tenderNumber))
    }

    /// What is to be taken.
    static func capture(
        _ request: Holdfast_V1_CaptureTenderRequest, body: [UInt8], by caller: Caller
    ) throws(Refusal) -> (change: OrderChange, tender: Int16, amount: Money?) {
        var validation = RequestValidation()
        let id = validation.id(request.captureID, "capture_id")
        let order = validation.id(request.orderID, "order_id")
        validation.number(request.tenderNumber, in: numbers, "tender_number")
        let amount = request.hasAmount ? money(request.amount, "amount", &validation) : nil
        try validation.finish()
        return (change(id, order, body, caller), Int16(request.tenderNumber), amount)
    }

    /// The tender whose hold is to be let go.
    static func void(
        _ request: Holdfast_V1_VoidTenderRequest, body: [UInt8], by caller: Caller
    ) throws(Refusal) -> (change: OrderChange, tender: Int16) {
        var validation = RequestValidation()
        let id = validation.id(request.voidID, "void_id")
        let order = validation.id(request.orderID, "order_id")
        validation.number(request.tenderNumber, in: numbers, "tender_number")
        try validation.finish()
        return (change(id, order, body, caller), Int16(request.tenderNumber))
    }

    /// What is to be given back.
    static func refund(
        _ request: Holdfast_V1_RefundOrderRequest, body: [UInt8], by caller: Caller
    ) throws(Refusal) -> (change: OrderChange, amount: Money?, tender: Int16?, goodwill: Bool) {
        var validation = RequestValidation()
        let id = validation.id(request.refundID, "refund_id")
        let order = validation.id(request.orderID, "order_id")
        let amount = request.hasAmount ? money(request.amount, "amount", &validation) : nil
        if request.tenderNumber != 0 { validation.number(request.tenderNumber, in: numbers, "tender_number") }
        if request.goodwill && amount == nil { validation.refuse("amount", "is required for goodwill") }
        validation.text(request.reason, to: reasonBound, "reason")
        try validation.finish()
        return (
            change(id, order, body, caller, reason: request.reason), amount,
            request.tenderNumber == 0 ? nil : Int16(request.tenderNumber), request.goodwill
        )
    }

    /// The order whose payments are wanted.
    static func order(_ request: Holdfast_V1_GetPaymentsRequest) throws(Refusal) -> EntityID {
        var validation = RequestValidation()
        let order = validation.id(request.orderID, "order_id")
        try validation.finish()
        return order
    }

    /// The attempt that there is news of.
    static func attempt(_ request: Holdfast_V1_ReportGatewayEventRequest) throws(Refusal) -> EntityID {
        var validation = RequestValidation()
        let attempt = validation.id(request.attemptID, "attempt_id")
        try validation.finish()
        return attempt
    }

    /// What somebody has found out about an attempt.
    static func resolve(
        _ request: Holdfast_V1_ResolveAttemptRequest
    ) throws(Refusal) -> (id: EntityID, attempt: EntityID, outcome: PaymentOutcome) {
        var validation = RequestValidation()
        let id = validation.id(request.resolutionID, "resolution_id")
        let attempt = validation.id(request.attemptID, "attempt_id")
        validation.text(request.reason, from: 1, to: reasonBound, "reason")
        let outcome: PaymentOutcome
        switch request.resolution {
        case .done:
            validation.text(request.reference, from: 1, to: referenceBound, "reference")
            outcome = .approved(reference: request.reference)
        case .notDone:
            if !request.reference.isEmpty { validation.refuse("reference", "is for what was done only") }
            outcome = .abandoned(reason: request.reason)
        case .unspecified, .UNRECOGNIZED:
            validation.refuse("resolution", "is required: done, or not done")
            outcome = .abandoned(reason: request.reason)
        }
        try validation.finish()
        return (id, attempt, outcome)
    }

    // MARK: - Parts

    static func change(
        _ id: EntityID, _ order: EntityID, _ body: [UInt8], _ caller: Caller, reason: String = ""
    ) -> OrderChange {
        OrderChange(id: id, order: order, kind: .payment, body: body, caller: caller, reason: reason)
    }

    /// An amount of at least 1 in a known currency; whether it is the order's is found when the order is read.
    static func money(
        _ money: Holdfast_V1_Money, _ field: String, _ validation: inout RequestValidation
    ) -> Money? {
        validation.number(money.amountMinor, in: 1...Int64.max, "\(field).amount_minor")
        return validation.currency(money.currencyCode, "\(field).currency_code").map { Money(money.amountMinor, $0) }
    }

    /// Whether a text could be the number of a card: 12 to 19 digits, blanks and dashes aside, with the right check digit.
    static func isCardNumber(_ text: String) -> Bool {
        let characters = text.utf8.filter { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "-") }
        guard (12...19).contains(characters.count) else { return false }
        var sum = 0
        for (place, character) in characters.reversed().enumerated() {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(character) else { return false }
            let digit = Int(character - UInt8(ascii: "0"))
            sum += place % 2 == 0 ? digit : (digit * 2 > 9 ? digit * 2 - 9 : digit * 2)
        }
        return sum % 10 == 0
    }
}

/// A hash as text.
enum EncodedHash {
    /// The bytes as hexadecimal digits.
    static func text(_ hash: [UInt8]) -> String {
        hash.reduce(into: "") { text, byte in
            let digits = String(byte, radix: 16)
            text += digits.utf8.count == 1 ? "0" + digits : digits
        }
    }
}

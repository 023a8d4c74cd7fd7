import Domain
import HoldfastAPI
import Ledger
import OrderProcessing

/// Requests about stored value, translated and validated.
enum StoredValueRequests {
    /// Most minor units that one change may move.
    static let bound: Int64 = 1_000_000_000_000_000

    /// What is to be issued; `code` is a gift card's, if it is one.
    static func issue(
        _ request: Holdfast_V1_IssueStoredValueRequest, code: GiftCardCode, body: [UInt8], by caller: Caller
    ) throws(Refusal) -> StoredValueIssue {
        var validation = RequestValidation()
        let id = validation.id(request.issueID, "issue_id")
        switch request.kind {
        case .storeCredit: validation.text(request.customerID, from: 1, to: 64, "customer_id")
        case .giftCard:
            if !request.customerID.isEmpty { validation.refuse("customer_id", "must be empty for a gift card") }
        case .unspecified, .UNRECOGNIZED: validation.refuse("kind", "is required: store credit or gift card")
        }
        let amount = money(request.amount, given: request.hasAmount, from: 1, &validation)
        validation.text(request.reason, to: PaymentRequests.reasonBound, "reason")
        try validation.finish()
        guard let amount else { throw .invalid([FieldViolation("amount", "is required")]) }
        let isCard = request.kind == .giftCard
        return StoredValueIssue(
            id: id, customer: isCard ? nil : request.customerID, code: isCard ? (code.hash, code.label) : nil,
            amount: amount, reason: request.reason, body: body, caller: caller)
    }

    /// What is to be changed.
    static func adjust(
        _ request: Holdfast_V1_AdjustStoredValueRequest
    ) throws(Refusal) -> (id: EntityID, account: EntityID, amount: Money) {
        var validation = RequestValidation()
        let id = validation.id(request.adjustmentID, "adjustment_id")
        let account = validation.id(request.accountID, "account_id")
        let amount = money(request.amount, given: request.hasAmount, from: -bound, &validation)
        if request.hasAmount && request.amount.amountMinor == 0 {
            validation.refuse("amount.amount_minor", "must not be 0")
        }
        validation.text(request.reason, from: 1, to: PaymentRequests.reasonBound, "reason")
        try validation.finish()
        guard let amount else { throw .invalid([FieldViolation("amount", "is required")]) }
        return (id, account, amount)
    }

    /// The account that is wanted.
    static func name(_ request: Holdfast_V1_GetStoredValueRequest) throws(Refusal) -> StoredValueName {
        var validation = RequestValidation()
        let ways = [request.accountID, request.customerID, request.giftCardCode].count { !$0.isEmpty }
        if ways != 1 {
            validation.refuse("account_id", "is required, or else customer_id or gift_card_code, and only one of them")
        }
        var name: StoredValueName?
        if !request.accountID.isEmpty { name = .id(validation.id(request.accountID, "account_id")) }
        if !request.customerID.isEmpty {
            validation.text(request.customerID, from: 1, to: 64, "customer_id")
            name = validation.currency(request.currencyCode, "currency_code").map { .customer(request.customerID, $0) }
        } else if !request.currencyCode.isEmpty {
            validation.refuse("currency_code", "goes with customer_id only")
        }
        if !request.giftCardCode.isEmpty {
            name = GiftCardCode(request.giftCardCode).map { .code($0.hash) }
            if name == nil { validation.refuse("gift_card_code", "must be the 20 characters of a gift card's code") }
        }
        try validation.finish()
        guard let name else { throw .invalid([FieldViolation("account_id", "is required")]) }
        return name
    }

    /// What a refusal calls the account: never a code.
    static func shown(_ request: Holdfast_V1_GetStoredValueRequest) -> String {
        if !request.accountID.isEmpty { return request.accountID }
        return request.customerID.isEmpty ? "with this code" : "\(request.customerID) in \(request.currencyCode)"
    }

    private static func money(
        _ money: Holdfast_V1_Money, given: Bool, from least: Int64, _ validation: inout RequestValidation
    ) -> Money? {
        guard given else {
            validation.refuse("amount", "is required")
            return nil
        }
        validation.number(money.amountMinor, in: least...bound, "amount.amount_minor")
        return validation.currency(money.currencyCode, "amount.currency_code").map { Money(money.amountMinor, $0) }
    }
}

import Domain
import HoldfastAPI
import SwiftProtobuf
import Testing

@testable import HoldfastServices

@Suite("Requests about payments")
struct PaymentRequestsTests {
    private static func money(_ minor: Int64, _ currency: String = "GBP") -> Holdfast_V1_Money {
        .with {
            $0.currencyCode = currency
            $0.amountMinor = minor
        }
    }

    static let add = Holdfast_V1_AddTenderRequest.with {
        $0.tenderID = testID(1).description
        $0.orderID = testID(2).description
        $0.kind = .cardGateway
        $0.token = "tok-1"
        $0.amount = money(100)
    }

    @Test(
        "Every field of a tender is checked",
        arguments: [
            RequestCase<Holdfast_V1_AddTenderRequest>("as it is") { _ in },
            .init("no amount: what is left") { $0.clearAmount() },
            .init("no id", ["tender_id"]) { $0.tenderID = "" },
            .init("no order", ["order_id"]) { $0.orderID = "1" },
            .init("no kind", ["kind"]) {
                $0.kind = .unspecified
                $0.token = ""
            },
            .init("a kind that is none", ["kind"]) {
                $0.kind = .UNRECOGNIZED(99)
                $0.token = ""
            },
            .init("nothing", ["amount.amount_minor"]) { $0.amount = money(0) },
            .init("less than nothing", ["amount.amount_minor"]) { $0.amount = money(-1) },
            .init("no currency", ["amount.currency_code"]) { $0.amount = money(1, "") },
            .init("a currency that is none", ["amount.currency_code"]) { $0.amount = money(1, "GBX") },
            .init("turns too far out", ["charge_sequence", "refund_sequence"]) {
                $0.chargeSequence = 1_000_001
                $0.refundSequence = -1_000_001
            },
            .init("no card", ["token"]) { $0.token = "" },
            .init("a long token", ["token"]) { $0.token = String(repeating: "x", count: 257) },
            .init("a card's number", ["token"]) { $0.token = "4111 1111-1111 1111" },
            .init("a card's number as the label", ["label"]) { $0.label = "5500000000000004" },
            .init("a number that is no card's") { $0.label = "4111111111111112" },
            .init("a long label", ["label"]) { $0.label = String(repeating: "x", count: 65) },
            .init("cash with a card", ["token", "authorize"]) {
                $0.kind = .cash
                $0.authorize = true
            },
            .init("cash with a code", ["gift_card_code"]) {
                $0.kind = .cash
                $0.token = ""
                $0.giftCardCode = "ABCD-EFGH-JKMN-PQRS-TVWX"
            },
            .init("a gift card without its code", ["gift_card_code"]) {
                $0.kind = .giftCard
                $0.token = ""
            },
            .init("a gift card with another code", ["gift_card_code"]) {
                $0.kind = .giftCard
                $0.token = ""
                $0.giftCardCode = "ABCD-EFGH-JKMN-PQRS-TVWU"
            },
            .init("a gift card") {
                $0.kind = .giftCard
                $0.token = ""
                $0.giftCardCode = "abcd efgh jkmn pqrs tvwx"
            },
        ])
    func adding(row: RequestCase<Holdfast_V1_AddTenderRequest>) throws {
        #expect(
            try refusedFields { try PaymentRequests.add(row.applied(to: Self.add), body: [], by: .anonymous) }
                == row.refused)
    }

    @Test("A gift card's code is compared and stored as its hash")
    func storedCode() throws {
        var request = Self.add
        request.giftCardCode = "abcd efgh jkmn pqrs tvwx"
        let stored = PaymentRequests.stored(request)
        #expect(stored.giftCardCode.count == 64)
        request.giftCardCode = "ABCD-EFGH-JKMN-PQRS-TVWX"
        #expect(PaymentRequests.stored(request) == stored)
        request.giftCardCode = "ABCD-EFGH-JKMN-PQRS-TVWY"
        #expect(PaymentRequests.stored(request) != stored)
        #expect(PaymentRequests.stored(Self.add) == Self.add)
    }

    @Test(
        "Every field of a refund is checked",
        arguments: [
            RequestCase<Holdfast_V1_RefundOrderRequest>("all that is due") { _ in },
            .init("no id", ["refund_id"]) { $0.refundID = "" },
            .init("no order", ["order_id"]) { $0.orderID = "" },
            .init("an amount") { $0.amount = money(1) },
            .init("nothing", ["amount.amount_minor"]) { $0.amount = money(0) },
            .init("goodwill without an amount", ["amount"]) { $0.goodwill = true },
            .init("a tender that cannot be", ["tender_number"]) { $0.tenderNumber = 101 },
            .init("a negative tender", ["tender_number"]) { $0.tenderNumber = -1 },
            .init("a long reason", ["reason"]) { $0.reason = String(repeating: "x", count: 257) },
        ])
    func refunding(row: RequestCase<Holdfast_V1_RefundOrderRequest>) throws {
        let request = Holdfast_V1_RefundOrderRequest.with {
            $0.refundID = testID(1).description
            $0.orderID = testID(2).description
        }
        #expect(
            try refusedFields { try PaymentRequests.refund(row.applied(to: request), body: [], by: .anonymous) }
                == row.refused)
    }

    @Test(
        "Every field of a capture is checked",
        arguments: [
            RequestCase<Holdfast_V1_CaptureTenderRequest>("all that is held") { _ in },
            .init("no id", ["capture_id"]) { $0.captureID = "" },
            .init("no order", ["order_id"]) { $0.orderID = "" },
            .init("no tender", ["tender_number"]) { $0.tenderNumber = 0 },
            .init("nothing", ["amount.amount_minor"]) { $0.amount = money(0) },
        ])
    func capturing(row: RequestCase<Holdfast_V1_CaptureTenderRequest>) throws {
        let request = Holdfast_V1_CaptureTenderRequest.with {
            $0.captureID = testID(1).description
            $0.orderID = testID(2).description
            $0.tenderNumber = 1
        }
        #expect(
            try refusedFields { try PaymentRequests.capture(row.applied(to: request), body: [], by: .anonymous) }
                == row.refused)
    }

    @Test("An account is named in exactly one way")
    func accounts() throws {
        func refused(_ change: (inout Holdfast_V1_GetStoredValueRequest) -> Void) throws -> [String] {
            try refusedFields { try StoredValueRequests.name(.with(change)) }
        }
        #expect(try refused { $0.accountID = testID(1).description } == [])
        #expect(
            try refused {
                $0.customerID = "C-1"
                $0.currencyCode = "GBP"
            } == [])
        #expect(try refused { $0.giftCardCode = "ABCD-EFGH-JKMN-PQRS-TVWX" } == [])
        #expect(try refused { _ in } == ["account_id"])
        #expect(try refused { $0.accountID = "1" } == ["account_id"])
        #expect(try refused { $0.customerID = "C-1" } == ["currency_code"])
        #expect(try refused { $0.giftCardCode = "ABCD" } == ["gift_card_code"])
        #expect(
            try refused {
                $0.accountID = testID(1).description
                $0.currencyCode = "GBP"
            } == ["currency_code"])
        #expect(
            try refused {
                $0.accountID = testID(1).description
                $0.giftCardCode = "ABCD-EFGH-JKMN-PQRS-TVWX"
            } == ["account_id"])
    }
}

import Domain
import HoldfastAPI
import SwiftProtobuf
import Testing

@testable import HoldfastServices

@Suite("Requests about orders")
struct OrderRequestsTests {
    static let place = Holdfast_V1_PlaceOrderRequest.with {
        $0.orderID = testID(1).description
        $0.channel = "web"
        $0.externalID = "536365"
        $0.lines = [line(quantity: 3, units: 2, nanos: 550_000_000), line(quantity: 1, units: 0, nanos: 0)]
        $0.lines[0].taxes = [tax(20), tax(5, included: true)]
    }

    static func line(
        quantity: Int64, units: Int64, nanos: Int32, currency: String = "GBP"
    ) -> Holdfast_V1_PlaceOrderRequest.Line {
        .with {
            $0.sku = "85123A"
            $0.quantity = quantity
            $0.unitPrice = .with {
                $0.currencyCode = currency
                $0.units = units
                $0.nanos = nanos
            }
        }
    }

    static func tax(_ amount: Int64, included: Bool = false, currency: String = "GBP") -> Holdfast_V1_Tax {
        .with {
            $0.name = "VAT 20 %"
            $0.included = included
            $0.amount = .with {
                $0.currencyCode = currency
                $0.amountMinor = amount
            }
        }
    }

    private static let long = String(repeating: "x", count: 257)

    @Test(
        "Every field of an order is checked",
        arguments: [
            RequestCase<Holdfast_V1_PlaceOrderRequest>("as it is") { _ in },
            .init("no id", ["order_id"]) { $0.orderID = "" },
            .init("no channel", ["channel"]) { $0.channel = "" },
            .init("no number", ["external_id"]) { $0.externalID = "" },
            .init("the longest number") { $0.externalID = String(repeating: "x", count: 128) },
            .init("a long number", ["external_id"]) { $0.externalID = String(repeating: "x", count: 129) },
            .init("a wrong reservation", ["reservation_id"]) { $0.reservationID = "1" },
            .init("a reservation") { $0.reservationID = testID(2).description },
            .init("a long customer id", ["customer.customer_id"]) {
                $0.customer.customerID = String(repeating: "x", count: 65)
            },
            .init("a long customer name", ["customer.name"]) { $0.customer.name = long },
            .init("the longest address") { $0.customer.email = String(repeating: "x", count: 254) },
            .init("a long address", ["customer.email"]) { $0.customer.email = String(repeating: "x", count: 255) },
            .init("a long country", ["customer.country"]) { $0.customer.country = String(repeating: "x", count: 65) },
            .init("a wrong moment", ["ordered_at"]) { $0.orderedAt = .init(seconds: .max) },
            .init("no lines", ["lines"]) { $0.lines = [] },
            .init("too many lines", ["lines"]) { $0.lines = Array(repeating: $0.lines[1], count: 1_001) },
            .init("as many lines as can be") { $0.lines = Array(repeating: $0.lines[1], count: 1_000) },
            .init("no sku", ["lines[1].sku"]) { $0.lines[1].sku = "" },
            .init("a wrong location", ["lines[1].location"]) { $0.lines[1].location = "\u{7}" },
            .init("no quantity", ["lines[1].quantity"]) { $0.lines[1].quantity = 0 },
            .init("a long description", ["lines[1].description"]) { $0.lines[1].description_p = long },
            .init("goods in hand without a location, which may be an untracked product's line") {
                $0.goodsInHand = true
            },
        ])
    func place(row: RequestCase<Holdfast_V1_PlaceOrderRequest>) throws {
        #expect(
            try refusedFields { try OrderRequests.place(row.applied(to: Self.place), body: [], by: .anonymous) }
                == row.refused)
    }

    @Test(
        "Money is of one currency, not negative and within 64 bits",
        arguments: [
            RequestCase<Holdfast_V1_PlaceOrderRequest>("the order names its currency") { $0.currencyCode = "GBP" },
            .init("no price", ["lines[1].unit_price"]) { $0.lines[1].clearUnitPrice() },
            .init("no price on the first line", ["lines[0].unit_price.currency_code", "lines[0].unit_price"]) {
                $0.lines[0].clearUnitPrice()
            },
            .init("an unknown currency", ["currency_code"]) { $0.currencyCode = "GPB" },
            .init("an unknown currency of the price", ["lines[0].unit_price.currency_code"]) {
                $0.lines[0].unitPrice.currencyCode = "XXX"
            },
            .init("another currency", ["lines[1].unit_price.currency_code"]) {
                $0.lines[1].unitPrice.currencyCode = "EUR"
            },
            .init(
                "prices of another currency than the order's",
                [
                    "lines[0].taxes[0].amount.currency_code", "lines[0].taxes[1].amount.currency_code",
                    "lines[0].unit_price.currency_code", "lines[1].unit_price.currency_code",
                ]
            ) { $0.currencyCode = "EUR" },
            .init("a negative price", ["lines[1].unit_price"]) { $0.lines[1].unitPrice.units = -1 },
            .init("a price just below zero", ["lines[1].unit_price"]) { $0.lines[1].unitPrice.nanos = -1 },
            .init("two signs", ["lines[0].unit_price"]) { $0.lines[0].unitPrice.nanos = -1 },
            .init("too many nanos", ["lines[0].unit_price"]) { $0.lines[0].unitPrice.nanos = 1_000_000_000 },
            .init("the highest price") { $0.lines[1].unitPrice.units = 1_000_000_000_000 },
            .init("a higher price", ["lines[1].unit_price"]) { $0.lines[1].unitPrice.units = 1_000_000_000_001 },
            .init("too large an amount", ["lines[1]"]) {
                $0.lines[1].unitPrice.units = 1_000_000_000_000
                $0.lines[1].quantity = 1_000_000_000
            },
            .init("too large a sum", ["lines"]) {
                $0.lines = Array(repeating: line(quantity: 90_000, units: 1_000_000_000_000, nanos: 0), count: 2)
            },
            .init("too large a sum of taxes", ["lines"]) {
                $0.lines[0].taxes = [tax(.max), tax(1)]
            },
            .init("large taxes that the prices include") { $0.lines[0].taxes = [tax(.max, included: true)] },
            .init("a tax without a name", ["lines[0].taxes[1].name"]) { $0.lines[0].taxes[1].name = "" },
            .init("a tax with a long name", ["lines[0].taxes[1].name"]) {
                $0.lines[0].taxes[1].name = String(repeating: "x", count: 65)
            },
            .init("a tax without an amount", ["lines[0].taxes[0].amount"]) { $0.lines[0].taxes[0].clearAmount() },
            .init("a tax of another currency", ["lines[0].taxes[0].amount.currency_code"]) {
                $0.lines[0].taxes[0] = tax(1, currency: "EUR")
            },
            .init("a negative tax", ["lines[0].taxes[0].amount.amount_minor"]) { $0.lines[0].taxes[0] = tax(-1) },
            .init("as many taxes as can be") { $0.lines[0].taxes = Array(repeating: tax(0), count: 32) },
            .init("too many taxes", ["lines[0].taxes"]) { $0.lines[0].taxes = Array(repeating: tax(0), count: 33) },
        ])
    func money(row: RequestCase<Holdfast_V1_PlaceOrderRequest>) throws {
        #expect(
            try refusedFields { try OrderRequests.place(row.applied(to: Self.place), body: [], by: .anonymous) }
                == row.refused)
    }

    @Test("All that is wrong is told at once")
    func everything() throws {
        var request = Self.place
        request.orderID = ""
        request.customer.name = "\u{0}"
        request.lines[0].sku = ""
        request.lines[1].quantity = -5
        request.lines[1].unitPrice.currencyCode = ""
        #expect(
            try refusedFields { try OrderRequests.place(request, body: [], by: .anonymous) } == [
                "order_id", "customer.name", "lines[0].sku", "lines[1].quantity",
                "lines[1].unit_price.currency_code",
            ])
    }

    @Test("Amounts are rounded once a line; totals are their exact sums")
    func totals() throws {
        let order = try OrderRequests.place(Self.place, body: [9], by: .anonymous)
        #expect(order.currency == Currency(code: "GBP"))
        #expect(order.lines.map(\.amount.minorUnits) == [765, 0])
        #expect(order.subtotal == 765)
        #expect(order.addedTax == 20)
        #expect(order.body == [9])
        #expect(order.reservation == nil)
        #expect(order.orderedAt == nil)
    }

    @Test(
        "Decimals are those of the currency, ties go to the even amount",
        arguments: [
            ("JPY", Int64(3), Int64(2), Int32(500_000_000), Int64(8)), ("KWD", 1, 1, 234_500_000, 1_234),
            ("GBP", 1, 0, 5_000_000, 0), ("GBP", 1, 0, 15_000_000, 2), ("GBP", 1_000, 0, 1_000_000, 100),
        ])
    func rounding(currency: String, quantity: Int64, units: Int64, nanos: Int32, amount: Int64) throws {
        var request = Self.place
        request.lines = [Self.line(quantity: quantity, units: units, nanos: nanos, currency: currency)]
        #expect(try OrderRequests.place(request, body: [], by: .anonymous).subtotal == amount)
    }

    static let cancel = Holdfast_V1_CancelOrderRequest.with {
        $0.cancellationID = testID(1).description
        $0.orderID = testID(2).description
        $0.lines = [Int32(1), 2].map { number in
            .with {
                $0.lineNumber = number
                $0.quantity = 1
            }
        }
    }

    @Test(
        "Cancellations",
        arguments: [
            RequestCase<Holdfast_V1_CancelOrderRequest>("as it is") { _ in },
            .init("the whole order") { $0.lines = [] },
            .init("no id", ["cancellation_id"]) { $0.cancellationID = "" },
            .init("no order", ["order_id"]) { $0.orderID = "" },
            .init("line 0", ["lines[0].line_number"]) { $0.lines[0].lineNumber = 0 },
            .init("line 1,001", ["lines[0].line_number"]) { $0.lines[0].lineNumber = 1_001 },
            .init("a line twice", ["lines[1].line_number"]) { $0.lines[1].lineNumber = 1 },
            .init("no quantity", ["lines[1].quantity"]) { $0.lines[1].quantity = 0 },
            .init("too large a quantity", ["lines[1].quantity"]) { $0.lines[1].quantity = 1_000_000_001 },
            .init("too many lines", ["lines"]) { $0.lines = Array(repeating: $0.lines[0], count: 1_001) },
            .init("a long reason", ["reason"]) { $0.reason = long },
        ])
    func cancel(row: RequestCase<Holdfast_V1_CancelOrderRequest>) throws {
        #expect(
            try refusedFields { try OrderRequests.cancel(row.applied(to: Self.cancel), body: [], by: .anonymous) }
                == row.refused)
    }

    @Test("An order is named by its id or by channel and number, not by both")
    func names() throws {
        #expect(try OrderRequests.name(.with { $0.orderID = testID(1).description }, by: .anonymous) == .id(testID(1)))
        let external = try OrderRequests.name(
            .with {
                $0.channel = "web"
                $0.externalID = "7"
            }, by: .anonymous)
        #expect(external == .external(channel: "web", number: "7"))
        #expect(try refusedFields { try OrderRequests.name(.init(), by: .anonymous) } == ["order_id"])
        #expect(
            try refusedFields { try OrderRequests.name(.with { $0.channel = "web" }, by: .anonymous) } == [
                "external_id"
            ])
        #expect(
            try refusedFields { try OrderRequests.name(.with { $0.externalID = "7" }, by: .anonymous) } == ["channel"])
        let both = try refusedFields {
            try OrderRequests.name(
                .with {
                    $0.orderID = testID(1).description
                    $0.channel = "web"
                    $0.externalID = "7"
                }, by: .anonymous)
        }
        #expect(both == ["order_id"])
    }
}

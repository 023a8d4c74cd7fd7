import Domain
import Testing

@Suite("Review rules")
struct ReviewRulesTests {
    private static let pounds = currency("GBP")

    private static func currency(_ code: String) -> Currency {
        guard let currency = Currency(code: code) else { preconditionFailure("\(code) is a currency") }
        return currency
    }

    private static func price(_ units: Int64, _ nanos: Int32 = 0) -> UnitPrice {
        guard let price = UnitPrice(units: units, nanos: nanos) else { preconditionFailure("a price") }
        return price
    }

    private static func line(
        _ number: Int32 = 1, sku: String = "A", tracked: Bool = true, open: Int64 = 2, backordered: Int64 = 0,
        price: UnitPrice = price(5), list: UnitPrice? = nil, shortAt: [String] = []
    ) -> ReviewFacts.Line {
        ReviewFacts.Line(
            number: number, sku: sku, tracked: tracked, open: open, backordered: backordered, unitPrice: price,
            listPrice: list, shortAt: shortAt)
    }

    private static let home = Address(
        name: "Ann Lee", lines: ["1 High Street"], city: "Leeds", postcode: "LS1 4DY", country: "GB")

    private static func facts(
        _ lines: [ReviewFacts.Line] = [line()], owed: Int64 = 1_000,
        delivery: OrderDelivery? = OrderDelivery(method: .ship, shipTo: home), payment: PaymentStanding = .paid,
        fraud: FraudVerdict? = nil, currency: Currency = pounds
    ) -> ReviewFacts {
        ReviewFacts(
            currency: currency, owedMinor: owed, lines: lines, delivery: delivery, payment: payment, fraud: fraud)
    }

    private static let everything = ReviewRules(
        stock: true, backordered: true, zeroPrice: true, priceTolerancePercent: 10, address: true,
        zones: [.init(country: "GB")], payment: true, maximumAmountMinor: 1_000, maximumUnits: 2,
        fraud: .init(timeLimitMilliseconds: 500))

    @Test("An order that keeps every rule passes, and without rules everything does")
    func passes() {
        #expect(Self.everything.findings(in: Self.facts(fraud: .accepted)).isEmpty)
        let worst = Self.facts(
            [Self.line(open: 9, backordered: 9, price: Self.price(0), list: Self.price(5), shortAt: ["DC"])],
            owed: .max, delivery: nil, payment: .due, fraud: .rejected("stolen card"))
        #expect(ReviewRules().findings(in: worst).isEmpty)
    }

    struct Case: Sendable, CustomTestStringConvertible {
        var title: String
        var facts: ReviewFacts
        var reasons: [HoldReason]
        var testDescription: String { title }

        init(_ title: String, _ facts: ReviewFacts, _ reasons: HoldReason...) {
            self.title = title
            self.facts = facts
            self.reasons = reasons
        }
    }

    @Test(
        "Each rule has its reason",
        arguments: [
            Case(
                "a location short of stock", facts([line(shortAt: ["DC"])], fraud: .accepted), .stockShort),
            Case("units that wait", facts([line(backordered: 1)], fraud: .accepted), .backordered),
            Case(
                "a price of nothing", facts([line(price: price(0))], owed: 0, fraud: .accepted), .priceZero),
            Case(
                "a price 10 per cent below", facts([line(price: price(9), list: price(10))], fraud: .accepted)),
            Case(
                "a price just more than 10 per cent below",
                facts([line(price: price(8, 999_999_999), list: price(10))], fraud: .accepted), .priceDiffers),
            Case(
                "a price above", facts([line(price: price(12), list: price(10))], fraud: .accepted), .priceDiffers),
            Case(
                "nothing where a price should be",
                facts([line(price: price(0), list: price(10))], owed: 0, fraud: .accepted), .priceZero, .priceDiffers),
            Case("no delivery", facts(delivery: nil, fraud: .accepted), .addressMissing),
            Case(
                "no address", facts(delivery: OrderDelivery(method: .ship), fraud: .accepted), .addressMissing),
            Case(
                "goods that are collected",
                facts(delivery: OrderDelivery(method: .pickup, pickupLocation: "S"), fraud: .accepted)),
            Case(
                "nothing to be sent", facts([line(tracked: false)], delivery: nil, fraud: .accepted)),
            Case(
                "an address without a street",
                facts(
                    delivery: OrderDelivery(
                        method: .ship,
                        shipTo: Address(name: "A", lines: [""], city: "B", postcode: "LS1", country: "GB")),
                    fraud: .accepted), .addressIncomplete),
            Case(
                "an unknown country",
                facts(
                    delivery: OrderDelivery(
                        method: .ship,
                        shipTo: Address(name: "A", lines: ["1"], city: "B", postcode: "1", country: "XX")),
                    fraud: .accepted), .addressCountryUnknown, .addressNotServed),
            Case(
                "a country that is not served",
                facts(
                    delivery: OrderDelivery(
                        method: .ship,
                        shipTo: Address(name: "A", lines: ["1"], city: "Bonn", postcode: "53111", country: "DE")),
                    fraud: .accepted), .addressNotServed),
            Case("no tender", facts(payment: .untracked, fraud: .accepted), .paymentMissing),
            Case("half a tender", facts(payment: .partlyCovered, fraud: .accepted), .paymentMissing),
            Case("an authorisation", facts(payment: .covered, fraud: .accepted)),
            Case("too much money", facts(payment: .refundDue, fraud: .accepted)),
            Case("a penny too many", facts(owed: 1_001, fraud: .accepted), .amountTooHigh),
            Case(
                "units over two lines", facts([line(1), line(2, open: 1)], fraud: .accepted), .quantityTooHigh),
            Case(
                "units of two articles", facts([line(1), line(2, sku: "B")], fraud: .accepted)),
            Case("a suspicion", facts(fraud: .suspected("new card")), .fraudSuspected),
            Case("a rejection", facts(fraud: .rejected("stolen")), .fraudRejected),
            Case("no answer", facts(fraud: .unavailable("late")), .fraudCheckUnavailable),
            Case("no question", facts(), .fraudCheckUnavailable),
            Case("nothing left to deliver", facts([line(open: 0, price: price(0))], delivery: nil)),
        ])
    func reasons(row: Case) {
        let findings = Self.everything.findings(in: row.facts)
        #expect(findings.map(\.reason) == row.reasons)
        #expect(findings.allSatisfy { !$0.detail.isEmpty })
    }

    @Test("An order that costs nothing needs no payment")
    func nothingOwed() {
        let rules = ReviewRules(payment: true)
        #expect(rules.findings(in: Self.facts([Self.line(price: Self.price(0))], owed: 0, payment: .untracked)).isEmpty)
    }

    @Test("A channel may let orders pass while the check does not answer")
    func unavailable() {
        let rules = ReviewRules(fraud: .init(timeLimitMilliseconds: 100, holdsWhenUnavailable: false))
        #expect(rules.findings(in: Self.facts(fraud: .unavailable("late"))).isEmpty)
        #expect(rules.findings(in: Self.facts()).isEmpty)
        #expect(rules.findings(in: Self.facts(fraud: .rejected("no"))).map(\.reason) == [.fraudRejected])
    }

    @Test("Postal codes are compared by their beginning, however they are written")
    func zones() {
        let zone = ReviewRules.Zone(country: "GB", postcodePrefixes: ["LS", "W1"])
        #expect(zone.contains(country: "GB", postcode: "ls1 4dy"))
        #expect(zone.contains(country: "GB", postcode: "W 1A-1AA"))
        #expect(!zone.contains(country: "GB", postcode: "BT1 1AA"))
        #expect(!zone.contains(country: "GB", postcode: ""))
        #expect(!zone.contains(country: "IE", postcode: "LS1"))
        let rules = ReviewRules(zones: [zone, .init(country: "IE")])
        let dublin = OrderDelivery(method: .ship, shipTo: Address(country: "IE"))
        #expect(rules.findings(in: Self.facts(delivery: dublin)).isEmpty)
    }

    @Test("A postal code is not missed where there are none")
    func withoutPostcodes() {
        #expect(Address(name: "A", lines: ["1"], city: "Dubai", country: "AE").missing.isEmpty)
        #expect(Address(name: "A", lines: ["1"], city: "Leeds", country: "GB").missing == ["postcode"])
        #expect(Address().missing == ["name", "street", "city", "postcode", "country"])
    }

    @Test("A thousand lines make one finding of bounded length, and each reason stands once, in order")
    func manyLines() {
        let lines = (1...1_000).map {
            Self.line(Int32($0), sku: "SKU-\($0)", backordered: 1, price: Self.price(0), shortAt: ["A", "B"])
        }
        let findings = Self.everything.findings(in: Self.facts(lines, owed: 0, fraud: .accepted))
        #expect(findings.map(\.reason) == [.stockShort, .backordered, .priceZero])
        #expect(findings.allSatisfy { $0.detail.utf8.count <= ReviewFinding.detailBound })
        #expect(findings[0].detail.hasSuffix("; and 990 more"))
    }

    @Test("Amounts are told with the currency's decimals")
    func decimals() {
        for (code, minor, text) in [("JPY", 1_001, "1001"), ("KWD", 1_001, "1.001"), ("GBP", 1_005, "10.05")] {
            let rules = ReviewRules(maximumAmountMinor: 1_000)
            let facts = Self.facts(owed: Int64(minor), currency: Self.currency(code))
            #expect(rules.findings(in: facts)[0].detail.hasPrefix("\(text) \(code)"))
        }
        #expect(Money(-5, Self.pounds).decimal == "-0.05")
        #expect(Self.price(4, 950_000_000).decimal == "4.95")
        #expect(Self.price(0, 1_000_000).decimal == "0.001")
        #expect(Self.price(0).decimal == "0.00")
        #expect(Self.price(-1, -500_000_000).decimal == "-1.50")
    }

    @Test("A detail is cut at a character, and reasons are found by their words")
    func words() {
        let long = ReviewFinding(.manual, String(repeating: "é", count: 800))
        #expect(long.detail.utf8.count <= ReviewFinding.detailBound)
        #expect(long.detail.hasSuffix("é…"))
        for reason in HoldReason.allCases { #expect(HoldReason(word: reason.word) == reason) }
        #expect(HoldReason(word: "fraud_check_unavailable") == .fraudCheckUnavailable)
        #expect(HoldReason(word: "fraud") == nil)
    }
}

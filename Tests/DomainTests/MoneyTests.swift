import Domain
import Testing

@Suite("Money")
struct MoneyTests {
    private static let currencies = ["JPY": 0, "GBP": 2, "KWD": 3, "CLF": 4]

    @Test("knows the decimals of a currency", arguments: currencies)
    func decimals(code: String, decimals: Int) throws {
        #expect(try #require(Currency(code: code)).decimals == decimals)
    }

    @Test("refuses codes that name no currency", arguments: ["", "gbp", "XXX", "GBPP", "AB", "£"])
    func unknownCurrency(code: String) {
        #expect(Currency(code: code) == nil)
    }

    @Test(
        "rounds a line once, half to even, on both sides of zero",
        arguments: [
            // price in nanos, quantity, expected pence
            (5_000_000, 1, 0), (15_000_000, 1, 2), (25_000_000, 1, 2), (-5_000_000, 1, 0), (-15_000_000, 1, -2),
            (1_000_000, 1_000, 100), (1_000_000, 4, 0), (1_000_000, 6, 1), (999_999_999, 1, 100),
        ] as [(Int32, Int64, Int64)])
    func halfEven(nanos: Int32, quantity: Int64, pence: Int64) throws {
        let pounds = try #require(Currency(code: "GBP"))
        let price = try #require(UnitPrice(units: 0, nanos: nanos))
        #expect(price.amount(quantity: quantity, currency: pounds) == Money(pence, pounds))
    }

    @Test("refuses prices whose parts disagree or are out of bounds")
    func badPrices() {
        #expect(UnitPrice(units: 1, nanos: -1) == nil)
        #expect(UnitPrice(units: -1, nanos: 1) == nil)
        #expect(UnitPrice(units: 0, nanos: 1_000_000_000) == nil)
        #expect(UnitPrice(units: .min, nanos: 0) == nil)
        #expect(UnitPrice(units: UnitPrice.unitsBound + 1, nanos: 0) == nil)
    }

    @Test("says so where a line's amount does not fit")
    func overflow() throws {
        let pounds = try #require(Currency(code: "GBP"))
        let price = try #require(UnitPrice(units: UnitPrice.unitsBound, nanos: 999_999_999))
        #expect(price.amount(quantity: Quantity.bound, currency: pounds) == nil)
        #expect(price.amount(quantity: 1, currency: pounds) != nil)
    }

    @Test("shares of adjoining ranges add up to the whole, whatever the cuts")
    func shares() {
        var generator = SplitMix64(state: 42)
        for _ in 0..<5_000 {
            let count = Int64.random(in: 1...60, using: &generator)
            let whole = Int64.random(in: -100_000...100_000, using: &generator)
            var position: Int64 = 0
            var sum: Int64 = 0
            while position < count {
                let next = Int64.random(in: position + 1...count, using: &generator)
                let share = Rounding.share(of: whole, from: position, to: next, count: count)
                #expect(share.magnitude <= whole.magnitude)
                sum += share
                position = next
            }
            #expect(sum == whole)
        }
    }
}

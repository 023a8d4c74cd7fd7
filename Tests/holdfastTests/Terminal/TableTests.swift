import HoldfastAPI
import SwiftProtobuf
import Testing

@testable import holdfast

@Suite("Tables")
struct TableTests {
    @Test("Text is set to the left, figures to the right, and no line ends in blanks")
    func alignment() {
        var table = Table([.text("SKU"), .number("UNITS"), .text("NOTE")])
        table.add("MUG-WHITE", "7", "")
        table.add("T", "1200", "few")
        #expect(
            table.lines == [
                "SKU        UNITS  NOTE",
                "MUG-WHITE      7",
                "T           1200  few",
            ])
    }

    @Test("An empty table says so, with its notes")
    func empty() {
        var table = Table([.text("SKU")])
        table.note("nothing here")
        #expect(table.lines == ["(none)", "nothing here"])
    }

    @Test("Control characters of data do not reach the terminal")
    func controlCharacters() {
        #expect(Table(facts: [("name", "a\u{1B}[2Jb\nc")]).lines == ["name  a?[2Jb?c"])
    }

    @Test(
        "Amounts have the decimals of their currency",
        arguments: [
            ("GBP", 1_250, "12.50 GBP"), ("GBP", -5, "-0.05 GBP"), ("JPY", 1_250, "1250 JPY"),
            ("KWD", 1, "0.001 KWD"), ("???", 7, "7 ???"), ("GBP", Int64.min, "-92233720368547758.08 GBP"),
        ])
    func money(code: String, minor: Int64, shown: String) {
        let money = Holdfast_V1_Money.with {
            $0.currencyCode = code
            $0.amountMinor = minor
        }
        #expect(money.shown == shown)
    }

    @Test(
        "Prices keep every decimal and at least two",
        arguments: [
            (0, 1_000_000, "0.001 GBP"), (4, 950_000_000, "4.95 GBP"), (5, 0, "5.00 GBP"), (0, -1, "-0.000000001 GBP"),
        ])
    func price(units: Int64, nanos: Int32, shown: String) {
        let price = Holdfast_V1_UnitPrice.with {
            $0.currencyCode = "GBP"
            $0.units = units
            $0.nanos = nanos
        }
        #expect(price.shown == shown)
    }
}

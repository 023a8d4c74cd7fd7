import Testing

@testable import Replay

@Suite("Values of retail books")
struct RetailValueTests {
    private static func bytes(_ text: String) -> ArraySlice<UInt8> { Array(text.utf8)[...] }

    @Test("Every day from 1890 to 2110 is written as it was read, one day after the other")
    func calendar() {
        var previous: Int64?
        let months = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        for year in 1890...2110 {
            let isLeap = year % 4 == 0 && year % 100 != 0 || year % 400 == 0
            for month in 1...12 {
                let days = months[month - 1] + (month == 2 && isLeap ? 1 : 0)
                for day in 1...days {
                    let moment = WallClock(year: year, month: month, day: day)
                    guard let moment else {
                        Issue.record("\(year)-\(month)-\(day) is refused")
                        return
                    }
                    let date = moment.date
                    if date != (year, month, day) { Issue.record("\(year)-\(month)-\(day) reads \(date)") }
                    if let previous, moment.dayNumber != previous + 1 { Issue.record("\(moment) is out of line") }
                    previous = moment.dayNumber
                }
                #expect(WallClock(year: year, month: month, day: days + 1) == nil)
            }
        }
    }

    @Test(
        "Known moments",
        arguments: [
            ("1970-01-01 00:00:00", 0), ("1969-12-31 23:59:59", -1), ("2000-02-29 12:00:00", 951_825_600),
            ("2010-12-01 08:26:00", 1_291_191_960), ("9999-12-31 23:59:59", 253_402_300_799),
        ]
    )
    func moments(text: String, seconds: Int64) throws {
        let moment = try #require(WallClock(text: Self.bytes(text)))
        #expect(moment.seconds == seconds)
        #expect(moment.description == text)
    }

    @Test(
        "What is no moment is refused",
        arguments: [
            "2010-12-01", "2010-12-01T08:26:00", "2010-12-01 24:00:00", "2010-12-01 08:60:00", "2010-12-01 08:26:60",
            "2010-13-01 00:00:00", "2010-00-10 00:00:00", "2010-12-00 00:00:00", "2100-02-29 00:00:00",
            "0000-01-01 00:00:00", "2010-12-01 08:26:00 ", "2010-1-011 08:26:00", "",
        ]
    )
    func noMoment(text: String) {
        #expect(WallClock(text: Self.bytes(text)) == nil)
    }

    @Test("Weeks start on Monday")
    func weeks() throws {
        let wednesday = try #require(WallClock(text: Self.bytes("2010-12-01 08:26:00")))
        let weeks = WeekCalendar(firstDay: wednesday)
        #expect(weeks.start.description == "2010-11-29 00:00:00")
        #expect(weeks.week(of: try #require(WallClock(text: Self.bytes("2010-12-05 23:59:59")))) == 0)
        #expect(weeks.week(of: try #require(WallClock(text: Self.bytes("2010-12-06 00:00:00")))) == 1)
        #expect(weeks.week(of: try #require(WallClock(text: Self.bytes("2010-01-01 00:00:00")))) == 0)
        #expect(weeks.monday(ofWeek: 5).dateText == "2011-01-03")
        #expect(WallClock(seconds: -1).startOfWeek.dateText == "1969-12-29")
    }

    @Test(
        "Prices are exact",
        arguments: [
            ("2.55", 2, 550_000_000, "2.55"), ("0.001", 0, 1_000_000, "0.001"),
            ("-11062.06", -11_062, -60_000_000, "-11062.06"),
            ("7", 7, 0, "7"), ("0", 0, 0, "0"), ("-0.5", 0, -500_000_000, "-0.5"), ("2.50", 2, 500_000_000, "2.50"),
            ("999999999.999999999", 999_999_999, 999_999_999, "999999999.999999999"),
        ]
    )
    func prices(text: String, units: Int64, nanos: Int32, shown: String) throws {
        let price = try #require(PricePerUnit(text: Self.bytes(text)))
        #expect(price.units == units)
        #expect(price.nanos == nanos)
        #expect(price.description == shown)
    }

    @Test(
        "What is no price is refused",
        arguments: [
            "", "-", ".5", "5.", "1e3", "1,5", "+1", " 1", "1.0000000001", "1234567890", "--1", "1.2.3", "0x1", "١",
        ]
    )
    func noPrice(text: String) {
        #expect(PricePerUnit(text: Self.bytes(text)) == nil)
    }

    @Test(
        "Quotients are rounded once, half away from zero",
        arguments: [
            (5, 10, 0, "1"), (4, 10, 0, "0"), (-5, 10, 0, "-1"), (15, 10, 0, "2"), (25, 10, 0, "3"), (1, 3, 2, "0.33"),
            (2, 3, 2, "0.67"), (995, 1_000, 2, "1.00"), (-995, -1_000, 2, "1.00"), (-4, 1_000, 2, "0.00"),
            (9_994_999, 1_000_000, 3, "9.995"), (1, 0, 2, "0.00"), (99_995, 10, 0, "10000"), (1, 7, 6, "0.142857"),
        ]
    )
    func quotients(dividend: Int128, divisor: Int128, decimals: Int, text: String) {
        #expect(RoundedQuotient.text(dividend, dividedBy: divisor, decimals: decimals) == text)
    }

    @Test("The largest amounts a file can hold are summed and printed in full")
    func largeAmounts() throws {
        let price = try #require(PricePerUnit(text: Self.bytes("999999999.999999999")))
        var sum = ExactAmount.zero
        for _ in 0..<1_000 { sum += price.times(Int64(Int32.max)) }
        #expect(sum.exactText == "2147483646999999997852.516353000")
        #expect(sum.ratio(to: sum, decimals: 9) == "1.000000000")
    }

    @Test(
        "Two spellings of a code are one article, and service codes are known in both",
        arguments: [
            ("85123a", "85123A", false), ("POST", "POST", true), ("m", "M", true),
            ("gift_0001_10", "GIFT_0001_10", true),
            ("BANK CHARGES", "BANK CHARGES", true), ("PADS", "PADS", false), ("DCGS0003", "DCGS0003", false),
            ("47503J ", "47503J", false), ("Post ", "POST", true), ("DOTS", "DOTS", false), ("22423", "22423", false),
        ]
    )
    func codes(text: String, sku: String, isService: Bool) throws {
        let code = try #require(StockCode(text: Self.bytes(text)))
        #expect(code.written == text)
        #expect(code.sku == sku)
        #expect(code.isService == isService)
    }

    @Test("Cutting a text leaves its characters whole")
    func cutting() {
        #expect(ASCIIText.prefix(of: "abc", bytes: 3) == "abc")
        #expect(ASCIIText.prefix(of: "ab£", bytes: 3) == "ab")
        #expect(ASCIIText.prefix(of: "££", bytes: 3) == "£")
        #expect(ASCIIText.trimmed(" \t two words \n") == "two words")
        #expect(ASCIIText.trimmed("  ") == "")
    }
}

import Replay
import Testing

@Suite("The report of what a file offers")
struct OfferedReportTests {
    @Test("The nine months give every expected figure, in the same order")
    func nineMonths() throws {
        let expected = try Self.expected(Samples.nineMonthsExpected)
        let report = try Self.report(InputFile.open(path: Samples.nineMonths))
        Self.compare(report, with: expected)
    }

    @Test("The sample that comes with the product gives every expected figure, in the same order")
    func slice() throws {
        let expected = try Self.expected(Samples.sliceExpected)
        let report = try Self.report(RetailSample.open())
        Self.compare(report, with: expected)
    }

    @Test("Parsed and printed again, an expected file is the same byte for byte")
    func printed() throws {
        let source = try FileByteSource(path: Samples.sliceExpected)
        let text = String(decoding: Samples.drain(source).bytes, as: UTF8.self)
        let parsed = try JSONParser.parse(Array(text.utf8))
        #expect(parsed.pretty(indent: 1) + "\n" == text)
    }

    @Test("A report over no rows is all zeros and divides by nothing")
    func empty() {
        let json = OfferedReport().json
        #expect(json["rows"] == .integer(0))
        #expect(json["first_line_at"] == .null)
        #expect(json["average_order_value_gbp"] == .string("0.00"))
        #expect(json["return_rate"]?["by_value"] == .string("0.000000"))
        #expect(json["by_month"] == .object([]))
    }

    @Test("Order of the rows does not matter")
    func order() throws {
        let lines = [
            "1,a,X,3,2011-01-31 10:00:00,0.333,,France", "1,A,X,1,2011-02-01 10:00:00,0,,France",
            "C2,A,X,-2,2011-02-02 10:00:00,0.005,7,Italy", "3,POST,P,1,2011-01-02 10:00:00,1,7,Italy",
        ]
        var forward = OfferedReport()
        var backward = OfferedReport()
        for row in try Samples.rows(lines).rows { forward.add(row) }
        for row in try Samples.rows(lines.reversed()).rows { backward.add(row) }
        #expect(forward.json == backward.json)
        // 0.999 + 1 is rounded once: 2.00; 2 x 0.005 is a whole penny.
        #expect(forward.json["gross_sales_gbp"] == .string("2.00"))
        #expect(forward.json["gross_sales_gbp_exact"] == .string("1.999"))
        #expect(forward.json["cancellations"]?["value_gbp"] == .string("0.01"))
        #expect(forward.json["distinct_stock_codes_as_written"] == .integer(3))
        #expect(forward.json["distinct_stock_codes_folded"] == .integer(2))
    }

    private static func expected(_ path: String) throws -> JSONValue {
        let (bytes, error) = Samples.drain(try FileByteSource(path: path))
        #expect(error == nil)
        let members = try #require(try JSONParser.parse(bytes)["offered"]).members
        let last = try #require(members.firstIndex { $0.name == "by_country" })
        return .object(Array(members[...last]))
    }

    private static func report(_ source: any ByteSource) throws -> JSONValue {
        var reader = try RetailReader(source)
        var report = OfferedReport()
        while let row = reader.next() { report.add(row) }
        #expect(reader.problems.first == [])
        #expect(reader.problems.count == 0)
        return report.json
    }

    private static func compare(_ report: JSONValue, with expected: JSONValue) {
        let found = report.leaves()
        let wanted = expected.leaves()
        #expect(wanted.count > 200)
        for (path, value) in wanted where found[path] != value {
            Issue.record("\(path): expected \(value), found \(String(describing: found[path]))")
        }
        #expect(report == expected, "members are in another order, or there are more of them")
        #expect(report.pretty() == expected.pretty())
    }
}

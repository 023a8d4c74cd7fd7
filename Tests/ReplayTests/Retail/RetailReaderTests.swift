import Replay
import Testing

@Suite("Reading retail books")
struct RetailReaderTests {
    private static let good = "536365,85123a,\"HEART, WHITE\",6,2010-12-01 08:26:00,2.55,17850,United Kingdom"

    @Test("A row gives its values")
    func values() throws {
        let (rows, problems) = try Samples.rows([Self.good])
        let row = try #require(rows.first)
        #expect(problems.count == 0)
        #expect(row.line == 2)
        #expect(row.invoice.text == "536365")
        #expect(row.lineClass == .sale)
        #expect(row.stockCode.written == "85123a")
        #expect(row.stockCode.sku == "85123A")
        #expect(row.description == "HEART, WHITE")
        #expect(row.quantity == 6)
        #expect("\(row.enteredAt)" == "2010-12-01 08:26:00")
        #expect(row.unitPrice.units == 2 && row.unitPrice.nanos == 550_000_000)
        #expect(row.value.exactText == "15.30")
        #expect(row.customer == "17850")
        #expect(row.country == "United Kingdom")
    }

    @Test("Columns may stand in another order, with a byte order mark and CR LF")
    func columnOrder() throws {
        let text =
            "\u{feff}Country,CustomerID,UnitPrice,InvoiceDate,Quantity,Description,StockCode,InvoiceNo\r\n"
            + "France,,0.001,2011-02-28 23:59:59,-7,,POST,C1\r\n"
        let (rows, problems) = try Samples.rows(text: text)
        let row = try #require(rows.first)
        #expect(problems.first == [])
        #expect(row.country == "France")
        #expect(row.customer == nil)
        #expect(row.quantity == -7)
        #expect(row.unitPrice.nanos == 1_000_000)
        #expect(row.lineClass == .cancellation)
        #expect(row.stockCode.isService)
    }

    @Test(
        "A header that is not the layout's is refused with what is wrong and what was expected",
        arguments: [
            ("", "line 1: the file is empty"),
            (
                "a,b\n",
                "line 1: column 1 is \"a\", which is not known; column 2 is \"b\", which is not known; missing: InvoiceNo"
            ),
            (
                "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID\n",
                "line 1: missing: Country;"
            ),
            ("\(Samples.header),Country\n", "line 1: column 9 repeats Country;"),
            ("\(Samples.header),Store\n", "line 1: column 9 is \"Store\", which is not known;"),
            ("invoiceNo\u{7}\n", "line 1: column 1 is \"invoiceNo\\x07\", which is not known"),
            ("\"InvoiceNo\n", "line 1: the quote that opens this field is never closed"),
        ]
    )
    func header(text: String, start: String) {
        let error = #expect(throws: RetailFileError.self) { try Samples.rows(text: text) }
        let message = error?.description ?? ""
        #expect(message.hasPrefix(start), "\(message)")
        #expect(message.hasSuffix("expected a header with the columns \(Samples.header), in any order"))
    }

    @Test(
        "A bad value is reported with line, column and text, and only its row is left out",
        arguments: [
            (
                "X1,A,D,1,2010-12-01 08:26:00,1,1,UK",
                "line 3, column 1 (InvoiceNo): \"X1\" is not 1 to 12 digits, with C or A in front or not"
            ),
            (
                "C,A,D,1,2010-12-01 08:26:00,1,1,UK",
                "line 3, column 1 (InvoiceNo): \"C\" is not 1 to 12 digits, with C or A in front or not"
            ),
            (
                "1, ,D,1,2010-12-01 08:26:00,1,1,UK",
                "line 3, column 2 (StockCode): \" \" is not a code of 1 to 64 bytes of plain text"
            ),
            (
                "1,A\tB,D,1,2010-12-01 08:26:00,1,1,UK",
                "line 3, column 2 (StockCode): \"A\\x09B\" is not a code of 1 to 64 bytes of plain text"
            ),
            ("1,A,D,12a,2010-12-01 08:26:00,1,1,UK", "line 3, column 4 (Quantity): \"12a\" is not a whole number"),
            ("1,A,D,,2010-12-01 08:26:00,1,1,UK", "line 3, column 4 (Quantity): \"\" is not a whole number"),
            ("1,A,D,1.5,2010-12-01 08:26:00,1,1,UK", "line 3, column 4 (Quantity): \"1.5\" is not a whole number"),
            ("1,A,D,+1,2010-12-01 08:26:00,1,1,UK", "line 3, column 4 (Quantity): \"+1\" is not a whole number"),
            (
                "1,A,D,0,2010-12-01 08:26:00,1,1,UK",
                "line 3, column 4 (Quantity): \"0\" is no quantity: a line must move at least one unit"
            ),
            (
                "1,A,D,2147483648,2010-12-01 08:26:00,1,1,UK",
                "line 3, column 4 (Quantity): \"2147483648\" is beyond ±2,147,483,647 units"
            ),
            (
                "1,A,D,1,2010-02-29 08:26:00,1,1,UK",
                "line 3, column 5 (InvoiceDate): \"2010-02-29 08:26:00\" is not a date and time written YYYY-MM-DD HH:MM:SS"
            ),
            (
                "1,A,D,1,01/12/2010 8:26,1,1,UK",
                "line 3, column 5 (InvoiceDate): \"01/12/2010 8:26\" is not a date and time written YYYY-MM-DD HH:MM:SS"
            ),
            (
                "1,A,D,1,2010-12-01 08:26:00,1e3,1,UK",
                "line 3, column 6 (UnitPrice): \"1e3\" is not a decimal number with up to 9 digits before and 9 behind the point"
            ),
            (
                "1,A,D,1,2010-12-01 08:26:00,-1,1,UK",
                "line 3, column 6 (UnitPrice): \"-1\" is negative, which only an adjustment or a cancellation may be"
            ),
            (
                "1,A,D,1,2010-12-01 08:26:00,1,17850.0,UK",
                "line 3, column 7 (CustomerID): \"17850.0\" is neither empty nor 1 to 20 digits"
            ),
            (
                "1,A,D,1,2010-12-01 08:26:00,1,1,",
                "line 3, column 8 (Country): \"\" is not a name of 1 to 64 bytes of plain text"
            ),
            ("1,A,D,1,2010-12-01 08:26:00,1,1", "line 3: 7 fields where the header has 8"),
            ("1,A,D,1,2010-12-01 08:26:00,1,1,UK,x", "line 3: 9 fields where the header has 8"),
            (
                "1,A,\"D\"E,1,2010-12-01 08:26:00,1,1,UK",
                "line 3, column 3 (Description): text behind the quote that closes the field"
            ),
        ]
    )
    func badValue(line: String, problem: String) throws {
        let (rows, problems) = try Samples.rows([Self.good, line, Self.good])
        #expect(rows.map(\.line) == [2, 4])
        #expect(problems.first.map(\.description) == [problem])
        #expect(problems.refusedRows == 1)
    }

    @Test("Every bad field of a row is reported")
    func severalFaults() throws {
        let (rows, problems) = try Samples.rows(["?,A,D,x,yesterday,free,me,UK"])
        #expect(rows == [])
        #expect(
            problems.first.map(\.columnName) == ["InvoiceNo", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID"])
        #expect(problems.count == 5)
        #expect(problems.refusedRows == 1)
    }

    @Test("Text that is not UTF-8 is reported and not repaired")
    func encoding() throws {
        var bytes = Array("\(Samples.header)\n\(Self.good)\n1,A,D".utf8)
        bytes += [0xff] + Array(",1,2010-12-01 08:26:00,1,1,UK\n".utf8)
        var reader = try RetailReader(MemoryByteSource(bytes))
        #expect(reader.next() != nil)
        #expect(reader.next() == nil)
        #expect(reader.problems.first.map(\.description) == ["line 3, column 3 (Description): \"D\\xff\" is not UTF-8"])
    }

    @Test("Problems beyond the bound are counted only")
    func manyProblems() throws {
        let text = ([Samples.header] + (0..<50).map { "\($0)" }).joined(separator: "\n")
        var reader = try RetailReader(MemoryByteSource(Array(text.utf8)), problemsKept: 3)
        #expect(reader.next() == nil)
        #expect(reader.problems.first.map(\.line) == [2, 3, 4])
        #expect(reader.problems.count == 50)
        #expect(reader.problems.refusedRows == 50)
    }

    @Test("A file cut off in the middle gives the rows before the cut, then says so")
    func truncatedFile() throws {
        let file = Samples.drain(try FileByteSource(path: Samples.nineMonths)).bytes
        var reader = try RetailReader(GzipReader(MemoryByteSource(Array(file.prefix(40_000)))))
        var whole = try RetailReader(InputFile.open(path: Samples.nineMonths))
        var count = 0
        while let row = reader.next() {
            count += 1
            #expect(row == whole.next())
        }
        #expect(count > 1_000)
        let last = try #require(reader.problems.first.last)
        #expect(reader.problems.count == 1)
        #expect(reader.problems.inputBrokeOff)
        #expect(reader.problems.refusedRows == 0)
        #expect(last.kind == .inputBrokeOff)
        // Line 1 is the header, so `count` rows end on line `count + 1`.
        #expect(last.line == count + 2)
    }
}

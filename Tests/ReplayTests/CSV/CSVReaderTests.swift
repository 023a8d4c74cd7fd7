import Replay
import Testing

@Suite("Reading CSV")
struct CSVReaderTests {
    private static func read(
        _ text: String,
        limits: CSVLimits = CSVLimits(),
        largestRead: Int = .max
    ) -> (records: [[String]], lines: [Int], problems: [String]) {
        read(MemoryByteSource(Array(text.utf8), largestRead: largestRead), limits: limits)
    }

    private static func read(
        _ source: any ByteSource,
        limits: CSVLimits = CSVLimits()
    ) -> (records: [[String]], lines: [Int], problems: [String]) {
        var reader = CSVReader(source, limits: limits)
        var records: [[String]] = []
        var lines: [Int] = []
        var problems: [String] = []
        while let item = reader.next() {
            switch item {
            case .record(let record):
                records.append((0..<record.count).map { String(decoding: record[$0], as: UTF8.self) })
                lines.append(record.line)
            case .problem(let problem): problems.append("\(problem)")
            }
        }
        return (records, lines, problems)
    }

    @Test(
        "Well-formed text gives its fields",
        arguments: [
            ("a,b\n1,2\n", [["a", "b"], ["1", "2"]]),
            ("a,b\r\n1,2\r\n", [["a", "b"], ["1", "2"]]),
            ("a,b\n1,2", [["a", "b"], ["1", "2"]]),
            ("\u{feff}a,b\n", [["a", "b"]]),
            ("a,\"b, c\"\n", [["a", "b, c"]]),
            ("\"say \"\"so\"\"\",x\n", [["say \"so\"", "x"]]),
            ("\"\"\"\"\n", [["\""]]),
            ("\"\",\n", [["", ""]]),
            ("\"\"\n", [[""]]),
            ("\"two\nlines\",x\r\n\"a\r\nb\",y", [["two\nlines", "x"], ["a\r\nb", "y"]]),
            (",,\n", [["", "", ""]]),
            ("a\n\n\r\nb\n", [["a"], ["b"]]),
            ("ü,£\n", [["ü", "£"]]),
            ("", []),
            ("\u{feff}", []),
        ]
    )
    func wellFormed(text: String, expected: [[String]]) {
        let (records, _, problems) = Self.read(text)
        #expect(records == expected)
        #expect(problems == [])
    }

    @Test("Records carry the physical line they start on")
    func lines() {
        let (records, lines, _) = Self.read("a\n\"b\n\n\"\nc\n\nd\n")
        #expect(records == [["a"], ["b\n\n"], ["c"], ["d"]])
        #expect(lines == [1, 2, 5, 7])
    }

    @Test(
        "A line that is not CSV is reported by place and costs no other line",
        arguments: [
            ("a\n\"b\" x,1\nc\n", [["a"], ["c"]], "line 2, column 1: text behind the quote that closes the field"),
            (
                "a\n1,b\"c\nd\n", [["a"], ["d"]],
                "line 2, column 2: a quote inside a field that does not start with one"
            ),
            ("a\nb\rc\nd\n", [["a"], ["d"]], "line 2, column 1: a carriage return that does not end the line"),
            (
                "a\n1,2,\"b\nc\nd\n", [["a"], ["c"], ["d"]],
                "line 2, column 3: the quote that opens this field is never closed"
            ),
            (
                "a\n1,\"b\nc\n\"d\"\n", [["a"], ["c"], ["d"]],
                "line 2, column 2: text behind the quote that closes the field"
            ),
            ("a\n12345678901\nb\n", [["a"], ["b"]], "line 2, column 1: the field is longer than 10 bytes"),
            ("a\n\"12345678901\nb\n", [["a"], ["b"]], "line 2, column 1: the field is longer than 10 bytes"),
            (
                "a\n\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\nb\n", [["a"], ["b"]],
                "line 2, column 1: the field is longer than 10 bytes"
            ),
            ("a\n1,2,3,4,5\nb\n", [["a"], ["b"]], "line 2, column 5: more than 4 fields"),
            ("a\n1234567890,1234567890,1234567890\nb\n", [["a"], ["b"]], "line 2: the record is longer than 32 bytes"),
        ]
    )
    func malformed(text: String, good: [[String]], problem: String) {
        let limits = CSVLimits(fieldBytes: 10, recordBytes: 32, fields: 4)
        let (records, _, problems) = Self.read(text, limits: limits)
        #expect(records == good)
        #expect(problems == [problem])
    }

    @Test("The further lines of a broken record are looked at by themselves")
    func brokenRecordOfSeveralLines() {
        let (records, lines, problems) = Self.read("a\n\"1\n2\",b\"\n3\n")
        #expect(records == [["a"], ["3"]])
        #expect(lines == [1, 4])
        #expect(
            problems == [
                "line 3, column 2: a quote inside a field that does not start with one",
                "line 3, column 1: a quote inside a field that does not start with one",
            ]
        )
    }

    @Test("A bound lets exactly its length pass")
    func bounds() {
        let limits = CSVLimits(fieldBytes: 3, recordBytes: 8, fields: 2)
        #expect(Self.read("abc,abc\n\"abc\"\n", limits: limits).problems == [])
        #expect(Self.read("abc,abc\n\"abc\"\n", limits: limits).records == [["abc", "abc"], ["abc"]])
        #expect(Self.read("abcd\n", limits: limits).problems == ["line 1, column 1: the field is longer than 3 bytes"])
        #expect(Self.read("\"abc\",abc\n", limits: limits).problems == ["line 1: the record is longer than 8 bytes"])
    }

    @Test("However the bytes arrive, the outcome is the same", arguments: [1, 2, 3, 5, 8])
    func split(largestRead: Int) {
        let text = "\u{feff}a,b\r\n\"x\"\"y\",\"1\n2\"\r\nbad\"x,1\n\nlast,\"open\nnext,1"
        let whole = Self.read(text)
        let pieces = Self.read(text, largestRead: largestRead)
        #expect(whole.records == [["a", "b"], ["x\"y", "1\n2"], ["next", "1"]])
        #expect(whole.problems.count == 2)
        #expect(pieces == whole)
    }

    @Test("A record over the edge of the buffer is read whole, and lines keep their numbers")
    func bufferEdges() {
        let long = String(repeating: "x", count: 4_000)
        let text = (0..<200).map { "\($0),\(long)\n" }.joined()
        let (records, lines, problems) = Self.read(text)
        #expect(records.map(\.first) == (0..<200).map { "\($0)" })
        #expect(records.allSatisfy { $0[1] == long })
        #expect(lines == Array(1...200))
        #expect(problems == [])
    }

    @Test("A line without end is passed over with bounded memory, and the line behind it is read")
    func endlessLine() {
        let text = "a\n" + String(repeating: "y", count: 3_000_000) + "\nb\n"
        let (records, lines, problems) = Self.read(text)
        #expect(records == [["a"], ["b"]])
        #expect(lines == [1, 3])
        #expect(problems == ["line 2: the record is longer than 65536 bytes"])
    }

    @Test("Where the input breaks off, whole lines are delivered and the rest of a line is not")
    func brokenInput() throws {
        let compressed = try GzipWriter.member(Array("a,b\nc,d\ne,f".utf8))
        let reader = try GzipReader(MemoryByteSource(compressed.dropLast(8)))
        let (records, _, problems) = Self.read(reader)
        #expect(records == [["a", "b"], ["c", "d"]])
        #expect(problems == ["line 3: the gzip stream ends too early: the file is cut off"])
    }
}

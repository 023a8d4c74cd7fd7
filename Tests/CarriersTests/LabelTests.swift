import Domain
import Sourcing
import Testing

@testable import Carriers

@Suite("Labels")
struct LabelTests {
    @Test("The symbols of Code 128 are 106 different patterns of 11 modules with an even number of black ones")
    func symbols() {
        #expect(Code128.patterns.count == 106)
        #expect(Set(Code128.patterns).count == 106)
        for pattern in Code128.patterns {
            #expect(pattern.count == 6)
            #expect(pattern.reduce(0, +) == 11)
            #expect((pattern[0] + pattern[2] + pattern[4]).isMultiple(of: 2))
            #expect(pattern.allSatisfy { (1...4).contains($0) })
        }
    }

    @Test(
        "Texts become symbols with a check symbol",
        arguments: [
            // Start B, "P", "J", "J", to C, 12 34, to B, "5"…: sums worked out by hand.
            ("A", [104, 33, (104 + 33) % 103]),
            ("1234", [105, 12, 34, (105 + 12 + 2 * 34) % 103]),
            ("A1234", [104, 33, 99, 12, 34, (104 + 33 + 2 * 99 + 3 * 12 + 4 * 34) % 103]),
            ("12345", [104, 17, 99, 23, 45, (104 + 17 + 2 * 99 + 3 * 23 + 4 * 45) % 103]),
            ("1234A", [105, 12, 34, 100, 33, (105 + 12 + 2 * 34 + 3 * 100 + 4 * 33) % 103]),
        ] as [(String, [Int])])
    func values(_ text: String, _ expected: [Int]) {
        #expect(Code128.values(Array(text.utf8)) == expected)
    }

    @Test("What Code 128 cannot write is refused", arguments: ["", "é", "a\n"])
    func unwritable(_ text: String) {
        #expect(Code128(text) == nil)
    }

    @Test(
        "Every text reads back from its bars", arguments: ["RM123456789012345678 4", "x", "0000", "a12345b", "~ 99999"])
    func readBack(_ text: String) throws {
        let code = try #require(Code128(text))
        #expect(LabelTests.read(code.widths) == text)
    }

    @Test("A label is a well-formed PDF 1.4 document with its texts, and the bars of its number")
    func document() throws {
        let key = EntityID(high: 1, low: 2)
        let page = LabelPage(
            carrier: "Royal", service: "48", tracking: TrackingNumber.make(of: key, carrier: "ROYAL"),
            reference: "F-7/1",
            sender: CarrierParty(name: "Depot (North)", lines: ["1 High\\Low St"], postcode: "M1 1AA", country: "GB"),
            recipient: CarrierParty(
                name: "Zoë Łęcka", lines: ["Straße 5", "", "東京"], postcode: "10115", country: "DE"),
            parcel: CarrierParcel(grams: 1_200, length: 100, width: 200, height: 300), billedGrams: 1_200)
        let bytes = page.document()
        let pdf = try PDFReader(bytes)
        #expect(pdf.texts.contains("Depot (North)"))
        #expect(pdf.texts.contains("1 High\\Low St"))
        #expect(pdf.texts.contains("Zoë Lecka"))
        #expect(pdf.texts.contains("Straße 5"))
        #expect(pdf.texts.contains("??"))
        #expect(pdf.texts.contains(page.tracking))
        #expect(pdf.texts.contains("Reference F-7/1"))
        // The three rules are wide; everything else that is filled are bars.
        let bars = pdf.rectangles.filter { $0.height == 7_200 }
        let narrow = try #require(bars.map(\.width).min())
        var widths: [UInt8] = []
        for (index, bar) in bars.enumerated() {
            if index > 0 {
                widths.append(UInt8((bar.x - bars[index - 1].x - bars[index - 1].width) / narrow))
            }
            widths.append(UInt8(bar.width / narrow))
        }
        #expect(LabelTests.read(widths) == page.tracking)
        let first = try #require(bars.first)
        #expect(first.x >= 10 * narrow)
        #expect(page.document() == bytes)
    }

    /// Reads bars back: an independent decoder, by the patterns and the rules of the code sets.
    private static func read(_ widths: [UInt8]) -> String? {
        guard widths.count >= 6 * 3 + 7, Array(widths.suffix(7)) == [2, 3, 3, 1, 1, 1, 2] else { return nil }
        let symbols = stride(from: 0, to: widths.count - 7, by: 6).map { Array(widths[$0..<($0 + 6)]) }
        var values = symbols.compactMap { Code128.patterns.firstIndex(of: $0) }
        guard values.count == symbols.count, let check = values.popLast() else { return nil }
        guard values.enumerated().reduce(0, { $0 + $1.element * max(1, $1.offset) }) % 103 == check else { return nil }
        var text = ""
        var inC = values.removeFirst() == 105
        for value in values {
            switch value {
            case 99 where !inC: inC = true
            case 100 where inC: inC = false
            case _ where inC: text += (value < 10 ? "0" : "") + String(value)
            default: text.unicodeScalars.append(Unicode.Scalar(UInt8(value + 32)))
            }
        }
        return text
    }
}

/// Reads what a label's document holds, by its cross references.
private struct PDFReader {
    struct Rectangle {
        var x: Int
        var width: Int
        var height: Int
    }

    var texts: [String] = []
    var rectangles: [Rectangle] = []

    struct Malformed: Error {
        var reason: String
    }

    init(_ bytes: [UInt8]) throws {
        func text(_ part: some Sequence<UInt8>) -> String { String(part.map { Character(Unicode.Scalar($0)) }) }
        guard bytes.starts(with: Array("%PDF-1.4\n".utf8)) else { throw Malformed(reason: "no header") }
        let tail = text(bytes.suffix(60)).split(separator: "\n")
        guard tail.last == "%%EOF", let table = Int(tail[tail.count - 2]) else { throw Malformed(reason: "no end") }
        let rows = text(bytes[table...]).split(separator: "\n")
        guard rows[0] == "xref", rows[1] == "0 7", rows[2] == "0000000000 65535 f " else {
            throw Malformed(reason: "no table of cross references")
        }
        var objects: [String] = []
        for number in 1...6 {
            let row = rows[2 + number]
            guard row.utf8.count == 19, row.hasSuffix(" 00000 n "), let place = Int(row.prefix(10)) else {
                throw Malformed(reason: "row \(number)")
            }
            let object = text(bytes[place..<table])
            guard object.hasPrefix("\(number) 0 obj\n"), let end = object.firstRange(of: "\nendobj\n") else {
                throw Malformed(reason: "object \(number)")
            }
            objects.append(String(object[..<end.lowerBound]))
        }
        guard rows.contains("<< /Size 7 /Root 1 0 R >>"), objects[2].contains("/MediaBox [0 0 288 432]") else {
            throw Malformed(reason: "no page")
        }
        let stream = objects[3]
        guard let begin = stream.firstRange(of: "stream\n"), let end = stream.firstRange(of: "endstream") else {
            throw Malformed(reason: "no stream")
        }
        let content = stream[begin.upperBound..<end.lowerBound]
        guard stream.contains("/Length \(content.count) >>") else { throw Malformed(reason: "wrong length") }
        for line in content.split(separator: "\n") {
            if line.hasSuffix(" re f") {
                let parts = line.split(separator: " ").prefix(4).compactMap { Int($0.filter { $0 != "." }) }
                guard parts.count == 4 else { throw Malformed(reason: "\(line)") }
                rectangles.append(Rectangle(x: parts[0], width: parts[2], height: parts[3]))
            } else if line.hasSuffix(") Tj ET"), let start = line.firstIndex(of: "(") {
                var plain = ""
                var escaped = false
                for character in line[line.index(after: start)...].dropLast(7) {
                    if character == "\\" && !escaped {
                        escaped = true
                    } else {
                        plain.append(character)
                        escaped = false
                    }
                }
                texts.append(plain)
            } else {
                throw Malformed(reason: "\(line)")
            }
        }
    }
}

/// One page of a PDF 1.4 document: texts and filled rectangles.
///
/// Lengths are points, 1/72 inch; the origin is the lower left corner. Texts are set in the two standard faces that
/// every reader has, so nothing is embedded.
struct PDFPage {
    private let width: Int
    private let height: Int
    private var content: [UInt8] = []

    init(width: Int, height: Int) {
        self.width = width
        self.height = height
    }

    /// Fills a rectangle with black; lengths in hundredths of a point.
    mutating func fill(x: Int, y: Int, width: Int, height: Int) {
        write("\(PDFPage.decimal(x)) \(PDFPage.decimal(y)) \(PDFPage.decimal(width)) \(PDFPage.decimal(height)) re f\n")
    }

    /// Sets a line of text with its base line at `y`; the place in points.
    mutating func text(_ text: String, x: Int, y: Int, size: Int, bold: Bool = false) {
        write("BT /F\(bold ? 2 : 1) \(size) Tf \(x) \(y) Td (")
        for byte in WinAnsi.bytes(text) {
            if byte == UInt8(ascii: "(") || byte == UInt8(ascii: ")") || byte == UInt8(ascii: "\\") {
                content.append(UInt8(ascii: "\\"))
            }
            content.append(byte)
        }
        write(") Tj ET\n")
    }

    /// The whole document.
    func document() -> [UInt8] {
        var file = Array("%PDF-1.4\n%".utf8) + [0xE2, 0xE3, 0xCF, 0xD3, 0x0A]
        var places: [Int] = []
        func object(_ body: [UInt8]) {
            places.append(file.count)
            file += Array("\(places.count) 0 obj\n".utf8) + body + Array("\nendobj\n".utf8)
        }
        func face(_ name: String) -> [UInt8] {
            Array("<< /Type /Font /Subtype /Type1 /BaseFont /\(name) /Encoding /WinAnsiEncoding >>".utf8)
        }
        object(Array("<< /Type /Catalog /Pages 2 0 R >>".utf8))
        object(Array("<< /Type /Pages /Kids [3 0 R] /Count 1 >>".utf8))
        object(
            Array(
                ("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 \(width) \(height)] "
                    + "/Resources << /Font << /F1 5 0 R /F2 6 0 R >> >> /Contents 4 0 R >>").utf8))
        object(Array("<< /Length \(content.count) >>\nstream\n".utf8) + content + Array("endstream".utf8))
        object(face("Helvetica"))
        object(face("Helvetica-Bold"))
        let table = file.count
        var tail = "xref\n0 \(places.count + 1)\n0000000000 65535 f \n"
        for place in places {
            let digits = String(place)
            tail += String(repeating: "0", count: 10 - digits.utf8.count) + digits + " 00000 n \n"
        }
        tail += "trailer\n<< /Size \(places.count + 1) /Root 1 0 R >>\nstartxref\n\(table)\n%%EOF\n"
        return file + Array(tail.utf8)
    }

    private mutating func write(_ text: String) { content += Array(text.utf8) }

    /// Hundredths as a decimal number.
    private static func decimal(_ hundredths: Int) -> String {
        let part = hundredths % 100
        return "\(hundredths / 100).\(part < 10 ? "0" : "")\(part)"
    }
}

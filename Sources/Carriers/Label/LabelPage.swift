/// A parcel's label: 4 by 6 inches, with both addresses, service, reference, weight and the number as text and bars.
struct LabelPage {
    var carrier: String
    var service: String
    var tracking: String
    var reference: String
    var sender: CarrierParty
    var recipient: CarrierParty
    var parcel: CarrierParcel
    var billedGrams: Int64

    private static let width = 288
    private static let height = 432
    private static let margin = 14
    /// Longest line of an address, in characters: what the page has room for.
    private static let line = 40

    /// The label as a PDF document; the same label has the same bytes.
    func document() -> [UInt8] {
        var page = PDFPage(width: LabelPage.width, height: LabelPage.height)
        let left = LabelPage.margin
        page.text(LabelPage.cut(carrier, 22), x: left, y: 404, size: 16, bold: true)
        page.text(LabelPage.cut(service, 30), x: left, y: 384, size: 13)
        rule(&page, y: 376)
        page.text("From", x: left, y: 364, size: 7, bold: true)
        var y = 354
        for line in LabelPage.lines(sender).prefix(5) {
            page.text(line, x: left, y: y, size: 8)
            y -= 10
        }
        rule(&page, y: 300)
        page.text("To", x: left, y: 286, size: 9, bold: true)
        y = 270
        for (index, line) in LabelPage.lines(recipient).prefix(8).enumerated() {
            page.text(line, x: left, y: y, size: 12, bold: index == 0)
            y -= 15
        }
        rule(&page, y: 146)
        page.text(LabelPage.cut("Reference \(reference)", LabelPage.line), x: left, y: 132, size: 9)
        page.text("Weight \(parcel.grams) g, billed \(billedGrams) g", x: left, y: 120, size: 9)
        bars(&page)
        page.text(tracking, x: left + 20, y: 22, size: 12, bold: true)
        return page.document()
    }

    private func rule(_ page: inout PDFPage, y: Int) {
        page.fill(
            x: LabelPage.margin * 100, y: y * 100, width: (LabelPage.width - 2 * LabelPage.margin) * 100, height: 80)
    }

    /// The number as bars, 72 points high, in the middle; at least ten modules stay free on either side.
    private func bars(_ page: inout PDFPage) {
        guard let code = Code128(tracking) else { return }
        let room = LabelPage.width * 100
        let module = min(200, room / (code.modules + 20))
        var x = (room - module * code.modules) / 2
        for (index, width) in code.widths.enumerated() {
            let wide = module * Int(width)
            if index.isMultiple(of: 2) { page.fill(x: x, y: 38_00, width: wide, height: 72_00) }
            x += wide
        }
    }

    private static func lines(_ party: CarrierParty) -> [String] {
        let place = [party.postcode, party.country].filter { !$0.isEmpty }.joined(separator: "  ")
        return ([party.name] + party.lines + [place]).filter { !$0.isEmpty }.map { cut($0, line) }
    }

    private static func cut(_ text: String, _ count: Int) -> String { String(text.prefix(count)) }
}

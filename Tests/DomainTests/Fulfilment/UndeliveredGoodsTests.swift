import Testing

@testable import Domain

@Suite("Goods that come back undelivered")
struct UndeliveredGoodsTests {
    private static func line(_ number: Int32, _ open: Int64, cell: Int64) -> Fulfilment.Line {
        Fulfilment.Line(
            number: number, sku: "S\(number)", barcode: "", name: "", tracked: true, cell: CellID(cell), quantity: 9,
            open: open)
    }

    /// 3 and 2 units of line 1 of two cells, 4 of line 2, and a line that has none left.
    private static let lines = [line(1, 3, cell: 1), line(1, 2, cell: 2), line(2, 4, cell: 3), line(3, 0, cell: 4)]

    @Test("Every unit has a disposition: that of its part, or that of the rest")
    func spread() throws {
        let goods = UndeliveredGoods(
            location: "", disposition: .restock,
            parts: [
                .init(line: 1, quantity: 1, disposition: .scrap), .init(line: 1, quantity: 2, disposition: .restock),
                .init(line: 1, quantity: 1, disposition: .scrap),
            ])
        #expect(
            try goods.all(of: Self.lines) == [
                .init(line: 1, quantity: 3, disposition: .restock), .init(line: 1, quantity: 2, disposition: .scrap),
                .init(line: 2, quantity: 4, disposition: .restock),
            ])
        let none = UndeliveredGoods(location: "", disposition: .donate, parts: [])
        #expect(try none.all(of: Self.lines).map(\.quantity) == [5, 4])
        #expect(try none.all(of: []).isEmpty)
    }

    @Test("Lines that were not sent, and more units than were, are refused by their place")
    func wrong() {
        let goods = UndeliveredGoods(
            location: "", disposition: .restock,
            parts: [
                .init(line: 3, quantity: 1, disposition: .scrap), .init(line: 1, quantity: 5, disposition: .scrap),
                .init(line: 1, quantity: 1, disposition: .donate), .init(line: 9, quantity: 1, disposition: .scrap),
            ])
        do {
            _ = try goods.all(of: Self.lines)
            Issue.record("it was not refused")
        } catch {
            guard case .invalid(let violations) = error else {
                Issue.record("\(error)")
                return
            }
            #expect(
                violations.map(\.field) == ["lines[0].line_number", "lines[2].quantity", "lines[3].line_number"])
        }
    }
}

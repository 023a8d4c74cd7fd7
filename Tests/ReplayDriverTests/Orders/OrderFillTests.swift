import Replay
import ReplayDriver
import Testing

@Suite("Filling an order")
struct OrderFillTests {
    private let lines: [InvoiceOrder.Line]

    init() throws {
        lines = try Books.order([
            Books.line("536365", "A1", 6), Books.line("536365", "POST", 1, "18.00"), Books.line("536365", "A1", 6),
            Books.line("536365", "B2", 3), Books.line("536365", "A1", 2, "0"),
        ]).lines
    }

    @Test("keeps every line that stock covers, and adds up the goods of one article")
    func keepsAll() {
        let fill = OrderFill(lines, available: ["A1": 14, "B2": 3])
        #expect(fill.kept == [0, 1, 2, 3, 4])
        #expect(fill.demand.map(\.sku) == ["A1", "B2"])
        #expect(fill.demand.map(\.quantity) == [14, 3])
        #expect(OrderFill.demand(of: lines) == fill.demand)
    }

    @Test("drops the lines that are not covered in full, and lets a smaller one behind them have the rest")
    func dropsShortLines() {
        let fill = OrderFill(lines, available: ["A1": 9, "B2": 2])
        #expect(fill.kept == [0, 1, 4])
        #expect(fill.demand.map(\.quantity) == [8])
    }

    @Test("keeps services without any stock, and knows nothing of articles that were not asked for")
    func keepsServices() {
        let fill = OrderFill(lines, available: [:])
        #expect(fill.kept == [1])
        #expect(fill.demand.isEmpty)
    }

    @Test("never keeps more than is available, whatever is there", arguments: 0...16)
    func keepsNoMoreThanThereIs(available: Int64) {
        let fill = OrderFill(lines, available: ["A1": available, "B2": available])
        #expect(fill.demand.allSatisfy { $0.quantity <= available && $0.quantity > 0 })
        let kept = fill.kept.map { lines[$0] }.filter(\.isGoods).reduce(0) { $0 + $1.quantity }
        #expect(kept == fill.demand.reduce(0) { $0 + $1.quantity })
    }
}

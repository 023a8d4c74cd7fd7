import HoldfastAPI
import Replay
import SwiftProtobuf
import Testing

@testable import ReplayDriver

@Suite("The lines of a placed order")
struct PlacedOrderTests {
    private let order: InvoiceOrder

    init() throws {
        order = try Books.order([
            Books.line("536365", "A1", 6), Books.line("536365", "B2", 3), Books.line("536365", "A1", 6),
            Books.line("536365", "A1", 6, "0.99"), Books.line("536365", "POST", 1, "18.00"),
        ])
    }

    private func found(_ positions: [Int], causes: [String] = []) -> Holdfast_V1_Order {
        .with {
            $0.lines = positions.enumerated().map { index, position in
                .with {
                    $0.lineNumber = Int32(index + 1)
                    $0.sku = order.lines[position].sku
                    $0.quantity = order.lines[position].quantity
                    $0.unitPrice.units = order.lines[position].unitPrice.units
                    $0.unitPrice.nanos = order.lines[position].unitPrice.nanos
                }
            }
            $0.events = causes.map { cause in .with { $0.causeID = cause } }
        }
    }

    @Test("are numbered without those that were dropped")
    func numbersKeptLines() {
        let placed = PlacedOrder(kept: [0, 2, 4], of: 5)
        #expect(placed.numbers == [1, nil, 2, nil, 3])
        #expect(placed.number(ofPlanned: 5) == 3)
        #expect(placed.number(ofPlanned: 2) == nil)
        #expect(placed.number(ofPlanned: 6) == nil)
        #expect(!placed.isWhole)
        #expect(placed.isNew)
        #expect(PlacedOrder(kept: [0, 1], of: 2).isWhole)
    }

    @Test("are found again in an order that stands, for everything that a fill may have kept", arguments: 0...24)
    func findsWhatWasKept(available: Int64) throws {
        let fill = OrderFill(order.lines, available: ["A1": available, "B2": available])
        let placed = PlacedOrder(kept: fill.kept, of: order.lines.count)
        let again = try #require(PlacedOrder(found: found(fill.kept, causes: ["x", "y"]), for: order))
        #expect(again.numbers == placed.numbers)
        #expect(again.causes == ["x", "y"])
        #expect(!again.isNew)
    }

    @Test("are not found where the order has another line, or one too many")
    func refusesForeignOrders() {
        var foreign = found([0, 1])
        foreign.lines[1].quantity += 1
        #expect(PlacedOrder(found: foreign, for: order) == nil)
        #expect(PlacedOrder(found: found([0, 1, 2, 2]), for: order) == nil)
    }

    @Test("are cancelled under their own numbers; what was never accepted has nothing to cancel")
    func sortsCancellations() throws {
        let plan = try Books.plan([
            Books.line("536365", "A1", 6), Books.line("536365", "B2", 3), Books.line("536365", "C3", 2),
            Books.line("C536366", "B2", -3, at: "2010-12-01 09:00:00"),
            Books.line("C536366", "C3", -1, at: "2010-12-01 09:00:00"),
        ]).plan
        let cancellations = plan.operations.compactMap { operation in
            if case .cancel(let cancellation) = operation.action { cancellation } else { nil }
        }
        let cancellation = try #require(cancellations.first)
        let fill = CancellationFill(cancellation, of: PlacedOrder(kept: [0, 2], of: 3))
        #expect(fill.accepted == [.init(planned: 3, number: 2, quantity: 1)])
        #expect(fill.neverAccepted.map(\.number) == [2])
        let nothing = CancellationFill(cancellation, of: nil)
        #expect(nothing.accepted.isEmpty)
        #expect(nothing.neverAccepted.count == 2)
    }
}

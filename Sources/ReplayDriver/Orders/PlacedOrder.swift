import HoldfastAPI
import Replay

/// What the service has of an order of the plan: which of its lines, under which numbers.
package struct PlacedOrder: Hashable, Sendable {
    /// For each line of the plan's order its number in the placed one, from 1; nil for a line that was dropped.
    package let numbers: [Int32?]
    /// Ids of the requests in the order's history; empty for an order that has just been placed.
    package let causes: Set<String>
    /// True where this run placed it, false where it stood before.
    package let isNew: Bool
    /// What it comes to, in minor units; may be 0.
    package let totalMinor: Int64

    /// An order that was just placed with these of `count` lines, given by their positions from 0.
    package init(kept: [Int], of count: Int, totalMinor: Int64 = 0) {
        self.totalMinor = totalMinor
        numbers = Self.numbers(kept: kept, of: count)
        causes = []
        isNew = true
    }

    /// An order as it was found; nil where its lines are not a part, in order, of the plan's.
    ///
    /// Each line found is the first one of the plan, after the line before, with the same article, quantity and price. That
    /// is the line it was made of, because of equal lines the first ones are kept.
    init?(found order: Holdfast_V1_Order, for planned: InvoiceOrder) {
        var kept: [Int] = []
        var position = 0
        for line in order.lines {
            while position < planned.lines.count, !Self.isSame(planned.lines[position], line) { position += 1 }
            guard position < planned.lines.count else { return nil }
            kept.append(position)
            position += 1
        }
        numbers = Self.numbers(kept: kept, of: planned.lines.count)
        totalMinor = order.total.amountMinor
        causes = Set(order.events.map(\.causeID))
        isNew = false
    }

    /// True where every line was accepted.
    package var isWhole: Bool { !numbers.contains(nil) }

    /// The number of a line of the plan's order, given by its number there, from 1; nil where it was dropped.
    package func number(ofPlanned number: Int) -> Int32? {
        numbers.indices.contains(number - 1) ? numbers[number - 1] : nil
    }

    private static func numbers(kept: [Int], of count: Int) -> [Int32?] {
        var numbers = [Int32?](repeating: nil, count: count)
        for (index, position) in kept.enumerated() { numbers[position] = Int32(index + 1) }
        return numbers
    }

    private static func isSame(_ planned: InvoiceOrder.Line, _ line: Holdfast_V1_OrderLine) -> Bool {
        planned.sku == line.sku && planned.quantity == line.quantity
            && planned.unitPrice.units == line.unitPrice.units && planned.unitPrice.nanos == line.unitPrice.nanos
    }
}

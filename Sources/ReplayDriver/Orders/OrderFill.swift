package import Replay

/// Which lines of an order can be served.
///
/// Lines are looked at in their order. A line of goods is kept where what is left of its article covers it in full, and
/// dropped otherwise; services are always kept. So of equal lines the first ones are kept.
package struct OrderFill: Hashable, Sendable {
    /// Positions of the lines kept, from 0, ascending.
    package let kept: [Int]
    /// Units of each article kept, in the order of their first kept lines.
    package let demand: [Demand]

    /// Units of one article.
    package struct Demand: Hashable, Sendable {
        /// The article.
        package let sku: String
        /// Units, at least 1.
        package var quantity: Int64
    }

    /// Chooses among the lines; an article that is not in `available` has nothing.
    package init(_ lines: [InvoiceOrder.Line], available: [String: Int64]) {
        var left = available
        var kept: [Int] = []
        var demand: [Demand] = []
        var positions: [String: Int] = [:]
        for (position, line) in lines.enumerated() {
            guard line.isGoods else {
                kept.append(position)
                continue
            }
            guard let rest = left[line.sku], rest >= line.quantity else { continue }
            left[line.sku] = rest - line.quantity
            kept.append(position)
            if let index = positions[line.sku] {
                demand[index].quantity += line.quantity
            } else {
                positions[line.sku] = demand.count
                demand.append(Demand(sku: line.sku, quantity: line.quantity))
            }
        }
        self.kept = kept
        self.demand = demand
    }

    /// Units of each article that all lines together ask for, in the order of their first lines.
    package static func demand(of lines: [InvoiceOrder.Line]) -> [Demand] {
        var wanted: [String: Int64] = [:]
        for line in lines where line.isGoods { wanted[line.sku, default: 0] += line.quantity }
        return OrderFill(lines, available: wanted).demand
    }
}

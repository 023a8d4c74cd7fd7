/// The units of placed orders that a later cancellation may still find.
///
/// A cancellation does not name its order. It is matched with sale lines of the same article and customer that were
/// placed before it, the **latest first**: a customer who returns something has most likely just bought it. A line takes
/// as many units as it has left, and the rest goes on to the line before it. Free units are not looked at, and lines
/// without a customer match nothing. Prices need not agree: the books credit at list price what was sold at a discount.
///
/// Memory grows with the open sale lines that have a customer.
struct OpenSales {
    /// Units found on one line of one order.
    struct Match: Hashable {
        let order: Int
        let line: Int
        let quantity: Int64
    }

    private struct Key: Hashable {
        let customer: String
        let sku: String
    }

    /// Open units of one line, with the index of the operation that places the order.
    private struct OpenLine {
        let order: Int
        let line: Int
        var quantity: Int64
    }

    private var open: [Key: [OpenLine]] = [:]

    /// Units not cancelled so far, of orders with a customer.
    private(set) var units: Int64 = 0

    mutating func place(order: Int, line: Int, customer: String, sku: String, quantity: Int64) {
        open[Key(customer: customer, sku: sku), default: []].append(
            OpenLine(order: order, line: line, quantity: quantity)
        )
        units += quantity
    }

    /// Takes up to `quantity` units, latest sale first; finds nothing without a customer.
    mutating func cancel(customer: String?, sku: String, quantity: Int64) -> [Match] {
        guard let customer else { return [] }
        let key = Key(customer: customer, sku: sku)
        guard var lines = open[key] else { return [] }
        var matches: [Match] = []
        var wanted = quantity
        while wanted > 0, let last = lines.last {
            let taken = min(wanted, last.quantity)
            matches.append(Match(order: last.order, line: last.line, quantity: taken))
            wanted -= taken
            if taken == last.quantity {
                lines.removeLast()
            } else {
                lines[lines.count - 1].quantity -= taken
            }
        }
        open[key] = lines.isEmpty ? nil : lines
        units -= quantity - wanted
        return matches
    }
}

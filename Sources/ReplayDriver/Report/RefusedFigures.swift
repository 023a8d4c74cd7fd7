public import Replay

/// What was refused, for one reason.
public struct RefusedFigures: Hashable, Sendable {
    /// Orders of which nothing was accepted.
    public internal(set) var orders = 0
    /// Lines of orders, cancellations or corrections, those of whole orders included.
    public internal(set) var lines = 0
    /// Units of those lines, counted positive.
    public internal(set) var units: Int64 = 0
    /// Exact value of those lines; corrections have none.
    public internal(set) var value = ExactAmount.zero

    mutating func add(units: Int64, value: ExactAmount = .zero) {
        lines += 1
        self.units += units
        self.value += value
    }

    var json: JSONValue {
        .object([
            .init("orders", .count(orders)),
            .init("lines", .count(lines)),
            .init("units", .integer(units)),
            .init("value_gbp", .string(value.rounded(toDecimals: 2))),
        ])
    }
}

import ArgumentParser
import HoldfastAPI

/// A line of an order as written on the command line: `SKU[@LOCATION]=QUANTITYxPRICE`.
struct OrderLineArgument: Hashable, Sendable, ExpressibleByArgument {
    /// The article.
    var sku: String
    /// The location; empty takes from any.
    var location: String
    /// Units.
    var quantity: Int64
    /// Whole units of the currency for one.
    var priceUnits: Int64
    /// Billionths of a unit.
    var priceNanos: Int32

    /// Reads `SKU[@LOCATION]=QUANTITYxPRICE`.
    init?(argument: String) {
        guard let cross = argument.lastIndex(of: "x"),
            let line = StockLine(argument: String(argument[..<cross])),
            let price = DecimalPrice(argument: String(argument[argument.index(after: cross)...]))
        else { return nil }
        (sku, location, quantity) = (line.sku, line.location, line.number)
        (priceUnits, priceNanos) = (price.units, price.nanos)
    }
}

/// A price for one unit: `4.95`, with up to nine decimals.
struct DecimalPrice: Hashable, Sendable {
    /// Whole units of the currency.
    var units: Int64
    /// Billionths of a unit.
    var nanos: Int32

    /// Reads a decimal number without a sign.
    init?(argument: String) {
        let parts = argument.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard let whole = parts.first, !whole.isEmpty, whole.allSatisfy({ $0.isASCII && $0.isNumber }),
            let units = Int64(whole)
        else { return nil }
        self.units = units
        nanos = 0
        guard parts.count == 2 else { return }
        let decimals = parts[1]
        guard (1...9).contains(decimals.count), decimals.allSatisfy({ $0.isASCII && $0.isNumber }),
            let nanos = Int32(decimals + String(repeating: "0", count: 9 - decimals.count))
        else { return nil }
        self.nanos = nanos
    }
}

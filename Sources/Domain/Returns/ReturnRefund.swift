/// What units that come back are worth: their part of what was earned with their line and is not due back yet.
public struct ReturnableUnits: Hashable, Sendable {
    /// What was earned with the units, in minor units, at least 0.
    public private(set) var value: Int64
    /// Units that were earned with and did not come back.
    public private(set) var units: Int64

    /// Makes the figures of a line.
    ///
    /// - Precondition: neither is negative.
    public init(value: Int64, units: Int64) {
        precondition(value >= 0 && units >= 0, "what is left of a line is not negative")
        self.value = value
        self.units = units
    }

    /// Takes units back.
    ///
    /// Each part is taken from what is left, so that all units together are worth exactly what was earned, whatever the
    /// parts: the last one takes the residue. Never less than 0, never more than what is left.
    ///
    /// - Parameter quantity: how many, at most those that are left.
    /// - Returns: their value in minor units.
    public mutating func take(_ quantity: Int64) -> Int64 {
        precondition(quantity >= 0 && quantity <= units, "no more units come back than are left")
        guard quantity > 0 else { return 0 }
        let part = Rounding.share(of: value, from: 0, to: quantity, count: units)
        value -= part
        units -= quantity
        return part
    }
}

/// What is refunded of a whole return: the value of its units by what becomes of them, less the fee in percent, less what is
/// kept once, which is never more than that.
///
/// Exact until it is rounded, which is the sum over all lines: it does not depend on the order, or on the sizes, of the parts.
/// Each part gets what the rounded sum grows by with it.
public struct ReturnRefund: Hashable, Sendable {
    /// What is kept once: the fixed fee, and what a label costs; minor units.
    public let fee: Int64
    /// What is refunded before that is kept, in minor units.
    public private(set) var gross: Int64 = 0
    /// The same, exactly: in minor units times basis points times basis points.
    private var exact: Int128 = 0

    /// Makes it of a fixed fee.
    public init(fee: Int64) {
        self.fee = fee
    }

    /// What is refunded, in minor units.
    public var amount: Int64 { max(0, gross - fee) }

    /// Adds units.
    ///
    /// - Parameters:
    ///   - value: what they are worth, in minor units, at least 0.
    ///   - disposition: what becomes of them.
    ///   - terms: as granted.
    /// - Returns: what more is refunded of the return, in minor units; 0 to `value`.
    public mutating func add(value: Int64, disposition: Disposition, terms: ReturnTerms) -> Int64 {
        let before = amount
        let whole = Int128(ReturnTerms.whole)
        exact += Int128(value) * Int128(terms.share(of: disposition)) * (whole - Int128(terms.feeBasisPoints))
        // Halves go to the customer. So rounded, no part is refunded above its value, as it could be by halves to even.
        gross = Int64((2 * exact + whole * whole) / (2 * whole * whole))
        return amount - before
    }
}

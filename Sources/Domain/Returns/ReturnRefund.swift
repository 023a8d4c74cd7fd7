/// What units that come back are worth: their part of what was earned with their line.
public struct ReturnedUnits: Hashable, Sendable {
    /// What was earned with the line so far, in minor units.
    public var earned: Int64
    /// Units that it was earned with.
    public var units: Int64
    /// Units of them that came back, or were paid back, before.
    public var back: Int64
    /// What was due back for those, in minor units.
    public var due: Int64

    /// Makes the figures of a line.
    ///
    /// - Precondition: `0 <= back <= units`.
    public init(earned: Int64, units: Int64, back: Int64, due: Int64) {
        precondition(0 <= back && back <= units, "no more units come back than were earned with")
        self.earned = earned
        self.units = units
        self.back = back
        self.due = due
    }

    /// Takes the next units back.
    ///
    /// Parts are differences of rounded running totals, so that all units together are worth exactly what was earned,
    /// whatever the parts: the last one takes the residue. Never less than 0, never more than what is left of it.
    ///
    /// - Parameter quantity: how many, at most those that are left.
    /// - Returns: their value in minor units.
    public mutating func take(_ quantity: Int64) -> Int64 {
        precondition(quantity >= 0 && quantity <= units - back, "no more units come back than are left")
        guard quantity > 0 else { return 0 }
        let total = Rounding.share(of: earned, from: 0, to: back + quantity, count: units)
        let value = min(max(0, total - due), max(0, earned - due))
        back += quantity
        due += value
        return value
    }
}

/// What is refunded of one line of a return: the value of its units by what becomes of them, less the fee in percent.
///
/// Exact until it is rounded: the sum does not depend on the order, or on the sizes, of the parts.
public struct ReturnLineRefund: Hashable, Sendable {
    /// The terms that were granted.
    public var terms: ReturnTerms
    /// Values times shares, in minor units times basis points.
    private var weighted: Int128 = 0
    /// What is refunded of the parts so far, in minor units.
    public private(set) var refund: Int64 = 0

    /// Makes it of the terms that were granted.
    public init(terms: ReturnTerms) {
        self.terms = terms
    }

    /// Adds units.
    ///
    /// - Parameters:
    ///   - value: what they are worth, in minor units, at least 0.
    ///   - disposition: what becomes of them.
    /// - Returns: what more is refunded, in minor units; at least 0.
    public mutating func add(value: Int64, disposition: Disposition) -> Int64 {
        let whole = Int128(ReturnTerms.whole)
        weighted += Int128(value) * Int128(terms.share(of: disposition))
        let total = Int64(
            Rounding.halfEven(weighted * (whole - Int128(terms.feeBasisPoints)), dividedBy: whole * whole))
        defer { refund = total }
        return total - refund
    }
}

/// What is refunded of a whole return: that of its lines less a fixed fee, which is never more than they are worth.
public struct ReturnRefund: Hashable, Sendable {
    /// The fixed fee, in minor units.
    public let fee: Int64
    /// What its lines refund so far, in minor units.
    public private(set) var lines: Int64 = 0

    /// Makes it of a fixed fee.
    public init(fee: Int64) {
        self.fee = fee
    }

    /// What is refunded, in minor units.
    public var amount: Int64 { max(0, lines - fee) }

    /// Adds what a line refunds.
    ///
    /// - Returns: what more is refunded of the return, in minor units; at least 0.
    public mutating func add(_ refund: Int64) -> Int64 {
        let before = amount
        lines += refund
        return amount - before
    }
}

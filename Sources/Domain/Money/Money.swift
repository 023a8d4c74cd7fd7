/// An exact amount in minor units of one currency.
public struct Money: Hashable, Sendable {
    /// The currency.
    public var currency: Currency
    /// Whole minor units: pence, yen, fils.
    public var minorUnits: Int64

    /// Makes an amount of minor units.
    public init(_ minorUnits: Int64, _ currency: Currency) {
        self.currency = currency
        self.minorUnits = minorUnits
    }
}

/// A price for one unit, in billionths of the currency's unit, so finer than minor units can be.
public struct UnitPrice: Hashable, Sendable {
    /// Whole units of the currency.
    public var units: Int64
    /// Billionths of a unit, of the same sign as `units`, magnitude below 1,000,000,000.
    public var nanos: Int32

    /// Largest whole part a price may have; keeps every line amount within 64 bits for the quantities allowed.
    public static let unitsBound: Int64 = 1_000_000_000_000

    /// Makes a price, or nil where the parts have different signs or are out of bounds.
    public init?(units: Int64, nanos: Int32) {
        guard nanos > -1_000_000_000, nanos < 1_000_000_000 else { return nil }
        guard units.magnitude <= UInt64(UnitPrice.unitsBound) else { return nil }
        if units > 0 && nanos < 0 || units < 0 && nanos > 0 { return nil }
        self.units = units
        self.nanos = nanos
    }

    /// True for a price below zero.
    public var isNegative: Bool { units < 0 || nanos < 0 }

    /// The amount of a line: `quantity x price` in minor units, rounded once, half to even.
    ///
    /// Returns nil where the result does not fit 64 bits.
    public func amount(quantity: Int64, currency: Currency) -> Money? {
        let nanoUnits = Int128(units) * 1_000_000_000 + Int128(nanos)
        let (total, overflow) = nanoUnits.multipliedReportingOverflow(by: Int128(quantity))
        if overflow { return nil }
        var divisor: Int128 = 1_000_000_000
        for _ in 0..<currency.decimals { divisor /= 10 }
        guard let minor = Int64(exactly: Rounding.halfEven(total, dividedBy: divisor)) else { return nil }
        return Money(minor, currency)
    }
}

/// Rounding rules for exact quotients.
public enum Rounding {
    /// The quotient rounded to the nearest whole number, ties to the even one; symmetric around zero.
    public static func halfEven(_ dividend: Int128, dividedBy divisor: Int128) -> Int128 {
        precondition(divisor > 0, "a rounding divisor is positive")
        let (quotient, remainder) = dividend.quotientAndRemainder(dividingBy: divisor)
        let twice = remainder.magnitude * 2
        let away = twice > divisor.magnitude || (twice == divisor.magnitude && quotient % 2 != 0)
        guard away else { return quotient }
        return dividend < 0 ? quotient - 1 : quotient + 1
    }

    /// The part of `whole` that belongs to the units from `start` up to `end` of `count` units.
    ///
    /// Parts of adjoining ranges add up to the whole exactly: each is a difference of rounded running totals.
    public static func share(of whole: Int64, from start: Int64, to end: Int64, count: Int64) -> Int64 {
        precondition(count > 0 && 0 <= start && start <= end && end <= count, "a share lies within its whole")
        let upper = halfEven(Int128(whole) * Int128(end), dividedBy: Int128(count))
        let lower = halfEven(Int128(whole) * Int128(start), dividedBy: Int128(count))
        return Int64(upper - lower)
    }
}

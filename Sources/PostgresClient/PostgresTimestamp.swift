/// Microseconds since 1970, as callers count, and since 2000, as the wire does.
enum PostgresTimestamp {
    private static let epochOffset: Int64 = 946_684_800_000_000

    /// Nil when the instant cannot be expressed; the extremes stand for the infinities on both sides.
    static func toWire(_ microsecondsSinceEpoch: Int64) -> Int64? {
        if microsecondsSinceEpoch == .max || microsecondsSinceEpoch == .min { return microsecondsSinceEpoch }
        let (value, overflows) = microsecondsSinceEpoch.subtractingReportingOverflow(self.epochOffset)
        return overflows || value == .min ? nil : value
    }

    /// Nil when the instant cannot be expressed.
    static func fromWire(_ wire: Int64) -> Int64? {
        if wire == .max || wire == .min { return wire }
        let (value, overflows) = wire.addingReportingOverflow(self.epochOffset)
        return overflows || value == .max ? nil : value
    }
}

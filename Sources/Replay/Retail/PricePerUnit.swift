/// The exact price of one unit, with up to nine decimals; may be negative.
public struct PricePerUnit: Hashable, Sendable, CustomStringConvertible {
    /// The price in billionths of the currency's unit; less than 10^18 either way.
    public let billionths: Int64
    /// How many decimals the price was written with, 0 to 9.
    public let decimals: Int

    /// Reads digits with an optional minus sign and an optional point followed by digits; nil for anything else.
    ///
    /// At most nine digits may stand before the point and nine behind it.
    public init?(text: ArraySlice<UInt8>) {
        let isNegative = text.first == UInt8(ascii: "-")
        let magnitude = isNegative ? text.dropFirst() : text
        let parts = magnitude.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count <= 2, parts.allSatisfy({ (1...9).contains($0.count) }) else { return nil }
        let fraction = parts.count == 2 ? Array(parts[1]) : []
        var value: Int64 = 0
        for digit in parts[0] + fraction + [UInt8](repeating: UInt8(ascii: "0"), count: 9 - fraction.count) {
            guard digit >= UInt8(ascii: "0"), digit <= UInt8(ascii: "9") else { return nil }
            value = value * 10 + Int64(digit - UInt8(ascii: "0"))
        }
        billionths = isNegative ? -value : value
        decimals = fraction.count
    }

    /// Whole units of the currency; the sign is the price's.
    public var units: Int64 { billionths / 1_000_000_000 }
    /// Billionths of a unit beyond the whole ones, -999,999,999 to 999,999,999; the sign is the price's.
    public var nanos: Int32 { Int32(billionths % 1_000_000_000) }

    /// The value of `quantity` units.
    public func times(_ quantity: Int64) -> ExactAmount {
        ExactAmount(billionths: Int128(billionths) * Int128(quantity), decimals: decimals)
    }

    /// The price with the decimals it was written with.
    public var description: String { times(1).exactText }
}

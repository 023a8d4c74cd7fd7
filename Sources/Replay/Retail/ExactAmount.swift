/// An exact sum of money in one currency, never rounded until it is printed.
public struct ExactAmount: Hashable, Comparable, Sendable {
    /// The amount in billionths of the currency's unit.
    public private(set) var billionths: Int128
    /// The most decimals that any summand was written with, 0 to 9.
    public private(set) var decimals: Int

    /// Nothing.
    public static let zero = ExactAmount(billionths: 0, decimals: 0)

    /// An amount in hundredths of the currency's unit.
    public static func hundredths(_ count: Int64) -> ExactAmount {
        ExactAmount(billionths: Int128(count) * 10_000_000, decimals: 2)
    }

    init(billionths: Int128, decimals: Int) {
        self.billionths = billionths
        self.decimals = decimals
    }

    /// The sum, with the decimals of the finer summand.
    public static func + (left: ExactAmount, right: ExactAmount) -> ExactAmount {
        ExactAmount(billionths: left.billionths + right.billionths, decimals: max(left.decimals, right.decimals))
    }

    /// The difference, with the decimals of the finer amount.
    public static func - (left: ExactAmount, right: ExactAmount) -> ExactAmount {
        left + (-right)
    }

    /// The same amount with the other sign.
    public static prefix func - (amount: ExactAmount) -> ExactAmount {
        ExactAmount(billionths: -amount.billionths, decimals: amount.decimals)
    }

    /// Adds an amount.
    public static func += (left: inout ExactAmount, right: ExactAmount) {
        left = left + right
    }

    /// Orders by value.
    public static func < (left: ExactAmount, right: ExactAmount) -> Bool { left.billionths < right.billionths }

    /// The amount with the decimals of its finest summand, which shows it in full.
    public var exactText: String { rounded(toDecimals: decimals) }

    /// The amount rounded half away from zero.
    public func rounded(toDecimals decimals: Int) -> String {
        RoundedQuotient.text(billionths, dividedBy: 1_000_000_000, decimals: decimals)
    }

    /// The amount shared by `count`, rounded half away from zero; zero where `count` is.
    public func average(over count: Int, decimals: Int) -> String {
        RoundedQuotient.text(billionths, dividedBy: 1_000_000_000 * Int128(count), decimals: decimals)
    }

    /// This amount as a share of `whole`, rounded half away from zero; zero where `whole` is.
    public func ratio(to whole: ExactAmount, decimals: Int) -> String {
        RoundedQuotient.text(billionths, dividedBy: whole.billionths, decimals: decimals)
    }
}

import ArgumentParser
import Domain
import HoldfastAPI
import SwiftProtobuf

/// An amount as written on the command line: `12.50GBP`, `1250JPY`, with a minus where that is allowed.
struct AmountArgument: Hashable, Sendable, ExpressibleByArgument {
    /// The amount as it is sent.
    var proto: Holdfast_V1_Money

    /// Reads digits, at most as many decimals as the currency has, and the currency's code.
    init?(argument: String) {
        guard argument.utf8.count > 3, let currency = Currency(code: String(argument.suffix(3))) else { return nil }
        var digits = argument.dropLast(3)
        if digits.last == " " { digits.removeLast() }
        let isNegative = digits.first == "-"
        if isNegative { digits.removeFirst() }
        let parts = digits.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        let decimals = parts.count == 2 ? parts[1] : ""
        guard let whole = parts.first, !whole.isEmpty, parts.count == 1 || !decimals.isEmpty,
            decimals.count <= currency.decimals, (whole + decimals).allSatisfy({ $0.isASCII && $0.isNumber }),
            let minor = Int64(whole + decimals + String(repeating: "0", count: currency.decimals - decimals.count))
        else { return nil }
        proto = .with {
            $0.currencyCode = currency.code
            $0.amountMinor = isNegative ? -minor : minor
        }
    }
}

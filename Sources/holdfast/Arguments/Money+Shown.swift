import Domain
import HoldfastAPI

extension Holdfast_V1_Money {
    /// The amount for people, with the currency's decimals: `12.50 GBP`.
    var shown: String {
        guard let currency = Currency(code: currencyCode) else { return "\(amountMinor) \(currencyCode)" }
        return "\(decimal(amountMinor, places: currency.decimals)) \(currencyCode)"
    }
}

extension Holdfast_V1_UnitPrice {
    /// The price for people, without needless zeros: `0.001 GBP`.
    var shown: String {
        var fraction = "\(nanos.magnitude)"
        fraction = String(repeating: "0", count: 9 - fraction.count) + fraction
        while fraction.count > 2 && fraction.hasSuffix("0") { fraction.removeLast() }
        let sign = units < 0 || nanos < 0 ? "-" : ""
        return "\(sign)\(units.magnitude).\(fraction) \(currencyCode)"
    }
}

private func decimal(_ minor: Int64, places: Int) -> String {
    let digits = "\(minor.magnitude)"
    let padded = String(repeating: "0", count: max(0, places + 1 - digits.count)) + digits
    let whole = padded.dropLast(places)
    let sign = minor < 0 ? "-" : ""
    return places == 0 ? "\(sign)\(whole)" : "\(sign)\(whole).\(padded.suffix(places))"
}

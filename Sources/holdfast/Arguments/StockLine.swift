import ArgumentParser

/// An article, perhaps a location and a number, as written on the command line: `SKU[@LOCATION]=NUMBER`.
///
/// The number stands behind the last `=` and the location behind the last `@` before it, so a sku may hold both
/// characters; a sku with an `@` and no location is written with an empty one, `A@B@=3`.
struct StockLine: Hashable, Sendable, ExpressibleByArgument {
    /// The article.
    var sku: String
    /// The location; empty where none is written.
    var location: String
    /// The number behind `=`.
    var number: Int64

    /// Reads `SKU[@LOCATION]=NUMBER`; the number may have a sign.
    init?(argument: String) {
        guard let equals = argument.lastIndex(of: "="), let number = Int64(argument[argument.index(after: equals)...])
        else { return nil }
        let article = Article(argument: String(argument[..<equals]))
        guard let article else { return nil }
        sku = article.sku
        location = article.location
        self.number = number
    }
}

/// An article and perhaps a location: `SKU[@LOCATION]`.
struct Article: Hashable, Sendable, ExpressibleByArgument {
    /// The article.
    var sku: String
    /// The location; empty where none is written.
    var location: String

    /// Reads `SKU[@LOCATION]`.
    init?(argument: String) {
        if let at = argument.lastIndex(of: "@") {
            sku = String(argument[..<at])
            location = String(argument[argument.index(after: at)...])
        } else {
            sku = argument
            location = ""
        }
        if sku.isEmpty { return nil }
    }
}

/// A question about availability: `SKU[@LOCATION][=QUANTITY]`.
struct AvailabilityQuestion: Hashable, Sendable, ExpressibleByArgument {
    /// The article.
    var sku: String
    /// The location; empty asks for the sum.
    var location: String
    /// Units wanted; 0 only asks for the figure.
    var quantity: Int64

    /// Reads `SKU[@LOCATION][=QUANTITY]`.
    init?(argument: String) {
        if let line = StockLine(argument: argument) {
            (sku, location, quantity) = (line.sku, line.location, line.number)
        } else if let article = Article(argument: argument) {
            (sku, location, quantity) = (article.sku, article.location, 0)
        } else {
            return nil
        }
    }
}

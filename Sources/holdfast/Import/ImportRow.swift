/// One good row of an import file.
enum ImportRow: Hashable, Sendable {
    /// A product.
    case product(ProductRow)
    /// Stock to add.
    case stock(StockRow)
}

/// A row of a product file.
struct ProductRow: Hashable, Sendable {
    /// Physical line of the file, from 1.
    var line: Int
    /// Stock keeping unit.
    var sku: String
    /// Name shown to people.
    var name: String
    /// Code that a scanner reads; may be empty.
    var barcode: String
    /// Whether stock is counted.
    var tracked: Bool
}

/// A row of a stock file.
struct StockRow: Hashable, Sendable {
    /// Physical line of the file, from 1.
    var line: Int
    /// The article.
    var sku: String
    /// The location.
    var location: String
    /// Units, at least 1.
    var quantity: Int64
}

/// Something in the file that was not imported, and where it stands.
struct ImportProblem: Hashable, Sendable, CustomStringConvertible {
    /// Physical line of the file, from 1.
    var line: Int
    /// Name of the column; nil where the problem belongs to the whole line.
    var column: String?
    /// Position of the column, from 1.
    var position: Int?
    /// The reason, for people.
    var reason: String

    /// Place and reason in one line.
    var description: String {
        guard let column else { return "line \(line): \(reason)" }
        guard let position else { return "line \(line), \(column): \(reason)" }
        return "line \(line), column \(position) (\(column)): \(reason)"
    }
}

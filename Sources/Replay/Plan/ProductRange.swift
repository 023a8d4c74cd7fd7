/// The articles and services that a plan's operations name.
public struct ProductRange: Sendable {
    /// An article or service.
    public struct Product: Hashable, Sendable {
        /// Its SKU.
        public let sku: String
        /// The first text, not blank, that a sale of it carries, at most 256 bytes; the SKU where there is none.
        public let name: String
        /// True for goods, false for services, which have no stock.
        public let isGoods: Bool
    }

    private var isGoods: [String: Bool] = [:]
    private var names: [String: String] = [:]

    /// A range without products.
    public init() {}

    /// Adds the product of a row; rows come in the order of the file.
    public mutating func add(_ row: RetailRow) {
        let sku = row.stockCode.sku
        isGoods[sku] = !row.stockCode.isService
        guard row.lineClass == .sale, names[sku] == nil else { return }
        let name = ASCIIText.prefix(of: ASCIIText.trimmed(row.description), bytes: 256)
        if !name.isEmpty { names[sku] = name }
    }

    /// Every product once, by SKU in ascending byte order.
    public var products: [Product] {
        isGoods.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
            .map { Product(sku: $0.key, name: names[$0.key] ?? $0.key, isGoods: $0.value) }
    }
}

/// Goods that come into stock.
public struct GoodsReceipt: Hashable, Sendable {
    /// Where the goods come from.
    public enum Origin: Hashable, Sendable {
        /// What the shop has before the first order.
        case openingStock
        /// The supplier's delivery at the start of a week.
        case weeklyDelivery
        /// A customer's return, by a C invoice, that no order of the books explains.
        case customerReturn
    }

    /// The units of one article.
    public struct Line: Hashable, Sendable {
        /// The article.
        public let sku: String
        /// Units, at least 1.
        public let quantity: Int64
    }

    /// Most lines of one receipt; longer ones are cut into several.
    public static let mostLines = 1_000

    /// The movement's id, derived from the reference.
    public let id: ReplayID
    /// Where the goods come from.
    public let origin: Origin
    /// `opening/1`, `delivery/2010-12-06/1` (the number counts the parts) or the number of the C invoice.
    public let reference: String
    /// 1 to 1,000 lines.
    public let lines: [Line]

    init(_ origin: Origin, reference: String, lines: [Line]) {
        id = ReplayID(.receipt, reference)
        self.origin = origin
        self.reference = reference
        self.lines = lines
    }
}

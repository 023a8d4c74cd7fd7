/// An invoice of the books as one order.
public struct InvoiceOrder: Hashable, Sendable {
    /// One line of the order; its number is its position, from 1.
    public struct Line: Hashable, Sendable {
        /// The article or service.
        public let sku: String
        /// The text of the line as the books have it, without blanks around it, at most 256 bytes; may be empty.
        public let description: String
        /// Units, at least 1.
        public let quantity: Int64
        /// Price of one unit in pounds, at least 0.
        public let unitPrice: PricePerUnit
        /// False for services, which take no stock.
        public let isGoods: Bool

        init(_ row: RetailRow) {
            sku = row.stockCode.sku
            description = ASCIIText.prefix(of: ASCIIText.trimmed(row.description), bytes: 256)
            quantity = Int64(row.quantity)
            unitPrice = row.unitPrice
            isGoods = !row.stockCode.isService
        }
    }

    /// Most lines of one order; the longest invoice of the data set has 705.
    public static let mostLines = 1_000

    /// The order's id, derived from the invoice number.
    public let id: ReplayID
    /// The invoice number, which is the channel's own number of the order.
    public let invoice: String
    /// The customer; nil where the books name none.
    public let customer: String?
    /// The customer's country.
    public let country: String
    /// When the first line was entered.
    public let placedAt: WallClock
    /// 1 to 1,000 lines in the order of the books; repeated lines of one article stay apart.
    public let lines: [Line]

    init(first: RetailRow, lines: [Line]) {
        id = ReplayID(.order, first.invoice.text)
        invoice = first.invoice.text
        customer = first.customer
        country = first.country
        placedAt = first.enteredAt
        self.lines = lines
    }
}

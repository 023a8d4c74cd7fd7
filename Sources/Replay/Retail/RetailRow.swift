/// One line of the Online Retail books, checked.
public struct RetailRow: Hashable, Sendable {
    /// Physical line of the file on which the row starts, from 1.
    public let line: Int
    /// The invoice it belongs to.
    public let invoice: InvoiceNumber
    /// What it is about.
    public let lineClass: LineClass
    /// The article or service.
    public let stockCode: StockCode
    /// Name of the article, or a clerk's remark on a stock correction; as written, may be empty.
    public let description: String
    /// Units, not 0; negative where goods come back or are written off.
    public let quantity: Int32
    /// When the line was entered.
    public let enteredAt: WallClock
    /// Price of one unit in pounds.
    public let unitPrice: PricePerUnit
    /// The customer; nil where the books name none.
    public let customer: String?
    /// Name of the customer's country as written.
    public let country: String

    /// Exact value of the line: quantity times price.
    public var value: ExactAmount { unitPrice.times(Int64(quantity)) }
}

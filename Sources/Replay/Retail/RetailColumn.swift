/// The columns of the Online Retail layout.
public enum RetailColumn: String, CaseIterable, Hashable, Sendable {
    /// Number of the invoice.
    case invoiceNumber = "InvoiceNo"
    /// Code of the article.
    case stockCode = "StockCode"
    /// Name of the article or a remark.
    case description = "Description"
    /// Units.
    case quantity = "Quantity"
    /// Date and time of day.
    case invoiceDate = "InvoiceDate"
    /// Price of one unit.
    case unitPrice = "UnitPrice"
    /// Number of the customer.
    case customer = "CustomerID"
    /// Name of the customer's country.
    case country = "Country"
}

/// What a line of the books is about; every line is in exactly one class.
public enum LineClass: String, CaseIterable, Hashable, Sendable {
    /// A line of an adjustment of bad debt.
    case adjustment
    /// A line of a cancellation or credit.
    case cancellation
    /// Units given away or found: a positive quantity at price 0 on an ordinary invoice.
    case free
    /// Units sold: a positive quantity at a positive price on an ordinary invoice.
    case sale
    /// Units broken, lost or written off: a negative quantity on an ordinary invoice.
    case stock

    /// Classifies by the kind of invoice and the signs; nil for a positive quantity at a negative price on an ordinary
    /// invoice, which none of the rules covers.
    public init?(invoice: InvoiceNumber.Kind, quantity: Int32, price: PricePerUnit) {
        switch invoice {
        case .cancellation: self = .cancellation
        case .adjustment: self = .adjustment
        case .invoice:
            if quantity < 0 {
                self = .stock
            } else if price.billionths > 0 {
                self = .sale
            } else if price.billionths == 0 {
                self = .free
            } else {
                return nil
            }
        }
    }
}

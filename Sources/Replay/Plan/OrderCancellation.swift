/// The part of a C invoice that cancels units of one earlier order.
public struct OrderCancellation: Hashable, Sendable {
    /// Units of one order line.
    public struct Line: Hashable, Sendable {
        /// Position of the line in its order, from 1.
        public let number: Int
        /// Units to cancel, at least 1.
        public let quantity: Int64
    }

    /// The cancellation's id, derived from both invoice numbers.
    public let id: ReplayID
    /// Number of the C invoice.
    public let invoice: String
    /// The order.
    public let orderID: ReplayID
    /// The order's invoice number.
    public let orderInvoice: String
    /// At least one line, by number, each number once.
    public let lines: [Line]

    init(invoice: String, orderID: ReplayID, orderInvoice: String, lines: [Line]) {
        id = ReplayID(.cancellation, "\(invoice)/\(orderInvoice)")
        self.invoice = invoice
        self.orderID = orderID
        self.orderInvoice = orderInvoice
        self.lines = lines
    }
}

/// The part of a C invoice that takes back units of one earlier order: before they left, or after they were delivered.
public struct OrderCancellation: Hashable, Sendable {
    /// Units of one order line.
    public struct Line: Hashable, Sendable {
        /// Position of the line in its order, from 1.
        public let number: Int
        /// Units to cancel or to take back, at least 1.
        public let quantity: Int64
    }

    /// The cancellation's id, derived from both invoice numbers.
    public let id: ReplayID
    /// The id of the return, where the goods have left before.
    public var returnID: ReplayID { ReplayID(.takeBack, key) }
    /// What ids of the return's steps are derived from: both invoice numbers.
    public var key: String { "\(invoice)/\(orderInvoice)" }
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

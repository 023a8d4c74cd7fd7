/// Collects the lines of invoices until they are complete, and hands the invoices on in the order of their first lines.
///
/// Lines of one invoice may be interrupted by another's and be entered a minute apart. An invoice is complete when a line
/// more than five minutes younger than its last one has been read, or when 256 invoices have started after it.
struct OpenInvoices {
    /// Seconds after which no further line of an invoice is waited for.
    static let window: Int64 = 300
    /// Most invoices that wait.
    static let mostWaiting = 256

    private struct Invoice {
        var rows: [RetailRow]
        var lastAt: WallClock
    }

    private var waiting: [Invoice] = []
    private var closed: Set<InvoiceNumber> = []
    private var clock: WallClock?

    /// Adds a row; false where its invoice has been handed on already.
    mutating func add(_ row: RetailRow) -> Bool {
        clock = max(clock ?? row.enteredAt, row.enteredAt)
        if let index = waiting.lastIndex(where: { $0.rows[0].invoice == row.invoice }) {
            waiting[index].rows.append(row)
            waiting[index].lastAt = max(waiting[index].lastAt, row.enteredAt)
            return true
        }
        guard !closed.contains(row.invoice) else { return false }
        waiting.append(Invoice(rows: [row], lastAt: row.enteredAt))
        return true
    }

    /// Removes and returns the next complete invoice; with `atEnd` every one is.
    mutating func next(atEnd: Bool) -> [RetailRow]? {
        guard let clock, let lastAt = waiting.first?.lastAt else { return nil }
        let isComplete = waiting.count > Self.mostWaiting || clock.seconds - lastAt.seconds > Self.window
        guard atEnd || isComplete else { return nil }
        let rows = waiting.removeFirst().rows
        closed.insert(rows[0].invoice)
        return rows
    }
}

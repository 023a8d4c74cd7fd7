/// Sales and cancellations summed over some of the lines: all of them, a month's or a country's.
struct SalesTally {
    private(set) var saleInvoices: Set<InvoiceNumber> = []
    private(set) var saleLines = 0
    private(set) var saleUnits: Int64 = 0
    private(set) var grossSales = ExactAmount.zero
    private(set) var cancellationInvoices: Set<InvoiceNumber> = []
    private(set) var cancellationLines = 0
    /// Units of cancellation lines, counted positive.
    private(set) var cancelledUnits: Int64 = 0
    /// Value of cancellation lines, counted positive.
    private(set) var cancelledValue = ExactAmount.zero

    var netSales: ExactAmount { grossSales - cancelledValue }

    /// Adds a line; one that is neither a sale nor a cancellation changes nothing.
    mutating func add(_ row: RetailRow) {
        switch row.lineClass {
        case .sale:
            saleInvoices.insert(row.invoice)
            saleLines += 1
            saleUnits += Int64(row.quantity)
            grossSales += row.value
        case .cancellation:
            cancellationInvoices.insert(row.invoice)
            cancellationLines += 1
            cancelledUnits -= Int64(row.quantity)
            cancelledValue += -row.value
        case .adjustment, .free, .stock: break
        }
    }

    /// The figures as the by-month and by-country tables print them.
    var json: JSONValue {
        .object([
            .init("orders", .count(saleInvoices.count)),
            .init("order_lines", .count(saleLines)),
            .init("units", .integer(saleUnits)),
            .init("gross_sales_gbp", .string(grossSales.rounded(toDecimals: 2))),
            .init("cancellation_invoices", .count(cancellationInvoices.count)),
            .init("cancellation_lines", .count(cancellationLines)),
            .init("cancelled_units", .integer(cancelledUnits)),
            .init("cancelled_value_gbp", .string(cancelledValue.rounded(toDecimals: 2))),
            .init("net_sales_gbp", .string(netSales.rounded(toDecimals: 2))),
        ])
    }
}

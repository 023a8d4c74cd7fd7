/// What a file of retail rows offers: how many lines, orders and units, and what they are worth.
///
/// Nothing is dropped or de-duplicated. Sums are exact; a figure is rounded once, when it is printed, half away from
/// zero: money to 2 decimals, ratios and averages of counts to 6. `…_exact` shows a sum in full, with the decimals of
/// its finest price. Memory grows with distinct invoices, codes and customers, not with lines.
public struct OfferedReport: Sendable {
    private var firstAt: WallClock?
    private var lastAt: WallClock?
    private var rows = 0
    private var codesAsWritten: Set<String> = []
    private var codesFolded: Set<String> = []
    private var linesByClass: [LineClass: Int] = [:]
    private var invoicesByClass: [LineClass: Set<InvoiceNumber>] = [:]
    private var unitsByClass: [LineClass: Int64] = [:]
    private var valueByClass: [LineClass: ExactAmount] = [:]
    private var all = SalesTally()
    private var goods = SalesTally()
    private var months: [String: SalesTally] = [:]
    private var countries: [String: SalesTally] = [:]
    private var customers: Set<String> = []
    private var saleInvoicesByCustomer: [String: Set<InvoiceNumber>] = [:]
    private var saleInvoicesWithoutCustomer: Set<InvoiceNumber> = []
    private var salesWithoutCustomer = ExactAmount.zero

    /// A report over no rows.
    public init() {}

    /// Adds a row; rows may come in any order.
    public mutating func add(_ row: RetailRow) {
        rows += 1
        firstAt = min(firstAt ?? row.enteredAt, row.enteredAt)
        lastAt = max(lastAt ?? row.enteredAt, row.enteredAt)
        codesAsWritten.insert(row.stockCode.written)
        codesFolded.insert(row.stockCode.folded)
        linesByClass[row.lineClass, default: 0] += 1
        invoicesByClass[row.lineClass, default: []].insert(row.invoice)
        unitsByClass[row.lineClass, default: 0] += Int64(row.quantity)
        valueByClass[row.lineClass, default: .zero] += row.value
        all.add(row)
        if !row.stockCode.isService { goods.add(row) }
        months[row.enteredAt.monthText, default: SalesTally()].add(row)
        countries[row.country, default: SalesTally()].add(row)
        addCustomer(of: row)
    }

    private mutating func addCustomer(of row: RetailRow) {
        if let customer = row.customer {
            customers.insert(customer)
            if row.lineClass == .sale { saleInvoicesByCustomer[customer, default: []].insert(row.invoice) }
        } else if row.lineClass == .sale {
            saleInvoicesWithoutCustomer.insert(row.invoice)
            salesWithoutCustomer += row.value
        }
    }

    /// The report as one object, its members in a fixed order.
    public var json: JSONValue {
        .object(
            [
                .init("first_line_at", firstAt.map { .string($0.description) } ?? .null),
                .init("last_line_at", lastAt.map { .string($0.description) } ?? .null),
                .init("rows", .count(rows)),
                .init("distinct_invoices", .count(invoices(of: LineClass.allCases).count)),
                .init("distinct_stock_codes_as_written", .count(codesAsWritten.count)),
                .init("distinct_stock_codes_folded", .count(codesFolded.count)),
                .init("distinct_countries", .count(countries.count)),
            ] + classMembers + moneyMembers + rateMembers + [
                .init("customers", customersJSON),
                .init("by_month", Self.table(months)),
                .init("by_country", Self.table(countries)),
            ]
        )
    }

    private static let ordinary: [LineClass] = [.adjustment, .free, .sale, .stock]

    private var classMembers: [JSONValue.Member] {
        [
            .init("lines_by_class", byClass { linesByClass[$0] ?? 0 }),
            .init("invoices_by_class", byClass { invoicesByClass[$0]?.count ?? 0 }),
            .init(
                "orders",
                .object([
                    .init("non_c_invoices", .count(invoices(of: Self.ordinary).count)),
                    .init("sale_invoices", .count(all.saleInvoices.count)),
                ])
            ),
            .init(
                "order_lines",
                .object([
                    .init("non_c_lines", .count(rows - all.cancellationLines)),
                    .init("sale_lines", .count(all.saleLines)),
                ])
            ),
            .init(
                "units",
                .object([
                    .init("sale_units", .integer(all.saleUnits)),
                    .init("non_c_units", .integer(Self.ordinary.reduce(0) { $0 + (unitsByClass[$1] ?? 0) })),
                    .init("goods_sale_units", .integer(goods.saleUnits)),
                    .init("free_units", .integer(unitsByClass[.free] ?? 0)),
                    .init("stock_units", .integer(unitsByClass[.stock] ?? 0)),
                ])
            ),
        ]
    }

    private var moneyMembers: [JSONValue.Member] {
        let ordinaryValue = Self.ordinary.reduce(.zero) { $0 + (valueByClass[$1] ?? .zero) }
        return [
            .init("gross_sales_gbp", .string(all.grossSales.rounded(toDecimals: 2))),
            .init("gross_sales_gbp_exact", .string(all.grossSales.exactText)),
            .init("goods_gross_sales_gbp", .string(goods.grossSales.rounded(toDecimals: 2))),
            .init("non_c_value_gbp", .string(ordinaryValue.rounded(toDecimals: 2))),
            .init("all_rows_value_gbp_exact", .string((ordinaryValue - all.cancelledValue).exactText)),
            .init(
                "cancellations",
                .object([
                    .init("invoices", .count(all.cancellationInvoices.count)),
                    .init("lines", .count(all.cancellationLines)),
                    .init("units", .integer(all.cancelledUnits)),
                    .init("value_gbp", .string(all.cancelledValue.rounded(toDecimals: 2))),
                    .init("value_gbp_exact", .string(all.cancelledValue.exactText)),
                    .init(
                        "goods_only",
                        .object([
                            .init("invoices", .count(goods.cancellationInvoices.count)),
                            .init("lines", .count(goods.cancellationLines)),
                            .init("units", .integer(goods.cancelledUnits)),
                            .init("value_gbp", .string(goods.cancelledValue.rounded(toDecimals: 2))),
                        ])
                    ),
                ])
            ),
            .init("net_sales_gbp", .string(all.netSales.rounded(toDecimals: 2))),
        ]
    }

    private var rateMembers: [JSONValue.Member] {
        let orders = all.saleInvoices.count
        return [
            .init(
                "return_rate",
                .object([
                    .init("by_units", Self.ratio(all.cancelledUnits, all.saleUnits)),
                    .init("by_value", .string(all.cancelledValue.ratio(to: all.grossSales, decimals: 6))),
                    .init("by_invoices", Self.ratio(Int64(all.cancellationInvoices.count), Int64(orders))),
                    .init("goods_by_units", Self.ratio(goods.cancelledUnits, goods.saleUnits)),
                    .init("goods_by_value", .string(goods.cancelledValue.ratio(to: goods.grossSales, decimals: 6))),
                ])
            ),
            .init("average_order_value_gbp", .string(all.grossSales.average(over: orders, decimals: 2))),
            .init("average_units_per_order", Self.ratio(all.saleUnits, Int64(orders))),
            .init("average_lines_per_order", Self.ratio(Int64(all.saleLines), Int64(orders))),
        ]
    }

    private var customersJSON: JSONValue {
        let withSale = saleInvoicesByCustomer.count
        let repeating = saleInvoicesByCustomer.values.count { $0.count >= 2 }
        return .object([
            .init("any_row", .count(customers.count)),
            .init("with_sale", .count(withSale)),
            .init("repeat", .count(repeating)),
            .init("repeat_customer_rate", Self.ratio(Int64(repeating), Int64(withSale))),
            .init("sale_invoices_without_customer", .count(saleInvoicesWithoutCustomer.count)),
            .init("gross_sales_without_customer_gbp", .string(salesWithoutCustomer.rounded(toDecimals: 2))),
        ])
    }

    private func invoices(of classes: [LineClass]) -> Set<InvoiceNumber> {
        classes.reduce(into: []) { $0.formUnion(invoicesByClass[$1] ?? []) }
    }

    private func byClass(_ figure: (LineClass) -> Int) -> JSONValue {
        .object(LineClass.allCases.map { .init($0.rawValue, .count(figure($0))) })
    }

    private static func ratio(_ part: Int64, _ whole: Int64) -> JSONValue {
        .string(RoundedQuotient.text(Int128(part), dividedBy: Int128(whole), decimals: 6))
    }

    private static func table(_ tallies: [String: SalesTally]) -> JSONValue {
        let ordered = tallies.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        return .object(ordered.map { .init($0.key, $0.value.json) })
    }
}

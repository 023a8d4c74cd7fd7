public import Replay

/// What the service has of the books after a replay.
public struct AcceptedFigures: Hashable, Sendable {
    /// A number of operations with their units.
    public struct Units: Hashable, Sendable {
        /// Operations.
        public package(set) var count = 0
        /// Units, counted positive.
        public package(set) var units: Int64 = 0

        mutating func add(units: Int64) {
            count += 1
            self.units += units
        }
    }

    /// Orders, adjustments included.
    public internal(set) var orders = 0
    /// Orders of which some lines were refused.
    public internal(set) var ordersInPart = 0
    /// Orders that an earlier run had placed.
    public internal(set) var ordersFound = 0
    /// Lines with a price, adjustments left out.
    public internal(set) var saleLines = 0
    /// Lines without a price.
    public internal(set) var freeLines = 0
    /// Units of the sale lines.
    public internal(set) var saleUnits: Int64 = 0
    /// Units of the free lines.
    public internal(set) var freeUnits: Int64 = 0
    /// Exact value of the sale lines.
    public internal(set) var grossSales = ExactAmount.zero
    /// Orders made of A invoices.
    public internal(set) var adjustments = 0
    /// Exact value of their lines.
    public internal(set) var adjustmentValue = ExactAmount.zero
    /// Lines of those orders.
    public internal(set) var adjustmentLines = 0
    /// Cancellations of orders, with the units cancelled.
    public internal(set) var cancelled = Units()
    /// Exact value of the units cancelled.
    public internal(set) var cancelledValue = ExactAmount.zero
    /// Receipts of opening stock and deliveries.
    public internal(set) var received = Units()
    /// Receipts of returned goods.
    public internal(set) var returned = Units()
    /// Corrections, with the units written off.
    public internal(set) var corrected = Units()
    /// Units of goods on accepted lines that were not cancelled.
    public internal(set) var openGoodsUnits: Int64 = 0

    /// All lines.
    public var lines: Int { saleLines + freeLines + adjustmentLines }
    /// Units of sale and free lines.
    public var units: Int64 { saleUnits + freeUnits }

    var json: JSONValue {
        .object([
            .init("orders", .count(orders)),
            .init("orders_in_part", .count(ordersInPart)),
            .init("orders_found", .count(ordersFound)),
            .init("lines", .count(lines)),
            .init("sale_lines", .count(saleLines)),
            .init("free_lines", .count(freeLines)),
            .init("units", .integer(units)),
            .init("sale_units", .integer(saleUnits)),
            .init("free_units", .integer(freeUnits)),
            .init("gross_sales_gbp", .string(grossSales.rounded(toDecimals: 2))),
            .init("gross_sales_gbp_exact", .string(grossSales.exactText)),
            .init(
                "adjustments",
                .object([
                    .init("orders", .count(adjustments)),
                    .init("lines", .count(adjustmentLines)),
                    .init("value_gbp", .string(adjustmentValue.rounded(toDecimals: 2))),
                ])
            ),
            .init(
                "cancelled",
                .object([
                    .init("cancellations", .count(cancelled.count)),
                    .init("units", .integer(cancelled.units)),
                    .init("value_gbp", .string(cancelledValue.rounded(toDecimals: 2))),
                    .init("value_gbp_exact", .string(cancelledValue.exactText)),
                ])
            ),
            .init("received", Self.json(received, as: "receipts")),
            .init("returned", Self.json(returned, as: "receipts")),
            .init("corrections", Self.json(corrected, as: "movements")),
        ])
    }

    private static func json(_ units: Units, as name: String) -> JSONValue {
        .object([.init(name, .count(units.count)), .init("units", .integer(units.units))])
    }
}

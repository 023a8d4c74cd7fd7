import Domain
import PostgresClient

/// One line of an order whose row is locked, with its books.
struct LineUnits {
    var number: Int32
    var product: Int32
    var sku: String
    var isTracked: Bool
    var books: LineBooks
    private let read: LineBooks

    var units: LineQuantities { books.units }
    var money: LineMoney { books.money }

    /// The statuses whose units have changed since they were read.
    private var changes: [(status: LineStatus, quantity: Int64)] {
        LineStatus.allCases.filter { units[$0] != read.units[$0] }.map { ($0, units[$0]) }
    }

    /// Units that wait for supply now and did not, less those that did and do not.
    var waitingChange: Int64 { units[.backordered] - read.units[.backordered] }

    /// Its money, where that is to be written.
    private var changedMoney: LineMoney? { money == read.money ? nil : money }
}

extension LineUnits {
    private static let readUnits = PostgresStatement(
        "order_units",
        """
        SELECT l.line_number, l.quantity, l.amount,
            coalesce(q.statuses, '{}')::int2[], coalesce(q.quantities, '{}')::int8[], l.product_id, p.sku, p.tracked,
            coalesce(t.added, 0)::int8, m.earned, m.earned_units, m.refund_due, m.refund_units,
            m.withheld
        FROM order_line l
        CROSS JOIN LATERAL (SELECT sku, tracked FROM product WHERE id = l.product_id OFFSET 0) p
        CROSS JOIN LATERAL (SELECT array_agg(status) AS statuses, array_agg(quantity) AS quantities
            FROM line_quantity WHERE order_id = $1::uuid AND line_number = l.line_number) q
        CROSS JOIN LATERAL (SELECT sum(amount) AS added
            FROM order_line_tax WHERE order_id = $1::uuid AND line_number = l.line_number AND NOT included) t
        LEFT JOIN order_line_money m ON m.order_id = l.order_id AND m.line_number = l.line_number
        WHERE l.order_id = $1::uuid ORDER BY l.line_number
        """, access: .readOnly)
    private static let writeUnits = PostgresStatement(
        "write_units",
        """
        INSERT INTO line_quantity (order_id, line_number, status, quantity)
        SELECT $1::uuid, * FROM unnest($2::int2[], $3::int2[], $4::int8[])
        ON CONFLICT (order_id, line_number, status) DO UPDATE SET quantity = excluded.quantity
        """)
    private static let writeMoney = PostgresStatement(
        "write_line_money",
        """
        INSERT INTO order_line_money (order_id, line_number, earned, earned_units, refund_due, refund_units, withheld)
        SELECT $1::uuid, * FROM unnest($2::int2[], $3::int8[], $4::int8[], $5::int8[], $6::int8[], $7::int8[])
        ON CONFLICT (order_id, line_number) DO UPDATE SET earned = excluded.earned, earned_units = excluded.earned_units,
            refund_due = excluded.refund_due, refund_units = excluded.refund_units, withheld = excluded.withheld
        """)

    /// The step that reads an order's lines.
    static func reading(_ order: EntityID) -> LedgerStep { (readUnits, [.uuid(PostgresUUID(order))]) }

    /// A line that a change adds, without units yet.
    init(
        number: Int32, product: Int32, sku: String, isTracked: Bool, amountMinor: Int64, addedTaxMinor: Int64
    ) {
        self.number = number
        self.product = product
        self.sku = sku
        self.isTracked = isTracked
        books = LineBooks(
            amountMinor: amountMinor, addedTaxMinor: addedTaxMinor, units: LineQuantities(), money: LineMoney())
        read = books
    }

    /// A line as it was read.
    ///
    /// Throws where units do not add up to what was ordered: such books are looked at by people, not moved on.
    init(row: PostgresRow, goodsInHand: Bool) throws {
        var units: [LineStatus: Int64] = [:]
        for (number, quantity) in zip(try row.int16s(3), try row.int64s(4)) {
            guard let status = LineStatus(rawValue: number) else {
                throw UnreadableValue(column: "line_quantity.status")
            }
            units[status] = quantity
        }
        guard let quantities = LineQuantities(ordered: try row.int64(1), units) else {
            throw UnreadableValue(column: "line_quantity.quantity")
        }
        number = Int32(try row.int16(0))
        product = try row.int32(5)
        sku = try row.text(6)
        isTracked = try row.bool(7)
        let (amount, addedTax) = (try row.int64(2), try row.int64(8))
        var money = LineMoney()
        if let earned = try row.int64OrNil(9) {
            money = LineMoney(
                earned: earned, earnedUnits: try row.int64(10), refundDue: try row.int64(11),
                refundUnits: try row.int64(12), withheld: try row.int64(13))
        } else if goodsInHand {
            // The capture itself was the sale of every unit.
            money = LineMoney(earned: amount + addedTax, earnedUnits: quantities.ordered)
        }
        books = LineBooks(amountMinor: amount, addedTaxMinor: addedTax, units: quantities, money: money)
        read = books
    }

    /// The steps that write what changed of an order's lines.
    static func writing(_ lines: [LineUnits], of order: EntityID) -> [LedgerStep] {
        var steps: [LedgerStep] = []
        let id = PostgresValue.uuid(PostgresUUID(order))
        let units = lines.flatMap { line in line.changes.map { (line.number, $0.status, $0.quantity) } }
        if !units.isEmpty {
            steps.append(
                (
                    writeUnits,
                    [
                        id, .int16s(units.map { Int16($0.0) }), .int16s(units.map(\.1.rawValue)),
                        .int64s(units.map(\.2)),
                    ]
                ))
        }
        let moneys = lines.compactMap { line in line.changedMoney.map { (line.number, $0) } }
        if !moneys.isEmpty {
            steps.append(
                (
                    writeMoney,
                    [
                        id, .int16s(moneys.map { Int16($0.0) }), .int64s(moneys.map(\.1.earned)),
                        .int64s(moneys.map(\.1.earnedUnits)), .int64s(moneys.map(\.1.refundDue)),
                        .int64s(moneys.map(\.1.refundUnits)), .int64s(moneys.map(\.1.withheld)),
                    ]
                ))
        }
        return steps
    }
}

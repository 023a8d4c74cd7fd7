import Domain
import PostgresClient

extension Ledger {
    private static let insertFulfilments = PostgresStatement(
        "insert_fulfilments",
        """
        INSERT INTO fulfilment (id, order_id, number, kind, state, location_id, collect_location_id)
        SELECT n.id, $1::uuid, n.number, n.kind, n.state, l.id, c.id
        FROM unnest($2::uuid[], $3::int4[], $4::int2[], $5::int2[], $6::text[], $7::text[])
            AS n(id, number, kind, state, location, collect)
        JOIN location l ON l.code = n.location LEFT JOIN location c ON c.code = n.collect
        """)
    private static let insertFulfilmentLines = PostgresStatement(
        "insert_fulfilment_lines",
        """
        INSERT INTO fulfilment_line (fulfilment_id, line_number, cell_id, quantity, open)
        SELECT n.id, n.line, n.cell, n.quantity, n.quantity
        FROM unnest($1::uuid[], $2::int2[], $3::int8[], $4::int8[]) AS n(id, line, cell, quantity)
        """)
    private static let insertToken = PostgresStatement(
        "insert_tracking_token",
        "INSERT INTO order_tracking (order_id) VALUES ($1::uuid) ON CONFLICT (order_id) DO NOTHING")
    private static let writeFulfilment = PostgresStatement(
        "write_fulfilment",
        """
        UPDATE fulfilment SET state = $2::int2, carrier = $3::text, service = $4::text, cost = $5::int8,
            cost_currency = $6::text, reference = $7::text, shipped_at = $8::timestamptz, expected_at = $9::timestamptz,
            delivered_at = $10::timestamptz, expires_at = $11::timestamptz, reminded_at = $12::timestamptz
        WHERE id = $1::uuid
        """)
    private static let writeFulfilmentLines = PostgresStatement(
        "write_fulfilment_lines",
        """
        UPDATE fulfilment_line fl SET open = n.open
        FROM unnest($2::int2[], $3::int8[], $4::int8[]) AS n(line, cell, open)
        WHERE fl.fulfilment_id = $1::uuid AND fl.line_number = n.line AND fl.cell_id = n.cell AND fl.open <> n.open
        """)
    private static let insertPackage = PostgresStatement(
        "insert_fulfilment_package",
        """
        INSERT INTO fulfilment_package (fulfilment_id, number, grams, length, width, height, lines, quantities, tracking)
        VALUES ($1::uuid, $2::int2, $3::int8, $4::int8, $5::int8, $6::int8, $7::int2[], $8::int8[], $9::text)
        """)
    private static let writeTracking = PostgresStatement(
        "write_package_tracking",
        """
        UPDATE fulfilment_package p SET tracking = n.tracking
        FROM unnest($2::int2[], $3::text[]) AS n(number, tracking)
        WHERE p.fulfilment_id = $1::uuid AND p.number = n.number
        """)
    private static let writeCode = PostgresStatement(
        "write_pickup_code",
        """
        UPDATE fulfilment SET code_salt = $2::bytea, code_hash = $3::bytea, code_tries = 0 WHERE id = $1::uuid
        """)
    private static let insertDue = PostgresStatement(
        "insert_release_due",
        "INSERT INTO release_due (order_id, cause_id) VALUES ($1::uuid, $2::uuid) ON CONFLICT DO NOTHING")

    /// The steps that write fulfilments of one order that were just released, and the order's tracking token.
    static func inserting(_ fulfilments: [Fulfilment], of order: EntityID) -> [LedgerStep] {
        let lines = fulfilments.flatMap { fulfilment in fulfilment.lines.map { (fulfilment.id, $0) } }
        return [
            (
                insertFulfilments,
                [
                    .uuid(PostgresUUID(order)), .uuids(fulfilments.map { PostgresUUID($0.id) }),
                    .int32s(fulfilments.map(\.number)), .int16s(fulfilments.map(\.standing.kind.rawValue)),
                    .int16s(fulfilments.map(\.standing.stored)), .texts(fulfilments.map(\.location)),
                    .texts(fulfilments.map(\.collectAt)),
                ]
            ),
            (
                insertFulfilmentLines,
                [
                    .uuids(lines.map { PostgresUUID($0.0) }), .int16s(lines.map { Int16($0.1.number) }),
                    .int64s(lines.map { $0.1.cell?.rawValue ?? 0 }), .int64s(lines.map(\.1.quantity)),
                ]
            ),
            (insertToken, [.uuid(PostgresUUID(order))]),
        ]
    }

    /// The steps that write a fulfilment's state and, where those have changed since they were read, the units it still has.
    static func writing(_ fulfilment: Fulfilment, before: [Fulfilment.Line]) -> [LedgerStep] {
        func stamp(_ instant: Instant?) -> PostgresValue {
            .optional(instant) { .timestamp(microsecondsSinceEpoch: $0.microseconds) }
        }
        let lines = fulfilment.lines
        let state: [LedgerStep] = [
            (
                writeFulfilment,
                [
                    .uuid(PostgresUUID(fulfilment.id)), .int16(fulfilment.standing.stored), .text(fulfilment.carrier),
                    .text(fulfilment.service), .optional(fulfilment.cost) { .int64($0.minorUnits) },
                    .optional(fulfilment.cost) { .text($0.currency.code) }, .text(fulfilment.reference),
                    stamp(fulfilment.shippedAt), stamp(fulfilment.expectedAt), stamp(fulfilment.deliveredAt),
                    stamp(fulfilment.expiresAt), stamp(fulfilment.remindedAt),
                ]
            )
        ]
        guard lines != before else { return state }
        return state + [
            (
                writeFulfilmentLines,
                [
                    .uuid(PostgresUUID(fulfilment.id)), .int16s(lines.map { Int16($0.number) }),
                    .int64s(lines.map { $0.cell?.rawValue ?? 0 }), .int64s(lines.map(\.open)),
                ]
            )
        ]
    }

    /// The steps that write a fulfilment's packages.
    static func insertingPackages(of fulfilment: Fulfilment) -> [LedgerStep] {
        fulfilment.packages.map { package in
            (
                insertPackage,
                [
                    .uuid(PostgresUUID(fulfilment.id)), .int16(Int16(package.number)), .int64(package.grams),
                    .int64(package.length), .int64(package.width), .int64(package.height),
                    .int16s(package.contents.map { Int16($0.line) }), .int64s(package.contents.map(\.quantity)),
                    .text(package.tracking),
                ]
            )
        }
    }

    /// The step that writes the carrier's numbers of packages that are there.
    static func writingTracking(of fulfilment: Fulfilment) -> LedgerStep {
        (
            writeTracking,
            [
                .uuid(PostgresUUID(fulfilment.id)), .int16s(fulfilment.packages.map { Int16($0.number) }),
                .texts(fulfilment.packages.map(\.tracking)),
            ]
        )
    }

    /// The step that makes a code count from now on; wrong tries are forgotten.
    static func writingCode(salt: [UInt8], hash: [UInt8], of fulfilment: EntityID) -> LedgerStep {
        (writeCode, [.uuid(PostgresUUID(fulfilment)), .bytes(salt), .bytes(hash)])
    }

    /// The step that has an order's units released that this transaction sets aside at another location.
    static func releasing(_ order: EntityID, cause: EntityID) -> LedgerStep {
        (insertDue, [.uuid(PostgresUUID(order)), .uuid(PostgresUUID(cause))])
    }
}

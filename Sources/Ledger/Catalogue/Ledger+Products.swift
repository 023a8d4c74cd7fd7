public import Domain
import PostgresClient

extension Ledger {
    private static let vshardsOfDeployment = PostgresStatement(
        "catalogue_vshards", "SELECT vshards FROM deployment", access: .readOnly)
    private static let productBySKU = PostgresStatement(
        "product_by_sku", "SELECT sku, name, barcode, tracked FROM product WHERE sku = $1::text", access: .readOnly)
    private static let productPage = PostgresStatement(
        "product_page",
        """
        SELECT sku, name, barcode, tracked FROM product
        WHERE sku > $1::text AND sku >= $2::text AND sku <= $3::text ORDER BY sku LIMIT $4::int4
        """, access: .readOnly)

    /// Creates products or replaces their description; all or none.
    ///
    /// Returns the reply, the stored one for a repetition.
    ///
    /// The skus are distinct. Throws `Refusal.differentBody` for a request id that was used with another body, and
    /// `Refusal.wrongState` where a product with stock or orders would change whether it is tracked.
    public func upsertProducts(
        _ requestID: EntityID, _ products: [Product], body: [UInt8], caller: Caller,
        encodeReply: @escaping @Sendable (UpsertCount) throws -> [UInt8]
    ) async throws -> [UInt8] {
        try await onceOnly { connection in
            let vshards = try connection.pipeline([(.begin, []), (Ledger.vshardsOfDeployment, [])])[1].single.int16(0)
            if let reply = try Ledger.storedReply(
                requestID, .catalogue, body: body, caller: caller, on: connection)
            {
                return reply
            }
            return try Ledger.upsert(
                ProductUpsert(products, vshards: Int(vshards)), requestID, body: body, caller: caller,
                encodeReply: encodeReply,
                on: connection)
        }
    }

    /// One product, or nil.
    public func product(sku: String) async throws -> Product? {
        try await onConnection { connection in
            try connection.execute(Ledger.productBySKU, [.text(sku)]).first.map { try Product(row: $0) }
        }
    }

    /// Products whose sku starts with a prefix, after a sku, in ascending byte order.
    public func products(prefix: String, after: String?, limit: Int) async throws -> Page<Product> {
        try await onConnection { connection in
            let rows = try connection.execute(
                Ledger.productPage,
                [
                    .text(after ?? ""), .text(prefix), .text(Ledger.lastKey(beginningWith: prefix)),
                    .int32(Int32(clamping: limit + 1)),
                ])
            return Page(try rows.map { try Product(row: $0) }, limit: limit)
        }
    }

    /// The highest key of at most 64 bytes that starts with a prefix: no key beyond it does.
    static func lastKey(beginningWith prefix: String) -> String {
        prefix + String(repeating: "\u{10FFFF}", count: 16)
    }
}

extension Product {
    init(row: PostgresRow) throws {
        self.init(
            sku: try row.text(0), name: try row.text(1), barcode: try row.text(2), tracked: try row.bool(3))
    }
}

/// Products to create or change.
private struct ProductUpsert: CatalogueUpsert {
    private let products: [Product]
    private let columns: [PostgresValue]
    private let vshards: PostgresValue
    private let wantedTracked: [String: Bool]

    init(_ products: [Product], vshards: Int) {
        self.products = products
        columns = [
            .texts(products.map(\.sku)), .texts(products.map(\.name)), .texts(products.map(\.barcode)),
            .bools(products.map(\.tracked)),
        ]
        self.vshards = .int16s(products.map { VShard(sku: $0.sku, count: vshards).rawValue })
        wantedTracked = Dictionary(products.map { ($0.sku, $0.tracked) }, uniquingKeysWith: { first, _ in first })
    }

    private static let insert = PostgresStatement(
        "insert_products",
        """
        INSERT INTO product (sku, name, barcode, tracked, vshard)
        SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::bool[], $5::int2[]) AS n(sku) ORDER BY n.sku COLLATE "C"
        ON CONFLICT (sku) DO NOTHING
        """)
    private static let lock = PostgresStatement(
        "lock_products",
        "SELECT id, sku, tracked FROM product WHERE sku = ANY($1::text[]) ORDER BY sku FOR UPDATE")
    private static let update = PostgresStatement(
        "update_products",
        """
        UPDATE product p
        SET name = n.name, barcode = n.barcode, tracked = n.tracked, changed_xid = pg_current_xact_id()
        FROM unnest($1::text[], $2::text[], $3::text[], $4::bool[]) AS n(sku, name, barcode, tracked)
        WHERE p.sku = n.sku AND (p.name, p.barcode, p.tracked) IS DISTINCT FROM (n.name, n.barcode, n.tracked)
        """)
    private static let firstInUse = PostgresStatement(
        "first_product_in_use",
        """
        SELECT p.sku, p.tracked FROM product p
        WHERE p.id = ANY($1::int4[]) AND (
            EXISTS (
                SELECT FROM cell c WHERE c.product_id = p.id
                    AND (c.on_hand <> 0 OR c.safety <> 0 OR c.allocated <> 0 OR c.held_direct <> 0))
            OR EXISTS (SELECT FROM order_line o WHERE o.product_id = p.id))
        ORDER BY p.sku LIMIT 1
        """)

    var count: Int { products.count }
    var inserting: (PostgresStatement, [PostgresValue]) { (ProductUpsert.insert, columns + [vshards]) }
    var locking: (PostgresStatement, [PostgresValue]) { (ProductUpsert.lock, [columns[0]]) }
    var updating: (PostgresStatement, [PostgresValue]) { (ProductUpsert.update, columns) }

    func check(_ locked: PostgresRows, on connection: PostgresConnection) throws {
        let turned = try locked.compactMap { row -> Int32? in
            try row.bool(2) == wantedTracked[try row.text(1)] ? nil : try row.int32(0)
        }
        guard !turned.isEmpty else { return }
        guard let row = try connection.execute(ProductUpsert.firstInUse, [.int32s(turned)]).first else { return }
        throw Refusal.wrongState(
            .product, try row.text(0), state: try row.bool(1) ? "tracked" : "untracked",
            explanation: "whether a product is tracked cannot be changed once it has stock or orders")
    }
}

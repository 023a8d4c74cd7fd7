public import Domain
import PostgresClient

/// Where a list of caps goes on.
public struct BackorderPolicyKey: Hashable, Sendable {
    /// The article.
    public var sku: String
    /// The channel's code.
    public var channel: String

    /// Makes a key.
    public init(sku: String, channel: String) {
        self.sku = sku
        self.channel = channel
    }
}

/// Where a list of waiting lines goes on.
public struct WaitingLineKey: Hashable, Sendable {
    /// The article.
    public var sku: String
    /// The line's priority.
    public var priority: Int32
    /// Since when it waits.
    public var since: Instant
    /// Its place among those that wait since then.
    public var place: Int64

    /// Makes a key.
    public init(sku: String, priority: Int32, since: Instant, place: Int64) {
        self.sku = sku
        self.priority = priority
        self.since = since
        self.place = place
    }
}

extension Ledger {
    private static let namedProducts = PostgresStatement(
        "backorder_products",
        "SELECT sku, id, tracked FROM product WHERE sku = ANY($1::text[])", access: .readOnly)
    private static let namedChannels = PostgresStatement(
        "backorder_channels", "SELECT code, id FROM channel WHERE code = ANY($1::text[])", access: .readOnly)
    private static let openBooks = PostgresStatement(
        "open_backorder_books",
        """
        INSERT INTO backorder_book (product_id) SELECT DISTINCT p FROM unnest($1::int4[]) AS n(p) ORDER BY p
        ON CONFLICT (product_id) DO NOTHING
        """)
    private static let lockBooks = PostgresStatement(
        "lock_backorder_policies",
        "SELECT product_id FROM backorder_book WHERE product_id = ANY($1::int4[]) ORDER BY product_id FOR UPDATE")
    private static let setCaps = PostgresStatement(
        "set_backorder_caps",
        """
        INSERT INTO backorder_policy (product_id, channel_id, cap)
        SELECT * FROM unnest($1::int4[], $2::int4[], $3::int8[])
        ON CONFLICT (product_id, channel_id) DO UPDATE SET cap = excluded.cap, changed_at = now()
        RETURNING product_id, channel_id, waiting
        """)
    private static let policyPage = PostgresStatement(
        "backorder_policy_page",
        """
        SELECT p.sku, c.code, b.cap, b.waiting
        FROM backorder_policy b JOIN product p ON p.id = b.product_id JOIN channel c ON c.id = b.channel_id
        WHERE (p.sku, c.code) > ($1::text, $2::text) AND ($3::text = '' OR p.sku = $3::text)
            AND ($4::text[] IS NULL OR c.code = ANY($4::text[]))
        ORDER BY p.sku, c.code LIMIT $5::int4
        """, access: .readOnly)
    private static let waitingPage = PostgresStatement(
        "waiting_page",
        """
        SELECT q.order_id, q.line_number, p.sku, c.code,
            (SELECT array_agg(l.code ORDER BY l.rank, l.code) FROM location l WHERE l.id = ANY(q.locations)),
            q.quantity, coalesce(g.units, 0)::int8, q.priority, q.since, q.promised_at, q.place
        FROM backorder_queue q JOIN product p ON p.id = q.product_id JOIN channel c ON c.id = q.channel_id
        LEFT JOIN LATERAL (SELECT sum(quantity) AS units FROM backorder_grant
            WHERE order_id = q.order_id AND line_number = q.line_number) g ON true
        WHERE (q.quantity > 0 OR g.units > 0) AND ($1::text = '' OR p.sku = $1::text)
            AND ($2::text[] IS NULL OR c.code = ANY($2::text[])) AND ($3::uuid IS NULL OR q.order_id = $3::uuid)
            AND ($4::text IS NULL OR p.sku > $4::text
                OR (p.sku = $4::text AND (-q.priority, q.since, q.place) > (-($5::int4), $6::timestamptz, $7::int8)))
        ORDER BY p.sku, q.priority DESC, q.since, q.place LIMIT $8::int4
        """, access: .readOnly)

    /// Sets how many units may wait; all or none.
    ///
    /// Returns the reply, the stored one for a repetition. Throws `Refusal.invalid` for articles and channels that do not
    /// exist and for untracked articles, whose field is named, and `Refusal.differentBody`.
    public func setBackorderPolicies(
        _ change: BackorderPolicyChange, encodeReply: @escaping @Sendable ([BackorderPolicy]) throws -> [UInt8]
    ) async throws -> [UInt8] {
        try await onceOnly { connection in
            try connection.execute(.begin)
            if let reply = try Ledger.storedReply(
                change.id, .backorderPolicies, body: change.body, caller: change.caller, on: connection)
            {
                return reply
            }
            let named = try connection.pipeline([
                (Ledger.namedProducts, [.texts(change.policies.map(\.sku))]),
                (Ledger.namedChannels, [.texts(change.policies.map(\.channel))]),
            ])
            var products: [String: (id: Int32, tracked: Bool)] = [:]
            for row in named[0] { products[try row.text(0)] = (try row.int32(1), try row.bool(2)) }
            var channels: [String: Int32] = [:]
            for row in named[1] { channels[try row.text(0)] = try row.int32(1) }
            var violations: [FieldViolation] = []
            for (index, policy) in change.policies.enumerated() {
                switch products[policy.sku] {
                case nil: violations.append(FieldViolation("policies[\(index)].sku", "no product has this sku"))
                case let product? where !product.tracked:
                    violations.append(
                        FieldViolation("policies[\(index)].sku", "the product is untracked: nothing of it waits"))
                default: break
                }
                if channels[policy.channel] == nil {
                    violations.append(
                        FieldViolation("policies[\(index)].channel", "no channel has this code"))
                }
            }
            guard violations.isEmpty else { throw Refusal.invalid(violations) }
            let ids = change.policies.map { products[$0.sku]?.id ?? 0 }
            let places = change.policies.map { channels[$0.channel] ?? 0 }
            let written = try connection.pipeline([
                (Ledger.openBooks, [.int32s(ids)]), (Ledger.lockBooks, [.int32s(ids)]),
                (Ledger.setCaps, [.int32s(ids), .int32s(places), .int64s(change.policies.map(\.cap))]),
            ])
            var waiting: [Int64: Int64] = [:]
            func key(_ product: Int32, _ channel: Int32) -> Int64 { Int64(product) << 32 | Int64(channel) }
            for row in written[2] { waiting[key(try row.int32(0), try row.int32(1))] = try row.int64(2) }
            let reply = try encodeReply(
                change.policies.indices.map { index in
                    var policy = change.policies[index]
                    policy.waiting = waiting[key(ids[index], places[index])] ?? 0
                    return policy
                })
            _ = try connection.pipeline([
                Ledger.storing(
                    change.id, .backorderPolicies, body: change.body, reply: reply, caller: change.caller),
                (.commit, []),
            ])
            return reply
        }
    }

    /// Caps after a key, by sku and channel; only those of `channels` where it is not nil.
    public func backorderPolicies(
        sku: String, after: BackorderPolicyKey?, limit: Int, among channels: Set<String>?
    ) async throws -> Page<BackorderPolicy> {
        try await onConnection { connection in
            let rows = try connection.execute(
                Ledger.policyPage,
                [
                    .text(after?.sku ?? ""), .text(after?.channel ?? ""), .text(sku), .codes(channels),
                    .int32(Int32(clamping: limit + 1)),
                ])
            return Page(
                try rows.map { row in
                    BackorderPolicy(
                        sku: try row.text(0), channel: try row.text(1), cap: try row.int64(2),
                        waiting: try row.int64(3))
                }, limit: limit)
        }
    }

    /// Lines that wait, after a key, by sku and then in the order in which they are served; only orders of `channels` where
    /// it is not nil.
    public func waitingLines(
        sku: String, order: EntityID?, after: WaitingLineKey?, limit: Int, among channels: Set<String>?
    ) async throws -> Page<WaitingLine> {
        try await onConnection { connection in
            let rows = try connection.execute(
                Ledger.waitingPage,
                [
                    .text(sku), .codes(channels), .optional(order) { .uuid(PostgresUUID($0)) },
                    .optional(after) { .text($0.sku) }, .int32(after?.priority ?? 0),
                    .timestamp(microsecondsSinceEpoch: after?.since.microseconds ?? 0), .int64(after?.place ?? 0),
                    .int32(Int32(clamping: limit + 1)),
                ])
            return Page(
                try rows.map { row in
                    WaitingLine(
                        order: EntityID(try row.uuid(0)), line: Int32(try row.int16(1)), sku: try row.text(2),
                        channel: try row.text(3), locations: try row.textsOrNil(4), waiting: try row.int64(5),
                        granted: try row.int64(6), priority: try row.int32(7),
                        since: Instant(microseconds: try row.timestamp(8)),
                        promisedAt: try row.timestampOrNil(9).map { Instant(microseconds: $0) },
                        place: try row.int64(10))
                }, limit: limit)
        }
    }
}

public import Domain
import PostgresClient

/// A document as it was issued.
public struct Document: Hashable, Sendable {
    /// Its id.
    public var id: EntityID
    /// Its number.
    public var number: DocumentNumber
    /// The order.
    public var order: EntityID
    /// The request or attempt that caused it.
    public var cause: EntityID
    /// When.
    public var issuedAt: Instant
    /// What it comes to.
    public var total: Money
    /// Its text, for people.
    public var text: String
    /// Its content as JSON.
    public var json: String
}

/// Which documents are wanted; all of them where nothing is said.
public struct DocumentFilter: Hashable, Sendable {
    /// Only of this order.
    public var order: EntityID?
    /// Only of this legal entity; empty is all.
    public var entity: String
    /// Only of this kind.
    public var kind: DocumentKind?

    /// Makes a filter.
    public init(order: EntityID? = nil, entity: String = "", kind: DocumentKind? = nil) {
        self.order = order
        self.entity = entity
        self.kind = kind
    }
}

/// How a document is named.
public enum DocumentName: Hashable, Sendable {
    /// By its id.
    case id(EntityID)
    /// By its number as printed.
    case number(DocumentNumber)
}

extension Ledger {
    private static let documentColumns = """
        SELECT d.id, d.entity, d.kind, d.series, d.number, d.order_id, d.cause_id, d.issued_at, d.currency, d.total, d.text,
            d.json, c.code
        FROM document d JOIN orders o ON o.id = d.order_id JOIN channel c ON c.id = o.channel_id
        """
    private static let documentRange = """
        (d.issued_at, d.id) < ($1::timestamptz, $2::uuid) AND ($3::int2 IS NULL OR d.kind = $3::int2)
        """
    private static let documentByID = PostgresStatement(
        "document_by_id", "\(documentColumns) WHERE d.id = $1::uuid", access: .readOnly)
    private static let documentByNumber = PostgresStatement(
        "document_by_number",
        """
        \(documentColumns)
        WHERE d.entity = $1::text AND d.kind = $2::int2 AND d.series = $3::int4 AND d.number = $4::int8
        """, access: .readOnly)
    private static let documentsOfOrder = PostgresStatement(
        "documents_of_order",
        """
        \(documentColumns) WHERE \(documentRange) AND d.order_id = $5::uuid AND ($6::text = '' OR d.entity = $6::text)
        ORDER BY d.issued_at DESC, d.id DESC LIMIT $4::int4
        """, access: .readOnly)
    private static let documentsOfEntity = PostgresStatement(
        "documents_of_entity",
        """
        \(documentColumns) WHERE \(documentRange) AND ($5::text = '' OR d.entity = $5::text)
        ORDER BY d.issued_at DESC, d.id DESC LIMIT $4::int4
        """, access: .readOnly)
    private static let channelOfOrder = PostgresStatement(
        "channel_of_order",
        "SELECT c.code FROM orders o JOIN channel c ON c.id = o.channel_id WHERE o.id = $1::uuid", access: .readOnly)
    private static let setEntity = PostgresStatement(
        "set_legal_entity",
        "UPDATE channel SET legal_entity = $2::text, changed_xid = pg_current_xact_id() WHERE code = $1::text")

    /// A document; nil where there is none.
    ///
    /// Throws `Refusal.outOfScope` where its order's channel is outside the scope.
    public func document(_ name: DocumentName, within scope: Scope) async throws -> Document? {
        try await onConnection { connection in
            let rows =
                switch name {
                case .id(let id): try connection.execute(Ledger.documentByID, [.uuid(PostgresUUID(id))])
                case .number(let number):
                    try connection.execute(
                        Ledger.documentByNumber,
                        [
                            .text(number.entity), .int16(number.kind.rawValue), .int32(number.series),
                            .int64(number.number),
                        ])
                }
            return try rows.first.map { row in
                try scope.admit(channel: row.text(12))
                return try Ledger.document(row)
            }
        }
    }

    /// Documents before a key, newest first.
    ///
    /// - Parameters:
    ///   - filter: which are wanted.
    ///   - before: the key of the last one of the page before.
    ///   - limit: most of them.
    ///   - scope: of the caller; documents of all orders are told only to who may see every channel.
    /// - Returns: a page.
    /// - Throws: `Refusal.outOfScope`.
    public func documents(
        _ filter: DocumentFilter, before: OrderKey?, limit: Int, within scope: Scope
    ) async throws -> Page<Document> {
        if filter.order == nil && scope.channels != nil { throw Refusal.outOfScope }
        let values: [PostgresValue] = [
            .timestamp(microsecondsSinceEpoch: before?.placedAt.microseconds ?? .max),
            .uuid(PostgresUUID(before?.id ?? EntityID(high: .max, low: .max))),
            .optional(filter.kind) { .int16($0.rawValue) }, .int32(Int32(clamping: limit + 1)),
        ]
        return try await onConnection { connection in
            if scope.channels != nil, let order = filter.order {
                let channel = try connection.execute(Ledger.channelOfOrder, [.uuid(PostgresUUID(order))]).first
                try scope.admit(channel: channel.map { try $0.text(0) } ?? "")
            }
            let rows =
                if let order = filter.order {
                    try connection.execute(
                        Ledger.documentsOfOrder, values + [.uuid(PostgresUUID(order)), .text(filter.entity)])
                } else {
                    try connection.execute(Ledger.documentsOfEntity, values + [.text(filter.entity)])
                }
            return Page(
                try rows.map { row in
                    try scope.admit(channel: row.text(12))
                    return try Ledger.document(row)
                }, limit: limit)
        }
    }

    /// Says whose documents the orders of a channel get from now on; the reply is stored with the effect.
    ///
    /// Throws `Refusal.notFound` where there is no such channel.
    public func setLegalEntity(
        _ id: EntityID, channel: String, entity: String, body: [UInt8], caller: Caller
    ) async throws {
        _ = try await onceOnly { connection in
            try connection.execute(.begin)
            if let reply = try Ledger.storedReply(id, .catalogue, body: body, caller: caller, on: connection) {
                return reply
            }
            let changed = try connection.execute(Ledger.setEntity, [.text(channel), .text(entity)])
            guard changed.affectedRows == 1 else { throw Refusal.notFound(.channel, channel) }
            _ = try connection.pipeline([
                Ledger.storing(id, .catalogue, body: body, reply: [], caller: caller), (.commit, []),
            ])
            return []
        }
    }

    private static func document(_ row: PostgresRow) throws -> Document {
        guard let kind = DocumentKind(rawValue: try row.int16(2)) else {
            throw UnreadableValue(column: "document.kind")
        }
        guard let currency = Currency(code: try row.text(8)) else {
            throw UnreadableValue(column: "document.currency")
        }
        return Document(
            id: EntityID(try row.uuid(0)),
            number: DocumentNumber(
                entity: try row.text(1), kind: kind, series: try row.int32(3), number: try row.int64(4)),
            order: EntityID(try row.uuid(5)), cause: EntityID(try row.uuid(6)),
            issuedAt: Instant(microseconds: try row.timestamp(7)), total: Money(try row.int64(9), currency),
            text: try row.text(10), json: try row.text(11))
    }
}

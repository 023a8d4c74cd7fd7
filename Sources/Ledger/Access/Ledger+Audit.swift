public import Domain
import PostgresClient

/// Which changes are wanted; all of them where nothing is said.
public struct AuditFilter: Hashable, Sendable {
    /// Only those of this caller; empty is all.
    public var caller: String
    /// Only those with this id as request or subject.
    public var subject: EntityID?
    /// Only those at or after this moment.
    public var from: Instant?
    /// Only those before this moment.
    public var before: Instant?

    /// Makes a filter.
    public init(caller: String = "", subject: EntityID? = nil, from: Instant? = nil, before: Instant? = nil) {
        self.caller = caller
        self.subject = subject
        self.from = from
        self.before = before
    }
}

/// Where a list of changes goes on.
public struct AuditKey: Hashable, Sendable {
    /// When the change was committed.
    public var at: Instant
    /// The id of its request.
    public var request: EntityID
    /// Its method.
    public var method: String

    /// Makes a key.
    public init(at: Instant, request: EntityID, method: String) {
        self.at = at
        self.request = request
        self.method = method
    }

    /// The key of an event.
    public init(_ event: AuditEvent) {
        self.init(at: event.at, request: event.request, method: event.method)
    }
}

/// A page of the audit log.
public struct AuditPage: Sendable {
    /// The events.
    public var events: [AuditEvent]
    /// The key before which the list goes on; nil where it ends.
    public var next: AuditKey?
}

extension Ledger {
    private static let auditColumns = "SELECT at, request_id, method, caller, subject_id"
    private static let auditRange = """
        at <= $1::timestamptz AND (at, request_id, method) < ($1::timestamptz, $2::uuid, $3::text)
            AND at >= $4::timestamptz AND at < $5::timestamptz
        """
    private static let newestChanges = "ORDER BY at DESC, request_id DESC, method DESC"

    private static let auditPage = PostgresStatement(
        "audit_page",
        "\(auditColumns) FROM audit_event WHERE \(auditRange) \(newestChanges) LIMIT $6::int4", access: .readOnly)
    private static let auditPageOfSubject = PostgresStatement(
        "audit_page_of_subject",
        """
        \(auditColumns) FROM audit_event WHERE \(auditRange) AND (request_id = $7::uuid OR subject_id = $7::uuid)
        \(newestChanges) LIMIT $6::int4
        """, access: .readOnly)

    /// Changes before a key, newest first.
    ///
    /// Of a list by caller one call looks at no more than `search` changes. What it returns may then be short, or empty,
    /// although the list goes on.
    public func auditEvents(
        _ filter: AuditFilter, before: AuditKey?, limit: Int, search: Int = 10_000
    ) async throws -> AuditPage {
        let last = AuditKey(
            at: Instant(microseconds: .max), request: EntityID(high: .max, low: .max), method: "\u{10FFFF}")
        let looked = filter.caller.isEmpty ? limit + 1 : max(search, limit + 1)
        var values: [PostgresValue] = [
            .timestamp(microsecondsSinceEpoch: (before ?? last).at.microseconds),
            .uuid(PostgresUUID((before ?? last).request)), .text((before ?? last).method),
            .timestamp(microsecondsSinceEpoch: filter.from?.microseconds ?? .min),
            .timestamp(microsecondsSinceEpoch: filter.before?.microseconds ?? .max),
            .int32(Int32(clamping: looked)),
        ]
        if let subject = filter.subject { values.append(.uuid(PostgresUUID(subject))) }
        let statement = filter.subject == nil ? Ledger.auditPage : Ledger.auditPageOfSubject
        let query = values
        let read = try await onConnection { connection in
            try connection.execute(statement, query).map { try AuditEvent(row: $0) }
        }
        let found = filter.caller.isEmpty ? read : read.filter { $0.caller == filter.caller }
        let events = Array(found.prefix(limit))
        let next: AuditEvent? =
            if found.count > limit {
                events.last
            } else {
                read.count == looked ? (filter.caller.isEmpty ? events.last : read.last) : nil
            }
        return AuditPage(events: events, next: next.map { AuditKey($0) })
    }
}

extension AuditEvent {
    init(row: PostgresRow) throws {
        self.init(
            at: Instant(microseconds: try row.timestamp(0)), request: EntityID(try row.uuid(1)),
            method: try row.text(2), caller: try row.text(3), subject: try row.uuidOrNil(4).map { EntityID($0) })
    }
}

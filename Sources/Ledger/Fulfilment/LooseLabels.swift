public import Domain
import PostgresClient

/// A label that a carrier was asked for and that nothing will leave or come back with, taken for a time by who gives it back.
public struct LooseLabel: Sendable {
    /// What the carrier knows it by.
    public var key: EntityID
    /// Code of the carrier.
    public var carrier: String
    /// What it was for.
    fileprivate var of: LooseLabels
    /// The state that it was taken in.
    fileprivate var state: Int16
    /// Until when it is taken, which tells this taking from others.
    fileprivate var until: Int64
}

/// Labels that carriers are asked for, whatever they are for, as far as one is given back that nothing needs.
///
/// Each row is written before the carrier is asked, with a time before which nobody gives the label back, because a carrier
/// may still be making it: `loose_at`. Who gives labels back takes them by putting that time off, so that one server asks
/// the carrier at a time and those that cannot be given back now let the others come first. An answer of the carrier sets
/// the time anew, also where it comes after the label was taken for given back: then it is given back once more.
struct LooseLabels: Sendable {
    private let keeping: PostgresStatement
    private let ending: PostgresStatement
    private let claiming: PostgresStatement
    private let voiding: PostgresStatement

    /// Makes the statements of a table.
    ///
    /// - Parameters:
    ///   - table: its name.
    ///   - join: what its rows `k` belong to.
    ///   - condition: when a row that was wanted or made is loose.
    init(table: String, join: String, condition: String) {
        keeping = PostgresStatement(
            "keep_\(table)",
            """
            UPDATE \(table) SET state = 2, tracking = $2::text, loose_at = now() WHERE key = $1::uuid AND state IN (1, 2, 4)
            """)
        ending = PostgresStatement(
            "end_call_\(table)", "UPDATE \(table) SET loose_at = now() WHERE key = $1::uuid AND state IN (1, 2)")
        claiming = PostgresStatement(
            "claim_\(table)",
            """
            UPDATE \(table) k SET loose_at = now() + make_interval(secs => $2::int4)
            FROM (
                SELECT k.key FROM \(table) k \(join)
                WHERE k.state IN (1, 2) AND k.loose_at <= now() AND (\(condition))
                ORDER BY k.loose_at LIMIT $1::int4 FOR UPDATE OF k SKIP LOCKED
            ) c
            WHERE k.key = c.key RETURNING k.key, k.carrier, k.state, k.loose_at
            """)
        voiding = PostgresStatement(
            "void_\(table)",
            """
            UPDATE \(table) SET state = 4 WHERE key = $1::uuid AND state = $2::int2 AND loose_at = $3::timestamptz
            """)
    }

    /// Records that a carrier has made a label: it is given back if nothing leaves or comes back with it.
    func keep(_ key: EntityID, tracking: String, on connection: PostgresConnection) throws {
        _ = try connection.execute(keeping, [.uuid(PostgresUUID(key)), .text(tracking)])
    }

    /// Records that a carrier has refused a label: it can be given back as soon as nothing needs it.
    func endCall(_ key: EntityID, on connection: PostgresConnection) throws {
        _ = try connection.execute(ending, [.uuid(PostgresUUID(key))])
    }

    /// Takes labels that are loose, the longest first.
    func claim(limit: Int, leaseSeconds: Int32, on connection: PostgresConnection) throws -> [LooseLabel] {
        try connection.execute(claiming, [.int32(Int32(clamping: limit)), .int32(leaseSeconds)]).map {
            LooseLabel(
                key: EntityID(try $0.uuid(0)), carrier: try $0.text(1), of: self, state: try $0.int16(2),
                until: try $0.timestamp(3))
        }
    }

    fileprivate func voided(_ label: LooseLabel, on connection: PostgresConnection) throws {
        _ = try connection.execute(
            voiding,
            [
                .uuid(PostgresUUID(label.key)), .int16(label.state),
                .timestamp(microsecondsSinceEpoch: label.until),
            ])
    }
}

extension Ledger {
    /// Records that a carrier has taken a label back, unless it has answered since about making it.
    public func voided(_ label: LooseLabel) async throws {
        try await onConnection { connection in try label.of.voided(label, on: connection) }
    }
}

public import Domain
import PostgresClient

/// Work that one server of a deployment does at a time.
public enum LeaseName: String, Sendable, CaseIterable {
    /// Loads Redis and decides which store admits.
    case admission
    /// Compares the two stores and repairs.
    case reconciler
    /// Deletes what has been kept long enough.
    case retention
    /// Has orders take over what was set aside for their waiting lines, and looks for stock that reservations gave back.
    case backorders
}

extension Ledger {
    /// Whether another's lease is over: its time has passed, or lies further ahead than any lease goes, because the clock was
    /// set back since.
    static let isLapsed =
        "lease.expires_at < now() OR lease.expires_at > excluded.expires_at + interval '1 second'"

    private static let holdLease = PostgresStatement(
        "hold_lease",
        """
        INSERT INTO lease (name, holder, expires_at)
        VALUES ($1::text, $2::uuid, now() + $3::int8 * interval '1 millisecond')
        ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, expires_at = excluded.expires_at
        WHERE lease.holder = excluded.holder OR \(Ledger.isLapsed)
        """)
    private static let dropLease = PostgresStatement(
        "drop_lease", "DELETE FROM lease WHERE name = $1::text AND holder = $2::uuid")

    /// Takes a lease that is free or keeps one that is held, for `milliseconds` of PostgreSQL's clock from now.
    ///
    /// True where `holder` has it now: no other server does until it lapses. A server that is paused beyond that believes
    /// wrongly that it has it, so what it does under a lease must be safe when two do it.
    public func holdLease(_ name: LeaseName, holder: EntityID, milliseconds: Int64) async throws -> Bool {
        try await onConnection { connection in
            try connection.execute(
                Ledger.holdLease,
                [.text(name.rawValue), .uuid(PostgresUUID(holder)), .int64(milliseconds)]
            ).affectedRows == 1
        }
    }

    /// Gives a lease back, where `holder` has it.
    public func dropLease(_ name: LeaseName, holder: EntityID) async throws {
        try await onConnection { connection in
            _ = try connection.execute(Ledger.dropLease, [.text(name.rawValue), .uuid(PostgresUUID(holder))])
        }
    }
}

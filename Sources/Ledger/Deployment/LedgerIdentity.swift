import Domain
public import PostgresClient
import Synchronization

/// Notices that PostgreSQL is another one than before, or went back in time, before anything is promised on it.
///
/// A failover, a restore or a point-in-time recovery can have forgotten what Redis has heard of, such as units given back.
/// So each new connection compares, before it is lent:
/// - the system and the timeline with those that the database's own row names, which every server shares and a restart
///   does not forget;
/// - the end of the log and the deployment's pulse with the furthest that this server has seen, which catches a copy that
///   runs on under the same timeline. Nobody but servers raises the pulse, however much log a restored copy has written.
/// Where one differs, this connection raises all epochs and notes the new identity in one transaction: nothing that was
/// promised before can be journalled here. Redis is then loaded anew. Two connections may do so at once: an epoch too many
/// harms nobody. A crash in between leaves the old row, and the next connection does it again.
public final class LedgerIdentity: Sendable {
    /// A place in the log of one PostgreSQL.
    public struct Position: Sendable, Hashable {
        /// The system's identifier.
        public var system: Int64
        /// Bytes of log on its disk.
        public var end: UInt64

        /// Makes a position.
        public init(system: Int64, end: UInt64) {
            self.system = system
            self.end = end
        }
    }

    private let furthest = Mutex<UInt64>(0)
    private let last = Mutex<Position?>(nil)
    private let pulse = Mutex<Int64>(0)
    private let listener = Mutex<(@Sendable (_ what: String) -> Void)?>(nil)

    /// The position at the last look; nil before the first one.
    public var position: Position? { last.withLock { $0 } }

    /// Makes a watch that has seen nothing yet.
    public init() {}

    /// Calls `listener`, on a connection's thread, each time after epochs have risen because something differed.
    public func onChange(_ listener: @escaping @Sendable (_ what: String) -> Void) {
        self.listener.withLock { $0 = listener }
    }

    // In recovery there is no end of the log to ask for, and nothing can be promised.
    private static let read = PostgresStatement(
        "ledger_identity",
        """
        SELECT s.system_identifier, d.system_identifier, d.timeline,
            CASE WHEN pg_is_in_recovery() THEN NULL
                ELSE ('x' || lpad(left(pg_walfile_name(pg_current_wal_insert_lsn()), 8), 16, '0'))::bit(64)::int8 END,
            CASE WHEN pg_is_in_recovery() THEN NULL ELSE (pg_current_wal_flush_lsn() - '0/0')::int8 END, d.pulse
        FROM pg_control_system() s CROSS JOIN deployment d
        """, access: .readOnly)
    private static let lock = PostgresStatement("identity_lock", "SELECT pg_advisory_xact_lock($1::int4, 0)")
    private static let raiseAll = PostgresStatement(
        "raise_all_epochs", "UPDATE shard SET epoch = \(Ledger.nextEpoch), mode = 1")
    private static let note = PostgresStatement(
        "note_identity", "UPDATE deployment SET system_identifier = $1::int8, timeline = $2::int8")

    /// Notes a pulse of the deployment that this server has seen.
    public func note(pulse seen: Int64) {
        pulse.withLock { $0 = max($0, seen) }
    }

    /// Compares, on a connection that nobody uses.
    ///
    /// A database without the schema has nothing to compare.
    public func check(_ connection: PostgresConnection) throws {
        // What is on disk never shrinks, so a look that begins now finds at least what an earlier one found.
        let seen = furthest.withLock { $0 }
        let seenPulse = pulse.withLock { $0 }
        let row: PostgresRow?
        do {
            row = try connection.execute(Self.read).first
        } catch {
            if case .server(let state) = error.kind, state == .undefinedTable || state == .undefinedColumn { return }
            throw error
        }
        guard let row, let timeline = try row.int64OrNil(3), let position = try row.int64OrNil(4) else { return }
        let system = try row.int64(0)
        let end = UInt64(bitPattern: position)
        let known = (system: try row.int64OrNil(1), timeline: try row.int64OrNil(2))
        let beat = try row.int64(5)
        var what: String?
        if let other = known.system, other != system {
            what = "PostgreSQL is another system"
        } else if let other = known.timeline, other != timeline {
            what = "PostgreSQL is on timeline \(timeline), it was on \(other)"
        } else if end < seen {
            what = "PostgreSQL's log ends before what this server has seen of it"
        } else if beat < seenPulse {
            what = "PostgreSQL's pulse is \(beat), this server has seen \(seenPulse)"
        }
        if what != nil || known.system == nil {
            var steps: [LedgerStep] = [(.begin, []), (Self.lock, [.int32(LedgerLock.epochFence)])]
            if what != nil { steps.append((Self.raiseAll, [])) }
            steps.append((Self.note, [.int64(system), .int64(timeline)]))
            _ = try connection.pipeline(steps + [(.commit, [])])
        }
        furthest.withLock { $0 = what != nil ? end : max($0, end) }
        pulse.withLock { $0 = what != nil ? beat : max($0, beat) }
        last.withLock { $0 = Position(system: system, end: end) }
        if let what { listener.withLock { $0 }?(what) }
    }
}

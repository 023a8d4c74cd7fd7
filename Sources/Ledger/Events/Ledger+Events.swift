public import Domain
import PostgresClient

/// How the outbox stands.
public struct EventsHead: Sendable, Hashable {
    /// The last event that can be told; the floor where there is none.
    public var head: EventPosition
    /// The last event that was pruned.
    public var floor: EventPosition
    /// For how long the oldest event that is committed waits for a transaction that began before it, in milliseconds.
    public var delayMilliseconds: Int64
}

/// Whether a place in the outbox is still one to go on from.
public enum EventStanding: Sendable, Hashable {
    /// Everything behind it is there.
    case stands
    /// Some of what came behind it is no longer kept; the floor is the oldest place to go on from.
    case pruned(floor: EventPosition)
    /// There is no such event in this database's past: a restore has undone it.
    case undone(floor: EventPosition)
}

/// Events behind a place, in order.
public struct EventsPage: Sendable, Equatable {
    /// Whether the place still stood when they were read.
    public var standing: EventStanding
    /// The events; fewer than were asked for where there are no more for now.
    public var entries: [OutboxEntry]

    /// Makes a page.
    public init(standing: EventStanding, entries: [OutboxEntry]) {
        self.standing = standing
        self.entries = entries
    }
}

/// Reading the outbox.
///
/// Order: (xid, seq). A transaction that began earlier may commit later, so only rows below `pg_snapshot_xmin` are read: every
/// transaction below it has ended, and what it wrote can be seen. Nothing is skipped, whoever commits late, and nothing
/// uncommitted is seen. The price is that one long transaction that writes holds all events back.
///
/// Within one subject the order is that of its sequence. The xids alone would not give it: a transaction may have its xid before
/// it gets the subject's lock, and write after one with a higher xid. Therefore it writes its event under the highest xid that
/// the subject's events have, its own or an earlier event's (`orders.event_xid`), and the higher number decides. A row then
/// stands at an xid that is at least its writer's, so what was said of rows below `pg_snapshot_xmin` holds for it. The first
/// event of a subject needs no such care: whoever writes the second has seen it committed, and gets its xid after that.
///
/// A place is known again by the mark of the event that stands there. After a restore to an earlier time numbers are given
/// again, to other facts with other marks; and a place where nothing stands, although nothing so late was pruned, belongs to
/// a future that the restore has undone. A standby that was synchronous lacks nothing, so places survive a failover.
extension Ledger {
    private static let mark = "event_mark(o.topic, o.subject, o.subject_sequence, o.cause_id, o.recorded_at)"

    private static let readHead = PostgresStatement(
        "events_head",
        """
        SELECT f.xid::text::int8, f.seq, f.mark, h.xid, h.seq, h.mark,
            coalesce((SELECT (extract(epoch FROM clock_timestamp() - min(o.recorded_at)) * 1000)::int8 FROM outbox o
                WHERE o.xid >= pg_snapshot_xmin(pg_current_snapshot())), 0),
            EXISTS (SELECT FROM outbox o WHERE o.xid >= pg_snapshot_xmax(pg_current_snapshot())),
            pg_is_in_recovery()
        FROM outbox_floor f LEFT JOIN LATERAL (
            SELECT o.xid::text::int8 AS xid, o.seq, \(mark) AS mark FROM outbox o
            WHERE o.xid < pg_snapshot_xmin(pg_current_snapshot()) ORDER BY o.xid DESC, o.seq DESC LIMIT 1
        ) h ON true
        """, access: .readOnly)

    private static let readPage = PostgresStatement(
        "events_page",
        """
        SELECT o.xid::text::int8, o.seq, \(mark), o.topic, o.subject, o.subject_sequence, o.cause_id, o.recorded_at, c.code
        FROM (
            SELECT * FROM outbox WHERE (xid, seq) > (($1::int8)::text::xid8, $2::int8)
                AND xid < pg_snapshot_xmin(pg_current_snapshot())
            ORDER BY xid, seq LIMIT $3::int4
        ) o
        LEFT JOIN orders d ON o.topic LIKE 'order.%' AND d.id = o.subject
        LEFT JOIN channel c ON c.id = d.channel_id
        ORDER BY o.xid, o.seq
        """, access: .readOnly)

    private static let readPlace = PostgresStatement(
        "events_place", "SELECT o.xid::text::int8, \(mark) FROM outbox o WHERE o.seq = $1::int8", access: .readOnly)

    private static let readFloor = PostgresStatement(
        "events_floor", "SELECT xid::text::int8, seq, mark FROM outbox_floor", access: .readOnly)

    private static let renumber = PostgresStatement("events_renumber", "UPDATE outbox SET xid = '3'")
    private static let renumberFloor = PostgresStatement(
        "events_renumber_floor", "UPDATE outbox_floor SET xid = '2' WHERE seq > 0")

    /// How the outbox stands now.
    ///
    /// Throws `Refusal.unavailable` on a standby, which lags.
    ///
    /// A dump that was loaded into another PostgreSQL has numbers of transactions which that one has yet to reach. They are
    /// set behind all others then, in the order of their own numbers, so that what is new comes after them. It is done before
    /// anything is told, by whoever looks first; doing it twice changes nothing, and places from before no longer stand.
    public func eventsHead() async throws -> EventsHead {
        try await onConnection { connection in
            var row = try connection.execute(Ledger.readHead).single
            if try row.bool(8) {
                throw Refusal.unavailable("PostgreSQL is a standby", retryAfterMilliseconds: 1_000)
            }
            if try row.bool(7) {
                _ = try connection.pipeline([
                    (.begin, []), (Ledger.patience, []), (Ledger.renumberFloor, []), (Ledger.renumber, []),
                    (.commit, []),
                ])
                row = try connection.execute(Ledger.readHead).single
            }
            let floor = try EventPosition(row: row, at: 0)
            let head = try row.int64OrNil(3) == nil ? floor : try EventPosition(row: row, at: 3)
            return EventsHead(head: max(head, floor), floor: floor, delayMilliseconds: max(0, try row.int64(6)))
        }
    }

    /// Events behind a place, at most `limit`.
    ///
    /// Where the place no longer stands there are none: the floor and the place are looked at after the events were read, so
    /// nothing can have gone from between in the meantime.
    public func events(after place: EventPosition, limit: Int32) async throws -> EventsPage {
        try await onConnection { connection in
            let results = try connection.pipeline([
                (Ledger.readPage, [.int64(place.transaction), .int64(place.number), .int32(limit)]),
                (Ledger.readPlace, [.int64(place.number)]),
                (Ledger.readFloor, []),
            ])
            let floor = try EventPosition(row: try results[2].single, at: 0)
            let standing = try Ledger.standing(of: place, found: results[1].first, floor: floor)
            guard standing == .stands else { return EventsPage(standing: standing, entries: []) }
            return EventsPage(
                standing: standing,
                entries: try results[0].map { row in
                    OutboxEntry(
                        position: try EventPosition(row: row, at: 0), topic: try row.text(3),
                        subject: EntityID(try row.uuid(4)), sequence: try row.int32(5),
                        cause: EntityID(try row.uuid(6)), at: Instant(microseconds: try row.timestamp(7)),
                        channel: try row.textOrNil(8))
                })
        }
    }

    private static func standing(
        of place: EventPosition, found row: PostgresRow?, floor: EventPosition
    ) throws -> EventStanding {
        if place == floor { return .stands }
        if place < floor { return .pruned(floor: floor) }
        if let row, try row.int64(0) == place.transaction, try row.int64(1) == place.mark { return .stands }
        return .undone(floor: floor)
    }
}

extension EventPosition {
    /// Reads transaction, number and mark of three columns.
    fileprivate init(row: PostgresRow, at column: Int) throws {
        self.init(
            transaction: try row.int64(column), number: try row.int64(column + 1), mark: try row.int64(column + 2))
    }
}

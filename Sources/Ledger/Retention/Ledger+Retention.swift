import PostgresClient

extension Ledger {
    // What a row says of who changed what is kept in the same statement. Extensions go with their reservations.
    private static let pruneReplies = PostgresStatement(
        "prune_replies",
        """
        WITH old AS (
            SELECT id, kind FROM idempotency WHERE created_at < now() - $1::int8 * interval '1 second'
            ORDER BY created_at LIMIT $2::int4 FOR UPDATE SKIP LOCKED
        ), gone AS (
            DELETE FROM idempotency i USING old WHERE i.id = old.id AND i.kind = old.kind
            RETURNING i.created_at, i.id, i.kind, changed_by_method(i.request) AS method, i.caller, i.subject_id
        ), kept AS (
            INSERT INTO past_change (at, request_id, method, caller, subject_id)
            SELECT created_at, id, method, caller, subject_id FROM gone WHERE kind <> 4
        )
        SELECT count(*) FROM gone
        """)

    private static let pruneHolds = PostgresStatement(
        "prune_holds",
        """
        WITH old AS (
            SELECT id, kind FROM hold WHERE state <> 1 AND closed_at < now() - $1::int8 * interval '1 second'
            ORDER BY closed_at LIMIT $2::int4 FOR UPDATE SKIP LOCKED
        ), gone AS (
            DELETE FROM hold h USING old WHERE h.id = old.id AND h.kind = old.kind AND h.state <> 1 RETURNING 1
        )
        SELECT count(*) FROM gone
        """)

    private static let pruneCalls = PostgresStatement(
        "prune_calls",
        """
        WITH old AS (
            SELECT s.id AS vshard, c.epoch, c.seq FROM shard s
            CROSS JOIN LATERAL (
                SELECT coalesce(max(j.seq), 0) - $1::int8 AS floor FROM journal_seq j
                WHERE j.vshard = s.id AND j.epoch = s.epoch) f
            CROSS JOIN LATERAL (
                SELECT j.epoch, j.seq FROM journal_seq j WHERE j.vshard = s.id AND (j.epoch, j.seq) < (s.epoch, f.floor)
                ORDER BY j.epoch, j.seq LIMIT $2::int4 FOR UPDATE SKIP LOCKED) c
            LIMIT $2::int4
        ), gone AS (
            DELETE FROM journal_seq j USING old
            WHERE j.vshard = old.vshard AND j.epoch = old.epoch AND j.seq = old.seq RETURNING 1
        )
        SELECT count(*) FROM gone
        """)

    // Events go in the order in which they are told, so that the floor says which: everything up to it, nothing behind it.
    // The look is at the oldest rows, not at the old ones: an event that is too young keeps those behind it.
    private static let pruneEvents = PostgresStatement(
        "prune_events",
        """
        WITH head AS (
            SELECT o.xid, o.seq, o.recorded_at < now() - $1::int8 * interval '1 second' AS is_old,
                event_mark(o.topic, o.subject, o.subject_sequence, o.cause_id, o.recorded_at) AS mark
            FROM outbox o WHERE o.xid < pg_snapshot_xmin(pg_current_snapshot()) ORDER BY o.xid, o.seq LIMIT $2::int4
        ), young AS (
            SELECT xid, seq FROM head WHERE NOT is_old ORDER BY xid, seq LIMIT 1
        ), old AS (
            SELECT * FROM head h WHERE NOT EXISTS (SELECT FROM young y WHERE (h.xid, h.seq) >= (y.xid, y.seq))
        ), floor AS (
            UPDATE outbox_floor f SET xid = l.xid, seq = l.seq, mark = l.mark
            FROM (SELECT xid, seq, mark FROM old ORDER BY xid DESC, seq DESC LIMIT 1) l
            WHERE (l.xid, l.seq) > (f.xid, f.seq)
        ), gone AS (
            DELETE FROM outbox o USING old WHERE o.seq = old.seq RETURNING 1
        )
        SELECT count(*) FROM gone
        """)

    /// Numbers of admitting calls that are kept of a vshard's epoch, counted back from its last one.
    public static let callsKept: Int64 = 1_000_000

    /// Deletes up to `limit` rows that have been kept for `seconds`, the oldest first, and tells how many.
    ///
    /// Each statement walks an index from its old end and skips rows that another server is deleting, so any number of
    /// servers may prune at once. A row goes whole or not at all; a crash leaves the rest for the next time.
    ///
    /// - Replies: `seconds` after the call took effect. From then on the same id is a new call.
    /// - Holds: `seconds` after they became final; a live reservation never goes. What is bought stands in its order.
    /// - Admitting calls: those of epochs that a vshard has left go at once, whatever `seconds` says. A promise under such
    ///   an epoch cannot be journalled any more, so its numbers guard nothing; and since whoever journals holds the fence
    ///   until its commit, no row of a left epoch is still to come. Of the present epoch the last ``callsKept`` stay: a
    ///   Redis that goes back by no more than so many calls repeats one of them and is noticed.
    /// - Events: `seconds` after they were recorded, without a gap: the floor moves in the same transaction.
    public func prune(_ rows: RetainedRows, olderThan seconds: Int64, limit: Int32) async throws -> Int {
        let (statement, bound) =
            switch rows {
            case .idempotency: (Ledger.pruneReplies, seconds)
            case .hold: (Ledger.pruneHolds, seconds)
            case .journalSequence: (Ledger.pruneCalls, Ledger.callsKept)
            case .outbox: (Ledger.pruneEvents, seconds)
            }
        return try await onConnection { connection in
            Int(try connection.execute(statement, [.int64(bound), .int32(limit)]).single.int64(0))
        }
    }
}

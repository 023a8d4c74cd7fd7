public import Domain
import Failpoints
public import PostgresClient

extension Ledger {
    static let epochsStand = PostgresStatement(
        "epochs_stand",
        """
        SELECT count(*) FROM shard s JOIN unnest($1::int2[], $2::int8[]) AS e(id, epoch)
            ON s.id = e.id AND s.epoch = e.epoch
        """, access: .readOnly)

    static let journalCalls = PostgresStatement(
        "journal_calls",
        "INSERT INTO journal_seq (vshard, epoch, seq) SELECT * FROM unnest($1::int2[], $2::int8[], $3::int8[])")

    // The fence is checked in the statement itself, so that everything travels in one round trip: where an epoch has
    // risen neither a call nor a hold is written.
    private static let journalCallsFenced = PostgresStatement(
        "journal_calls_fenced",
        """
        INSERT INTO journal_seq (vshard, epoch, seq)
        SELECT c.vshard, c.epoch, c.seq FROM unnest($1::int2[], $2::int8[], $3::int8[]) AS c(vshard, epoch, seq)
        WHERE NOT EXISTS (
            SELECT FROM unnest($1::int2[], $2::int8[]) AS e(id, epoch)
            WHERE NOT EXISTS (SELECT FROM shard s WHERE s.id = e.id AND s.epoch = e.epoch))
        """)

    private static let journalHolds = PostgresStatement(
        "journal_holds",
        """
        INSERT INTO hold (id, kind, state, channel_id, request, fingerprint, lines, cells, quantities,
            vshards, epochs, seqs, expires_at, caller)
        SELECT r.id, 1, 1, r.channel, r.request, r.fingerprint,
            ($10::int2[])[r.first:r.last], ($11::int8[])[r.first:r.last], ($12::int8[])[r.first:r.last],
            ($13::int2[])[r.call_first:r.call_last], ($14::int8[])[r.call_first:r.call_last],
            ($15::int8[])[r.call_first:r.call_last], now() + r.ttl * interval '1 millisecond', r.caller
        FROM unnest($1::uuid[], $2::int4[], $3::bytea[], $4::int8[], $5::int4[], $6::int4[], $7::int4[], $8::int4[],
            $9::int8[], $18::text[])
            AS r(id, channel, request, fingerprint, first, last, call_first, call_last, ttl, caller)
        WHERE NOT EXISTS (
            SELECT FROM unnest($16::int2[], $17::int8[]) AS e(id, epoch)
            WHERE NOT EXISTS (SELECT FROM shard s WHERE s.id = e.id AND s.epoch = e.epoch))
        ORDER BY r.id
        ON CONFLICT DO NOTHING
        RETURNING id, created_at, expires_at
        """)

    static let storedHolds = PostgresStatement(
        "stored_holds",
        """
        SELECT h.id, h.kind, h.state, h.channel_id, h.request, h.lines, h.cells, h.quantities, h.vshards, h.created_at,
            h.expires_at, h.order_id, coalesce(c.code, '')
        FROM hold h LEFT JOIN channel c ON c.id = h.channel_id WHERE h.id = ANY($1::uuid[]) AND h.kind = $2::int2
        """, access: .readOnly)

    /// Makes reservations true: all of a tick in one transaction, under the fence.
    ///
    /// Returns a verdict per entry.
    ///
    /// Entries with undecided lines must go to ``decide(_:calls:)``. `calls` are the admitting calls behind the entries; each is journalled once. Throws ``LedgerFault/fenced`` where
    /// one of their epochs has risen and ``LedgerFault/tripwire`` where one was journalled before: nothing was written.
    public func journal(_ entries: [HoldEntry], calls: [AdmissionStamp])
        -> @Sendable (PostgresConnection) throws -> [JournalVerdict]
    {
        { connection in
            let vshards = calls.map(\.vshard.rawValue)
            let epochs = calls.map(\.epoch)
            let steps: [LedgerStep] = [
                (.begin, []),
                (Ledger.joinFence, [.int32(LedgerLock.epochFence)]),
                (
                    Ledger.journalCallsFenced,
                    [.int16s(vshards), .int64s(epochs), .int64s(calls.map(\.sequence))]
                ),
                (
                    Ledger.journalHolds,
                    Ledger.columns(of: entries) + [
                        .int16s(vshards), .int64s(epochs), .texts(entries.map(\.caller)),
                    ]
                ),
                (.commit, []),
            ]
            Failpoint.journalling.pass()
            let results: [PostgresRows]
            do {
                results = try connection.pipeline(Ledger.sabotaged(steps, entries, calls))
            } catch let error as PostgresError where error.isConflict(on: "journal_seq_pkey") {
                throw LedgerFault.tripwire
            }
            guard results[2].affectedRows == calls.count else { throw LedgerFault.fenced }
            return try Ledger.afterCommit {
                if Failpoint.journalled.pass() { throw LedgerFault.planOutdated }
                var verdicts: [EntityID: JournalVerdict] = [:]
                verdicts.reserveCapacity(entries.count)
                for row in results[3] {
                    verdicts[EntityID(try row.uuid(0))] = .journalled(
                        createdAt: Instant(microseconds: try row.timestamp(1)),
                        expiresAt: Instant(microseconds: try row.timestamp(2)), decided: [])
                }
                return entries.map { verdicts[$0.id] ?? .stands }
            }
        }
    }

    /// Runs what follows a confirmed commit: whatever goes wrong now, the effect stands, so it must not look undone.
    static func afterCommit<R>(_ body: () throws -> R) throws -> R {
        do { return try body() } catch {
            throw Refusal.outcomeUnknown("the ledger's answer after the commit cannot be read")
        }
    }

    static func columns(of entries: [HoldEntry]) -> [PostgresValue] {
        var first: [Int32] = []
        var last: [Int32] = []
        var callFirst: [Int32] = []
        var callLast: [Int32] = []
        var takes: [CellTake] = []
        var stamps: [AdmissionStamp] = []
        for entry in entries {
            first.append(Int32(takes.count + 1))
            takes.append(contentsOf: entry.takes)
            last.append(Int32(takes.count))
            callFirst.append(Int32(stamps.count + 1))
            stamps.append(contentsOf: entry.stamps)
            callLast.append(Int32(stamps.count))
        }
        return [
            .uuids(entries.map { PostgresUUID($0.id) }),
            .int32s(entries.map(\.channel)),
            .bytesArray(entries.map(\.body)),
            .int64s(entries.map { Int64(bitPattern: $0.fingerprint) }),
            .int32s(first), .int32s(last), .int32s(callFirst), .int32s(callLast),
            .int64s(entries.map(\.ttlMilliseconds)),
            .int16s(takes.map { Int16($0.line) }),
            .int64s(takes.map(\.cell.rawValue)),
            .int64s(takes.map(\.quantity)),
            .int16s(stamps.map(\.vshard.rawValue)),
            .int64s(stamps.map(\.epoch)),
            .int64s(stamps.map(\.sequence)),
        ]
    }

    /// Holds of one kind as they stand; ids without a row are left out.
    public func holds(_ ids: [EntityID], kind: HoldKind) async throws -> [StoredHold] {
        try await onConnection { connection in try Ledger.holds(ids, kind: kind, on: connection) }
    }

    static func holds(_ ids: [EntityID], kind: HoldKind, on connection: PostgresConnection) throws -> [StoredHold] {
        guard !ids.isEmpty else { return [] }
        return try storedHolds(
            try connection.execute(
                Ledger.storedHolds, [.uuids(ids.map { PostgresUUID($0) }), .int16(kind.rawValue)]))
    }

    static func storedHolds(_ rows: PostgresRows) throws -> [StoredHold] {
        try rows.map { row in
            guard let kind = HoldKind(rawValue: try row.int16(1)), let state = HoldState(rawValue: try row.int16(2))
            else { throw LedgerFault.planOutdated }
            return StoredHold(
                key: HoldKey(kind, EntityID(try row.uuid(0))),
                state: state,
                channel: try row.int32(3),
                channelCode: try row.text(12),
                body: try row.bytes(4),
                takes: try CellTake.list(lines: row.int16s(5), cells: row.int64s(6), quantities: row.int64s(7)),
                vshards: try row.int16s(8).map { VShard($0) },
                createdAt: Instant(microseconds: try row.timestamp(9)),
                expiresAt: Instant(microseconds: try row.timestamp(10)),
                order: try row.uuidOrNil(11).map { EntityID($0) })
        }
    }
}

extension PostgresError {
    /// True for a unique violation of any constraint.
    var isUniqueViolation: Bool {
        guard case .server(let state) = kind else { return false }
        return state == .uniqueViolation
    }

    /// True for a unique violation of the named constraint.
    func isConflict(on constraint: String) -> Bool {
        guard case .server(let state) = kind, state == .uniqueViolation else { return false }
        return self.constraint == constraint
    }
}

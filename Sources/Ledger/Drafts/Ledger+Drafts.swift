public import Domain
import PostgresClient

/// Which drafts a list is to have.
public struct DraftFilter: Sendable, Hashable {
    /// Only of this channel; empty is all.
    public var channel: String
    /// Only in this state; nil is all.
    public var state: DraftState?
    /// Only of these channels; nil is all.
    public var channels: Set<String>?

    /// Makes a filter.
    public init(channel: String = "", state: DraftState? = nil, channels: Set<String>? = nil) {
        self.channel = channel
        self.state = state
        self.channels = channels
    }
}

/// A draft that is being placed, and which attempt of that this is.
public struct DraftAttempt: Sendable, Hashable {
    /// The draft.
    public var draft: OrderDraft
    /// The number of the attempt; 0 where the order is there already.
    public var number: Int32
}

/// A draft that is being placed, by its last attempt.
public struct PlacingDraft: Sendable, Hashable {
    /// The draft.
    public var id: EntityID
    /// The number of the attempt.
    public var attempt: Int32
}

extension Ledger {
    private static let draftColumns = """
        SELECT d.id, c.code, d.state, d.revision, d.content, d.note, d.valid_until, d.saved_at, d.valid_until <= now()
        FROM order_draft d JOIN channel c ON c.id = d.channel_id
        """
    private static let draftByID = PostgresStatement(
        "draft_by_id", "\(draftColumns) WHERE d.id = $1::uuid", access: .readOnly)
    private static let lockDraft = PostgresStatement(
        "lock_draft", "\(draftColumns) WHERE d.id = $1::uuid FOR UPDATE OF d")
    private static let channelOfDraft = PostgresStatement(
        "channel_of_draft", "SELECT id FROM channel WHERE code = $1::text", access: .readOnly)
    private static let orderOfDraft = PostgresStatement(
        "order_of_draft", "SELECT 1 FROM orders WHERE id = $1::uuid", access: .readOnly)
    private static let insertDraft = PostgresStatement(
        "insert_draft",
        """
        INSERT INTO order_draft (id, channel_id, state, revision, content, note, valid_until, saved_by)
        VALUES ($1::uuid, $2::int4, $3::int2, 1, $4::bytea, $5::text, $6::timestamptz, $7::text) RETURNING saved_at
        """)
    private static let replaceDraft = PostgresStatement(
        "replace_draft",
        """
        UPDATE order_draft SET channel_id = $2::int4, state = $3::int2, revision = revision + 1, content = $4::bytea,
            note = $5::text, valid_until = $6::timestamptz, saved_by = $7::text, saved_at = now()
        WHERE id = $1::uuid RETURNING saved_at
        """)
    private static let turnDraft = PostgresStatement(
        "turn_draft", "UPDATE order_draft SET state = $2::int2 WHERE id = $1::uuid")
    private static let attemptDraft = PostgresStatement(
        "attempt_draft",
        "UPDATE order_draft SET state = $2::int2, attempts = attempts + 1 WHERE id = $1::uuid RETURNING attempts")
    private static let lockAttempt = PostgresStatement(
        "lock_draft_attempt", "SELECT state, attempts FROM order_draft WHERE id = $1::uuid FOR UPDATE")
    private static let placingDrafts = PostgresStatement(
        "placing_drafts",
        "SELECT id, attempts FROM order_draft WHERE state = \(DraftState.placing.rawValue) ORDER BY id LIMIT $1::int4",
        access: .readOnly)
    static let joinDrafts = PostgresStatement(
        "join_drafts",
        "SELECT id, state, revision FROM order_draft WHERE id = ANY($1::uuid[]) ORDER BY id FOR SHARE")
    private static let draftPage = PostgresStatement(
        "draft_page",
        """
        \(draftColumns)
        WHERE (d.saved_at, d.id) < ($1::timestamptz, $2::uuid) AND ($3::int2 = 0 OR d.state = $3::int2)
            AND ($4::text[] IS NULL OR c.code = ANY($4::text[]))
        ORDER BY d.saved_at DESC, d.id DESC LIMIT $5::int4
        """, access: .readOnly)

    /// Stores a draft, for the first time or in place of what it had; the reply is stored with the effect.
    ///
    /// - Parameters:
    ///   - request: the draft.
    ///   - encodeReply: makes the reply.
    /// - Returns: the reply, this time's or that of the same request before.
    /// - Throws: `Refusal` where it cannot be changed any more, has another revision than the caller expects, or its id is an
    ///   order's.
    public func saveDraft(
        _ request: DraftRequest, encodeReply: @escaping @Sendable (OrderDraft) throws -> [UInt8]
    ) async throws -> [UInt8] {
        try await onceOnly { connection in
            let id = PostgresValue.uuid(PostgresUUID(request.draft))
            let read = try connection.pipeline([
                (.begin, []), (Ledger.lockDraft, [id]), (Ledger.channelOfDraft, [.text(request.channel)]),
                (Ledger.orderOfDraft, [id]),
            ])
            let stands = try read[1].first.map { try OrderDraft(row: $0) }
            if let stands { try request.caller.scope.admit(channel: stands.channel) }
            if let reply = try Ledger.storedReply(
                request.id, .draft, body: request.body, caller: request.caller, on: connection)
            {
                return reply
            }
            let name = request.draft.description
            let row = try Lifecycle.draft.decide(
                .save, in: stands?.state, by: request.caller.actors, naming: name)
            guard let channel = try read[2].first?.int32(0) else {
                throw Refusal.invalid([FieldViolation("draft.content.channel", "no channel has this code")])
            }
            guard request.expectedRevision == stands?.revision ?? 0 else {
                throw Refusal.wrongState(
                    .draft, name, state: "revision=\(stands?.revision ?? 0)",
                    explanation: "the caller has read revision \(request.expectedRevision)")
            }
            guard read[3].isEmpty else { throw Refusal.isOrdered(request.draft) }
            let saved = try connection.execute(
                stands == nil ? Ledger.insertDraft : Ledger.replaceDraft,
                [
                    id, .int32(channel), .int16(row.to.rawValue), .bytes(request.content), .text(request.note),
                    .timestamp(microsecondsSinceEpoch: request.validUntil?.microseconds ?? .max),
                    .text(request.caller.id),
                ])
            let reply = try encodeReply(
                OrderDraft(
                    id: request.draft, channel: request.channel, state: row.to,
                    revision: (stands?.revision ?? 0) + 1, content: request.content, note: request.note,
                    validUntil: request.validUntil,
                    savedAt: Instant(microseconds: try saved.single.timestamp(0))))
            try connection.pipeline([
                Ledger.storing(
                    request.id, .draft, body: request.body, reply: reply, caller: request.caller,
                    subject: request.draft), (.commit, []),
            ])
            return reply
        }
    }

    /// Gives a draft up; the reply is stored with the effect.
    public func discardDraft(
        _ draft: EntityID, id: EntityID, body: [UInt8], caller: Caller,
        encodeReply: @escaping @Sendable (OrderDraft) throws -> [UInt8]
    ) async throws -> [UInt8] {
        try await onceOnly { connection in
            var stands = try Ledger.lockedDraft(draft, by: caller, on: connection).draft
            if let reply = try Ledger.storedReply(id, .draft, body: body, caller: caller, on: connection) {
                return reply
            }
            stands.state =
                try Lifecycle.draft.decide(
                    .discard, in: stands.state, by: caller.actors, naming: draft.description
                ).to
            guard try connection.execute(Ledger.orderOfDraft, [.uuid(PostgresUUID(draft))]).isEmpty else {
                throw Refusal.isOrdered(draft)
            }
            let reply = try encodeReply(stands)
            try connection.pipeline([
                (Ledger.turnDraft, [.uuid(PostgresUUID(draft)), .int16(stands.state.rawValue)]),
                Ledger.storing(id, .draft, body: body, reply: reply, caller: caller, subject: draft), (.commit, []),
            ])
            return reply
        }
    }

    // MARK: - Placing

    /// Begins to place a draft: from now on nobody can change it, until it is an order or was refused.
    ///
    /// One that was found to have become an order, after whoever placed it had gone, is placed again for the answer.
    ///
    /// - Parameters:
    ///   - draft: the draft.
    ///   - revision: which revision the caller means; 0 for the present one.
    ///   - body: the call, to find a repetition of it.
    ///   - caller: who asks.
    /// - Returns: the reply where it was placed by this very call before, else the draft.
    /// - Throws: `Refusal` where it was given up, its time is over, or it has another revision.
    public func beginPlacing(
        _ draft: EntityID, revision: Int32, body: [UInt8], caller: Caller
    ) async throws -> (reply: [UInt8]?, attempt: DraftAttempt?) {
        try await onConnection { connection in
            let (stands, isOver) = try Ledger.lockedDraft(draft, by: caller, on: connection)
            if let reply = try Ledger.storedReply(draft, .draftPlacing, body: body, caller: caller, on: connection) {
                return (reply, nil)
            }
            let name = draft.description
            let isPlaced =
                try stands.state == .placed
                && !connection.execute(Ledger.orderOfDraft, [.uuid(PostgresUUID(draft))]).isEmpty
            let row = try Lifecycle.draft.decide(
                .place, in: isPlaced ? .placing : stands.state, by: caller.actors, naming: name)
            guard revision == 0 || revision == stands.revision else {
                throw Refusal.wrongState(
                    .draft, name, state: "revision=\(stands.revision)",
                    explanation: "the caller means revision \(revision)")
            }
            if stands.state == .open, isOver {
                throw Refusal.wrongState(
                    .draft, name, state: "expired", explanation: "its time is over: save it with another one")
            }
            if isPlaced { return (nil, DraftAttempt(draft: stands, number: 0)) }
            let number = try connection.pipeline([
                (Ledger.attemptDraft, [.uuid(PostgresUUID(draft)), .int16(row.to.rawValue)]), (.commit, []),
            ])[0].single.int32(0)
            return (nil, DraftAttempt(draft: stands, number: number))
        }
    }

    /// Notes that a draft has become an order; the reply is stored with that.
    public func endPlacing(
        _ attempt: DraftAttempt, body: [UInt8], reply: [UInt8], caller: Caller
    ) async throws -> [UInt8] {
        let draft = attempt.draft.id
        return try await onceOnly { connection in
            let (stands, _) = try Ledger.lockedDraft(draft, by: caller, on: connection)
            if let stored = try Ledger.storedReply(
                draft, .draftPlacing, body: body, caller: caller, on: connection)
            {
                return stored
            }
            if stands.state != .placed {
                let row = try Lifecycle.draft.decide(
                    .capture, in: stands.state, by: [.system], naming: draft.description)
                _ = try connection.execute(
                    Ledger.turnDraft, [.uuid(PostgresUUID(draft)), .int16(row.to.rawValue)])
            }
            try connection.pipeline([
                Ledger.storing(draft, .draftPlacing, body: body, reply: reply, caller: caller, subject: draft),
                (.commit, []),
            ])
            return reply
        }
    }

    /// Ends the placing of a draft whose attempt was surely refused, or is given up: where there is an order with its id it is
    /// placed, else it is open again; nothing is done where another attempt has begun since.
    ///
    /// It is sure: a capture joins the lock of the draft's row and is refused where that is not being placed any more, so that
    /// an attempt which is on its way yet is either seen here or refused there.
    ///
    /// - Parameters:
    ///   - draft: the draft.
    ///   - attempt: the number of the attempt.
    /// - Returns: where the draft stands then.
    /// - Throws: `Refusal`.
    public func endAttempt(_ draft: EntityID, attempt: Int32) async throws -> DraftState {
        try await onConnection { connection in
            let id = PostgresValue.uuid(PostgresUUID(draft))
            // The order is looked for behind the lock: whoever held it may have captured it.
            let read = try connection.pipeline([
                (.begin, []), (Ledger.lockAttempt, [id]), (Ledger.orderOfDraft, [id]),
            ])
            guard let row = read[1].first else { throw Refusal.notFound(.draft, draft.description) }
            guard let state = DraftState(rawValue: try row.int16(0)) else {
                throw UnreadableValue(column: "order_draft.state")
            }
            guard state == .placing, try row.int32(1) == attempt else { return state }
            let next = try Lifecycle.draft.decide(
                read[2].isEmpty ? .refuse : .capture, in: state, by: [.system], naming: draft.description
            ).to
            try connection.pipeline([(Ledger.turnDraft, [id, .int16(next.rawValue)]), (.commit, [])])
            return next
        }
    }

    /// Drafts that are being placed, in the order of their ids.
    public func placingDrafts(limit: Int32) async throws -> [PlacingDraft] {
        try await onConnection { connection in
            try connection.execute(Ledger.placingDrafts, [.int32(limit)]).map {
                PlacingDraft(id: EntityID(try $0.uuid(0)), attempt: try $0.int32(1))
            }
        }
    }

    // MARK: - Reading

    /// One draft; nil where there is none.
    public func draft(_ id: EntityID) async throws -> OrderDraft? {
        try await onConnection { connection in
            try connection.execute(Ledger.draftByID, [.uuid(PostgresUUID(id))]).first.map { try OrderDraft(row: $0) }
        }
    }

    /// Drafts before a key, those changed last first.
    public func drafts(_ filter: DraftFilter, before key: OrderKey?, limit: Int) async throws -> Page<OrderDraft> {
        let among = filter.channel.isEmpty ? filter.channels : filter.channels.narrowed(to: filter.channel)
        let last = OrderKey(placedAt: Instant(microseconds: .max), id: EntityID(high: .max, low: .max))
        return try await onConnection { connection in
            let rows = try connection.execute(
                Ledger.draftPage,
                [
                    .timestamp(microsecondsSinceEpoch: (key ?? last).placedAt.microseconds),
                    .uuid(PostgresUUID((key ?? last).id)), .int16(filter.state?.rawValue ?? 0), .codes(among),
                    .int32(Int32(clamping: limit + 1)),
                ])
            return Page(try rows.map { try OrderDraft(row: $0) }, limit: limit)
        }
    }

    private static func lockedDraft(
        _ id: EntityID, by caller: Caller, on connection: PostgresConnection
    ) throws -> (draft: OrderDraft, isOver: Bool) {
        let rows = try connection.pipeline([(.begin, []), (lockDraft, [.uuid(PostgresUUID(id))])])[1]
        guard let row = rows.first else { throw Refusal.missing(.draft, id.description, for: caller) }
        let draft = try OrderDraft(row: row)
        try caller.scope.admit(channel: draft.channel)
        return (draft, try row.bool(8))
    }
}

extension Refusal {
    /// What is told of a draft that has become an order, whatever its state says.
    fileprivate static func isOrdered(_ draft: EntityID) -> Refusal {
        .wrongState(
            .draft, draft.description, state: DraftState.placed.word, explanation: "there is an order with this id")
    }
}

extension OrderDraft {
    fileprivate init(row: PostgresRow) throws {
        guard let state = DraftState(rawValue: try row.int16(2)) else {
            throw UnreadableValue(column: "order_draft.state")
        }
        let validUntil = try row.timestamp(6)
        self.init(
            id: EntityID(try row.uuid(0)), channel: try row.text(1), state: state, revision: try row.int32(3),
            content: try row.bytes(4), note: try row.text(5),
            validUntil: validUntil == .max ? nil : Instant(microseconds: validUntil),
            savedAt: Instant(microseconds: try row.timestamp(7)))
    }
}

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
    /// The number of the attempt.
    public var number: Int32
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
    private static let reopenDraft = PostgresStatement(
        "reopen_draft",
        "UPDATE order_draft SET state = $2::int2 WHERE id = $1::uuid AND state = $3::int2 AND attempts = $4::int4")
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
            guard read[3].isEmpty else {
                throw Refusal.wrongState(
                    .draft, name, state: DraftState.placed.word, explanation: "there is an order with this id")
            }
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
            let row = try Lifecycle.draft.decide(.place, in: stands.state, by: caller.actors, naming: name)
            guard revision == 0 || revision == stands.revision else {
                throw Refusal.wrongState(
                    .draft, name, state: "revision=\(stands.revision)",
                    explanation: "the caller means revision \(revision)")
            }
            if stands.state == .open, isOver {
                throw Refusal.wrongState(
                    .draft, name, state: "expired", explanation: "its time is over: save it with another one")
            }
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
            let row = try Lifecycle.draft.decide(.capture, in: stands.state, by: [.system], naming: draft.description)
            try connection.pipeline([
                (Ledger.turnDraft, [.uuid(PostgresUUID(draft)), .int16(row.to.rawValue)]),
                Ledger.storing(draft, .draftPlacing, body: body, reply: reply, caller: caller, subject: draft),
                (.commit, []),
            ])
            return reply
        }
    }

    /// Opens a draft again whose order was surely refused; nothing where another attempt has begun since.
    public func reopenDraft(_ attempt: DraftAttempt) async throws {
        try await onConnection { connection in
            _ = try connection.execute(
                Ledger.reopenDraft,
                [
                    .uuid(PostgresUUID(attempt.draft.id)), .int16(DraftState.open.rawValue),
                    .int16(DraftState.placing.rawValue), .int32(attempt.number),
                ])
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

public import Domain
import PostgresClient

/// Which wishes to cancel a list is to have.
public struct LateCancelFilter: Sendable, Hashable {
    /// Only of this order; nil is all.
    public var order: EntityID?
    /// Only at this location, or to be collected there; empty is all.
    public var location: String
    /// Only in this state; nil is all.
    public var state: LateCancelState?
    /// Only of orders of these channels; nil is all.
    public var channels: Set<String>?
    /// Only at these locations, or to be collected there; nil is all.
    public var locations: Set<String>?

    /// Makes a filter.
    public init(
        order: EntityID? = nil, location: String = "", state: LateCancelState? = nil, channels: Set<String>? = nil,
        locations: Set<String>? = nil
    ) {
        self.order = order
        self.location = location
        self.state = state
        self.channels = channels
        self.locations = locations
    }
}

extension Ledger {
    private static let wishColumns = """
        SELECT w.id, w.request_id, w.order_id, w.fulfilment_id, w.location, w.state, w.reason, w.answer, w.lines,
            w.quantities, w.asked_at, w.ended_at,
            ARRAY(SELECT p.sku FROM unnest(w.lines) WITH ORDINALITY AS t(line, place)
                JOIN order_line l ON l.order_id = w.order_id AND l.line_number = t.line
                JOIN product p ON p.id = l.product_id ORDER BY t.place)
        FROM late_cancel w
        """
    private static let wishByID = PostgresStatement(
        "late_cancel_by_id", "\(wishColumns) WHERE w.id = $1::uuid", access: .readOnly)
    private static let openWishes = PostgresStatement(
        "open_late_cancels", "\(wishColumns) WHERE w.order_id = $1::uuid AND w.state = 1", access: .readOnly)
    private static let wishPage = PostgresStatement(
        "late_cancel_page",
        """
        \(wishColumns) JOIN orders o ON o.id = w.order_id JOIN channel c ON c.id = o.channel_id
        WHERE (w.asked_at, w.id) > ($1::timestamptz, $2::uuid) AND ($3::uuid IS NULL OR w.order_id = $3::uuid)
            AND ($4::text[] IS NULL OR w.location = ANY($4::text[])
                OR EXISTS (SELECT FROM fulfilment f JOIN location l ON l.id = f.collect_location_id
                    WHERE f.id = w.fulfilment_id AND l.code = ANY($4::text[])))
            AND ($5::int2 = 0 OR w.state = $5::int2)
            AND ($6::text[] IS NULL OR c.code = ANY($6::text[]))
        ORDER BY w.asked_at, w.id LIMIT $7::int4
        """, access: .readOnly)
    private static let insertWish = PostgresStatement(
        "insert_late_cancel",
        """
        INSERT INTO late_cancel (id, request_id, order_id, fulfilment_id, location, state, reason, lines, quantities, asked_by)
        VALUES ($1::uuid, $2::uuid, $3::uuid, $4::uuid, $5::text, $6::int2, $7::text, $8::int2[], $9::int8[], $10::text)
        """)
    private static let endWish = PostgresStatement(
        "end_late_cancel",
        """
        UPDATE late_cancel SET state = $2::int2, answer = $3::text, ended_at = now(), ended_by = $4::text
        WHERE id = $1::uuid
        """)
    private static let pastWishes = PostgresStatement(
        "past_late_cancels",
        """
        SELECT w.id FROM late_cancel w JOIN fulfilment f ON f.id = w.fulfilment_id
        WHERE w.state = 1 AND NOT (f.kind, f.state) IN (SELECT * FROM unnest($2::int2[], $3::int2[]))
        ORDER BY w.asked_at LIMIT $1::int4
        """, access: .readOnly)
    private static let timeNow = PostgresStatement("late_cancel_now", "SELECT now()", access: .readOnly)

    // MARK: - Asking

    /// Asks those who have released units of an order to give them up; the reply is stored with the effect.
    ///
    /// - Parameters:
    ///   - change: who asks, and why.
    ///   - wanted: units by line number; empty for everything that is released and has not left.
    ///   - encodeReply: makes the reply.
    /// - Returns: the reply, this time's or that of the same request before.
    /// - Throws: `Refusal` where the caller may not, or fewer units can be asked for.
    public func askCancellation(
        _ change: OrderChange, lines wanted: [(number: Int32, quantity: Int64)],
        encodeReply: @escaping @Sendable ([LateCancellation]) throws -> [UInt8]
    ) async throws -> [UInt8] {
        try await changeOrder(change) { work in
            let row = try Lifecycle.lateCancel.decide(
                .ask, in: nil, by: change.caller.actors, naming: "\(work.head.id)")
            let wishes = try work.wishes(wanted, in: row.to)
            for wish in wishes {
                work.write(
                    (
                        Ledger.insertWish,
                        [
                            .uuid(PostgresUUID(wish.id)), .uuid(PostgresUUID(wish.request)),
                            .uuid(PostgresUUID(wish.order)), .uuid(PostgresUUID(wish.fulfilment)),
                            .text(wish.location), .int16(wish.state.rawValue), .text(wish.reason),
                            .int16s(wish.lines.map { Int16($0.number) }), .int64s(wish.lines.map(\.quantity)),
                            .text(change.caller.id),
                        ]
                    ))
                work.tell(
                    .cancellationRequested, thing: .init(.lateCancel, wish.id, from: nil, to: wish.state),
                    details: wish.details)
            }
            return try encodeReply(wishes)
        }.reply
    }

    // MARK: - Answering

    /// A wish; nil where there is none.
    public func lateCancellation(_ id: EntityID) async throws -> LateCancellation? {
        try await onConnection { connection in
            try connection.execute(Ledger.wishByID, [.uuid(PostgresUUID(id))]).first.map {
                try LateCancellation(row: $0)
            }
        }
    }

    /// Accepts, refuses or takes back a wish; the reply is stored with the effect.
    ///
    /// Accepted, its units are cancelled and the fulfilment gives them up, or ends where it has no others.
    ///
    /// - Parameters:
    ///   - answer: what is said.
    ///   - order: the wish's order.
    ///   - encodeReply: makes the reply.
    /// - Returns: the reply and what Redis must be told.
    /// - Throws: `Refusal` where the caller may not, the wish was answered already, or the goods have gone on.
    public func answerCancellation(
        _ answer: LateCancelAnswer, of order: EntityID,
        encodeReply: @escaping @Sendable (LateCancelOutcome) throws -> [UInt8]
    ) async throws -> (reply: [UInt8], settlement: Settlement) {
        let change = OrderChange(
            id: answer.id, order: order, kind: .lateCancel, body: answer.body, caller: answer.caller,
            reason: answer.words)
        let actors = answer.caller.id == Caller.review.id ? [.system] : answer.caller.actors
        return try await changeOrder(change) { work in
            let read = try work.connection.pipeline([
                (Ledger.wishByID, [.uuid(PostgresUUID(answer.wish))]), (Ledger.timeNow, []),
            ])
            guard let found = read[0].first else { throw Refusal.notFound(.lateCancel, answer.wish.description) }
            var wish = try LateCancellation(row: found)
            let before = wish.state
            let row = try Lifecycle.lateCancel.decide(
                answer.event, in: before, by: actors, naming: answer.wish.description)
            wish.state = row.to
            wish.answer = answer.words
            wish.endedAt = Instant(microseconds: try read[1].single.timestamp(0))
            var moved: [UnitsMoved] = []
            var given: (before: FulfilmentStanding, fulfilment: Fulfilment, withdrawn: [UnitsMoved])?
            if row.effect.units.contains(.recall) { given = try work.recall(wish, &moved) }
            work.write(
                (
                    Ledger.endWish,
                    [
                        .uuid(PostgresUUID(wish.id)), .int16(wish.state.rawValue), .text(wish.answer),
                        .text(answer.caller.id),
                    ]
                ))
            let kind: OrderEventKind =
                switch wish.state {
                case .accepted: .cancellationAccepted
                case .withdrawn: .cancellationWithdrawn
                case .tooLate, .asked: .cancellationRefused
                }
            work.tell(
                kind, moved: moved, thing: .init(.lateCancel, wish.id, from: before, to: wish.state),
                details: wish.details)
            if let given, given.before != given.fulfilment.standing {
                work.tell(
                    .fulfilmentCancelled, moved: given.withdrawn,
                    thing: given.fulfilment.standing.thing(given.fulfilment.id, from: given.before),
                    details: given.fulfilment.eventDetails)
            }
            work.releaseWhatIsLeft()
            return try encodeReply(
                LateCancelOutcome(
                    wish: wish, cancelled: Ledger.byLine(moved), currency: work.head.currency, status: work.status))
        }
    }

    // MARK: - Lists

    /// Wishes after a key, oldest first.
    public func lateCancellations(
        _ filter: LateCancelFilter, after key: OrderKey?, limit: Int
    ) async throws -> Page<LateCancellation> {
        let places = filter.location.isEmpty ? filter.locations : filter.locations.narrowed(to: filter.location)
        return try await onConnection { connection in
            let rows = try connection.execute(
                Ledger.wishPage,
                [
                    .timestamp(microsecondsSinceEpoch: key?.placedAt.microseconds ?? .min),
                    .uuid(PostgresUUID(key?.id ?? EntityID(high: 0, low: 0))),
                    .optional(filter.order) { .uuid(PostgresUUID($0)) }, .codes(places),
                    .int16(filter.state?.rawValue ?? 0), .codes(filter.channels), .int32(Int32(clamping: limit + 1)),
                ])
            return Page(try rows.map { try LateCancellation(row: $0) }, limit: limit)
        }
    }

    /// Wishes that nobody has answered and nobody can accept any more: their goods have left.
    public func pastLateCancellations(limit: Int32) async throws -> [EntityID] {
        let open = FulfilmentKind.allCases.flatMap { kind in
            FulfilmentStanding.all(of: kind).filter(\.canBeCancelled)
        }
        return try await onConnection { connection in
            try connection.execute(
                Ledger.pastWishes,
                [.int32(limit), .int16s(open.map(\.kind.rawValue)), .int16s(open.map(\.stored))]
            ).map { EntityID(try $0.uuid(0)) }
        }
    }

    /// Units that are asked for already, by fulfilment and line.
    fileprivate static func unitsAsked(
        of order: EntityID, on connection: PostgresConnection
    ) throws -> (units: [EntityID: [Int32: Int64]], now: Instant) {
        let read = try connection.pipeline([(openWishes, [.uuid(PostgresUUID(order))]), (timeNow, [])])
        var units: [EntityID: [Int32: Int64]] = [:]
        for row in read[0] {
            let wish = try LateCancellation(row: row)
            for line in wish.lines { units[wish.fulfilment, default: [:]][line.number, default: 0] += line.quantity }
        }
        return (units, Instant(microseconds: try read[1].single.timestamp(0)))
    }
}

extension FulfilmentStanding {
    /// Whether its table lets it be cancelled.
    var canBeCancelled: Bool {
        switch self {
        case .ship(let state): Lifecycle.fulfilment[state, .cancel] != nil
        case .pickup(let state): Lifecycle.pickup[state, .cancel] != nil
        case .dropShip(let state): Lifecycle.dropShip[state, .cancel] != nil
        }
    }
}

extension OrderWork {
    /// The wishes that ask for units: of each line from the fulfilments that have them, by their numbers.
    fileprivate func wishes(
        _ wanted: [(number: Int32, quantity: Int64)], in state: LateCancelState
    ) throws -> [LateCancellation] {
        for line in wanted { _ = try place(ofLine: line.number) }
        let (asked, now) = try Ledger.unitsAsked(of: head.id, on: connection)
        let fulfilments = try Ledger.fulfilments(of: head.id, on: connection).filter(\.standing.canBeCancelled)
        var rest: [Int32: Int64] = [:]
        for line in wanted { rest[line.number] = line.quantity }
        var wishes: [LateCancellation] = []
        for fulfilment in fulfilments {
            var lines: [LateCancellation.Line] = []
            for number in Set(fulfilment.lines.map(\.number)).sorted() {
                let mine = fulfilment.lines.filter { $0.number == number }
                let there = mine.reduce(0) { $0 + $1.open } - (asked[fulfilment.id]?[number] ?? 0)
                let part = wanted.isEmpty ? there : min(there, rest[number] ?? 0)
                guard part > 0, let sku = mine.first?.sku else { continue }
                rest[number, default: 0] -= part
                lines.append(.init(number: number, sku: sku, quantity: part))
            }
            guard !lines.isEmpty else { continue }
            wishes.append(
                LateCancellation(
                    id: change.id.named("cancel \(fulfilment.id)"), request: change.id, order: head.id,
                    fulfilment: fulfilment.id, location: fulfilment.location, state: state, lines: lines,
                    reason: change.reason, askedAt: now))
        }
        for line in wanted where (rest[line.number] ?? 0) > 0 {
            let there = line.quantity - (rest[line.number] ?? 0)
            throw Refusal.wrongState(
                .orderLine, "\(head.id) line \(line.number)", state: "recallable=\(there)",
                explanation: "\(line.quantity) units were asked for, \(there) are released and have not left")
        }
        guard !wishes.isEmpty else {
            throw Refusal.wrongState(
                .order, "\(head.id)", state: status.word,
                explanation: "no unit is released that has not left, or all are asked for already")
        }
        return wishes
    }

    /// Cancels the units of a wish where they are; the fulfilment gives them up, and ends where it has no other goods.
    ///
    /// Articles without stock that would be all that it has left are withdrawn: there is nothing to be picked for them.
    fileprivate mutating func recall(
        _ wish: LateCancellation, _ moved: inout [UnitsMoved]
    ) throws -> (before: FulfilmentStanding, fulfilment: Fulfilment, withdrawn: [UnitsMoved]) {
        guard var fulfilment = try Ledger.fulfilment(wish.fulfilment, on: connection)?.fulfilment else {
            throw Refusal.notFound(.fulfilment, wish.fulfilment.description)
        }
        stepping = fulfilment.id
        let (before, linesBefore) = (fulfilment.standing, fulfilment.lines)
        let next = try before.after(.cancel, by: change.caller.actors, naming: fulfilment.id.description)
        guard let status = before.units else {
            throw Refusal.wrongState(
                before.kind.subject, fulfilment.id.description, state: before.word, explanation: "it has no units")
        }
        var shelved: [CellPart] = []
        for line in wish.lines {
            var rest = line.quantity
            var parts: [CellPart] = []
            for index in fulfilment.lines.indices where fulfilment.lines[index].number == line.number && rest > 0 {
                let part = min(rest, fulfilment.lines[index].open)
                guard part > 0 else { continue }
                fulfilment.lines[index].open -= part
                rest -= part
                if let cell = fulfilment.lines[index].cell { parts.append(CellPart(cell: cell, quantity: part)) }
            }
            // What was found missing since was cancelled, re-sourced or backordered by its own rule.
            guard line.quantity > rest else { continue }
            shelved += parts
            moved.append(try move(.recall, line.quantity - rest, line: line.number, from: status, parts: parts))
        }
        try shelve(shelved, of: fulfilment)
        var withdrawn: [UnitsMoved] = []
        if !shelved.isEmpty, !fulfilment.lines.contains(where: { $0.tracked && $0.open > 0 }) {
            for index in fulfilment.lines.indices where fulfilment.lines[index].open > 0 {
                let line = fulfilment.lines[index]
                withdrawn.append(try move(.withdraw, line.open, line: line.number, from: status))
                fulfilment.lines[index].open = 0
            }
        }
        if fulfilment.openUnits == 0 {
            fulfilment.standing = next.standing
        } else if status == .packed {
            throw Refusal.wrongState(
                before.kind.subject, fulfilment.id.description, state: before.word,
                explanation: "it is packed: it can be cancelled as a whole only")
        }
        for step in Ledger.writing(fulfilment, before: linesBefore) { write(step) }
        return (before, fulfilment, withdrawn)
    }
}

extension LateCancellation {
    fileprivate init(row: PostgresRow) throws {
        guard let state = LateCancelState(rawValue: try row.int16(5)) else {
            throw UnreadableValue(column: "late_cancel.state")
        }
        let (numbers, quantities, skus) = (try row.int16s(8), try row.int64s(9), try row.texts(12))
        guard skus.count == numbers.count else { throw UnreadableValue(column: "late_cancel.lines") }
        self.init(
            id: EntityID(try row.uuid(0)), request: EntityID(try row.uuid(1)), order: EntityID(try row.uuid(2)),
            fulfilment: EntityID(try row.uuid(3)), location: try row.text(4), state: state,
            lines: numbers.indices.map { index in
                Line(number: Int32(numbers[index]), sku: skus[index], quantity: quantities[index])
            },
            reason: try row.text(6), answer: try row.text(7), askedAt: Instant(microseconds: try row.timestamp(10)),
            endedAt: try row.timestampOrNil(11).map { Instant(microseconds: $0) })
    }

    /// What events tell of it by name.
    fileprivate var details: [String: String] {
        [
            "fulfilment": fulfilment.description, "location": location,
            "units": lines.map { "\($0.number)=\($0.quantity)" }.joined(separator: ","),
        ]
    }
}

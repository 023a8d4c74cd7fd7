import Domain
import PostgresClient

/// The review of an order whose row is locked, and everything that holds it or has held it.
///
/// What a change does to it is kept here and written with the change, by ``steps``.
struct ReviewBook {
    /// The review itself.
    struct Review: Hashable {
        var state: ReviewState
        var round: Int32 = 1
        /// Rises with every change of the review.
        var version: Int32 = 0
        var looks: Int32 = 0
        var failures: Int32 = 0
        /// When the order is to be released, once it is validated.
        var releaseDue: Instant?
        /// What the fraud check has said in this round.
        var verdict: FraudVerdict?
        /// When a server is to look next, in microseconds; `Int64.max` for never.
        var dueAt: Int64
    }

    private struct Entry {
        var number: Int16
        var hold: OrderHold
        var round: Int32
        var isNew = false
        var isLifted = false
    }

    let order: EntityID
    /// The time of the transaction.
    let now: Instant
    /// The channel's rules; nil where it has none.
    let rules: ReviewRules?
    /// The review; nil where the order has none.
    private(set) var review: Review?
    private let reviewRead: Review?
    private let wasHeld: Bool
    private var entries: [Entry]
    /// Reasons that this change placed and lifted, in this order.
    private(set) var placed: [HoldReason] = []
    private(set) var lifted: [HoldReason] = []
    /// Who lifted them: one change has one who does.
    private(set) var liftedBy = ""

    private static let readReview = PostgresStatement(
        "review_of_order",
        """
        SELECT now(), v.state, v.due_at, v.failures, v.looks, v.round, v.release_due, v.verdict, v.verdict_round,
            v.verdict_reason, v.version, \(Ledger.reviewColumns)
        FROM (SELECT 1) AS one LEFT JOIN order_review v ON v.order_id = $1::uuid
        LEFT JOIN channel_review r ON r.channel_id = $2::int4
        """, access: .readOnly)
    private static let readHolds = PostgresStatement(
        "holds_of_order",
        """
        SELECT number, reason, detail, placed_at, released_at, coalesce(released_by, ''), round FROM order_hold
        WHERE order_id = $1::uuid ORDER BY number
        """, access: .readOnly)

    /// Reads the review of an order whose row is locked.
    init(_ order: EntityID, channel: Int32, on connection: PostgresConnection) throws {
        let id = PostgresValue.uuid(PostgresUUID(order))
        let read = try connection.pipeline([(Self.readReview, [id, .int32(channel)]), (Self.readHolds, [id])])
        let row = try read[0].single
        self.order = order
        now = Instant(microseconds: try row.timestamp(0))
        rules = try ReviewRules(row: row, at: 11)
        review = try Review(row: row)
        reviewRead = review
        let entries = try read[1].map { row in
            Entry(number: try row.int16(0), hold: try OrderHold(row: row, at: 1), round: try row.int32(6))
        }
        self.entries = entries
        wasHeld = Self.isHeld(review, entries)
    }

    private static func isHeld(_ review: Review?, _ entries: [Entry]) -> Bool {
        review?.state == .due || review?.state == .held || entries.contains { $0.hold.liftedAt == nil }
    }

    /// What holds the order now, oldest first.
    var open: [OrderHold] { entries.map(\.hold).filter { $0.liftedAt == nil } }

    /// Where it stands, for a reply.
    var standing: ReviewStanding {
        ReviewStanding(holds: open, review: review.map { OrderReview($0) }, lifted: lifted)
    }

    /// Reasons that somebody has approved in this round: they do not hold the order again.
    var approved: Set<HoldReason> {
        let round = review?.round ?? 0
        return Set(
            entries.filter { $0.round == round && $0.hold.liftedAt != nil && $0.hold.liftedBy != Caller.review.id }
                .map(\.hold.reason))
    }

    /// Whether the channel's rules keep the order until its payment is covered, and nobody has let it go on without.
    var demandsPayment: Bool {
        guard let review, review.state != .due, review.state != .ended else { return false }
        return rules?.payment == true && !approved.contains(.paymentMissing)
    }

    /// Whether this change decides something: where it does not, the review is only to be looked at another time.
    var isDecided: Bool {
        !placed.isEmpty || !lifted.isEmpty || review?.state != reviewRead?.state
            || review?.verdict != reviewRead?.verdict
    }

    /// Gives the order a review, as its capture does where its channel has rules.
    mutating func adopt(by actors: Set<LifecycleActor>) throws(Refusal) {
        let row = try Lifecycle.review.decide(.capture, in: nil, by: actors, naming: "\(order)")
        review = Review(state: row.to, dueAt: now.microseconds)
    }

    /// Makes an event happen to the review; nothing where the order has none.
    mutating func advance(_ event: ReviewEvent, by actors: Set<LifecycleActor>) throws(Refusal) {
        guard let state = review?.state else { return }
        let row = try Lifecycle.review.decide(event, in: state, by: actors, naming: "\(order)")
        review?.state = row.to
        if row.to != .validated { review?.releaseDue = nil }
    }

    /// Begins a new round, because the order itself was changed: approvals and verdicts of the one before no longer count.
    mutating func beginRound() {
        review?.round += 1
        review?.looks = 0
        review?.verdict = nil
    }

    /// Has a server look at it at a time, or never.
    mutating func lookNext(at microseconds: Int64) { review?.dueAt = microseconds }

    /// Notes that a look came to its end, and what the fraud check said.
    mutating func noteLook(_ verdict: FraudVerdict?) {
        review?.looks += 1
        review?.failures = 0
        switch verdict {
        case nil, .unavailable: break
        case .accepted, .suspected, .rejected: review?.verdict = verdict
        }
    }

    /// Lets the order be released once the remorse period is over.
    mutating func schedule(placedAt: Instant) {
        let remorse = Int64(rules?.remorseSeconds ?? 0) * 1_000_000
        let due = Instant(microseconds: max(now.microseconds, placedAt.microseconds + remorse))
        review?.releaseDue = due
        review?.dueAt = due.microseconds
    }

    /// Holds the order for a reason that does not hold it yet.
    mutating func place(_ finding: ReviewFinding) {
        let number = (entries.map(\.number).max() ?? 0) + 1
        entries.append(
            Entry(
                number: number,
                hold: OrderHold(reason: finding.reason, detail: finding.detail, placedAt: now),
                round: review?.round ?? 0, isNew: true))
        placed.append(finding.reason)
    }

    /// Lifts a reason that holds the order; nothing where it does not.
    mutating func lift(_ reason: HoldReason, by caller: String) {
        guard let place = entries.firstIndex(where: { $0.hold.reason == reason && $0.hold.liftedAt == nil }) else {
            return
        }
        entries[place].hold.liftedAt = now
        entries[place].hold.liftedBy = caller
        entries[place].isLifted = true
        lifted.append(reason)
        liftedBy = caller
    }

    // MARK: - Writing

    private static let writeReview = PostgresStatement(
        "write_order_review",
        """
        INSERT INTO order_review (order_id, state, due_at, failures, looks, round, release_due, verdict, verdict_round,
            verdict_reason)
        VALUES ($1::uuid, $2::int2, $3::timestamptz, $4::int4, $5::int4, $6::int4, $7::timestamptz, $8::int2, $6::int4,
            $9::text)
        ON CONFLICT (order_id) DO UPDATE SET state = excluded.state, due_at = excluded.due_at,
            failures = excluded.failures, looks = excluded.looks, round = excluded.round,
            release_due = excluded.release_due, verdict = excluded.verdict, verdict_round = excluded.verdict_round,
            verdict_reason = excluded.verdict_reason, version = order_review.version + 1
        """)
    private static let insertHolds = PostgresStatement(
        "insert_order_holds",
        """
        INSERT INTO order_hold (order_id, number, reason, detail, cause_id, round)
        SELECT $1::uuid, n.number, n.reason, n.detail, $2::uuid, n.round
        FROM unnest($3::int2[], $4::text[], $5::text[], $6::int4[]) AS n(number, reason, detail, round)
        """)
    private static let liftHolds = PostgresStatement(
        "lift_order_holds",
        """
        UPDATE order_hold SET released_at = now(), released_by = n.caller, release_cause = $2::uuid
        FROM unnest($3::int2[], $4::text[]) AS n(number, caller)
        WHERE order_hold.order_id = $1::uuid AND order_hold.number = n.number
        """)

    /// The steps that write what has changed.
    func steps(cause: EntityID) -> [LedgerStep] {
        let id = PostgresValue.uuid(PostgresUUID(order))
        var steps: [LedgerStep] = []
        if let review, review != reviewRead { steps.append((Self.writeReview, [id] + review.values)) }
        // Lifted first: a reason may hold the order again under another number.
        let ended = entries.filter { $0.isLifted && !$0.isNew }
        if !ended.isEmpty {
            steps.append(
                (
                    Self.liftHolds,
                    [
                        id, .uuid(PostgresUUID(cause)), .int16s(ended.map(\.number)),
                        .texts(ended.map(\.hold.liftedBy)),
                    ]
                ))
        }
        if wasHeld, !Self.isHeld(review, entries) { steps.append(Ledger.wakingReleases(of: order)) }
        let begun = entries.filter(\.isNew)
        if !begun.isEmpty {
            steps.append(
                (
                    Self.insertHolds,
                    [
                        id, .uuid(PostgresUUID(cause)), .int16s(begun.map(\.number)),
                        .texts(begun.map(\.hold.reason.word)), .texts(begun.map(\.hold.detail)),
                        .int32s(begun.map(\.round)),
                    ]
                ))
        }
        return steps
    }
}

extension ReviewBook.Review {
    fileprivate init?(row: PostgresRow) throws {
        guard let number = try row.int16OrNil(1) else { return nil }
        guard let state = ReviewState(rawValue: number) else { throw UnreadableValue(column: "order_review.state") }
        let round = try row.int32(5)
        self.init(
            state: state, round: round, version: try row.int32(10), looks: try row.int32(4), failures: try row.int32(3),
            releaseDue: try row.timestampOrNil(6).map { Instant(microseconds: $0) }, dueAt: try row.timestamp(2))
        guard try row.int32OrNil(8) == round else { return }
        let reason = try row.text(9)
        switch try row.int16OrNil(7) {
        case 1: verdict = .accepted
        case 2: verdict = .suspected(reason)
        case 3: verdict = .rejected(reason)
        default: verdict = nil
        }
    }

    /// The parameters of its row, behind the order's id.
    fileprivate var values: [PostgresValue] {
        let stored: (number: Int16?, reason: String) =
            switch verdict {
            case .accepted: (1, "")
            case .suspected(let reason): (2, reason)
            case .rejected(let reason): (3, reason)
            case .unavailable, nil: (nil, "")
            }
        return [
            .int16(state.rawValue), .timestamp(microsecondsSinceEpoch: dueAt), .int32(failures), .int32(looks),
            .int32(round), .optional(releaseDue) { .timestamp(microsecondsSinceEpoch: $0.microseconds) },
            .optional(stored.number) { .int16($0) }, .text(stored.reason),
        ]
    }
}

extension OrderReview {
    init(_ review: ReviewBook.Review) {
        self.init(state: review.state, releaseDue: review.releaseDue)
    }
}

extension OrderHold {
    /// Reads reason, detail, time, time of its end and who ended it from a column on.
    init(row: PostgresRow, at column: Int) throws {
        guard let reason = HoldReason(word: try row.text(column)) else {
            throw UnreadableValue(column: "order_hold.reason")
        }
        self.init(
            reason: reason, detail: try row.text(column + 1),
            placedAt: Instant(microseconds: try row.timestamp(column + 2)),
            liftedAt: try row.timestampOrNil(column + 3).map { Instant(microseconds: $0) },
            liftedBy: try row.text(column + 4))
    }
}

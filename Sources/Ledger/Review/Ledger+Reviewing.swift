public import Domain
import PostgresClient

/// A review that is due, and is looked at by this server until its lease is over.
public struct ReviewClaim: Hashable, Sendable {
    /// The order.
    public var order: EntityID
    /// Where the review stood.
    public var state: ReviewState
    /// How often the review has been changed.
    public var version: Int32

    /// The id of the step that the claim is for: whoever repeats it after a crash does the same once.
    public var step: EntityID { order.named("review \(version)") }
}

/// What is to be asked about an order before its rules are looked at.
public struct FraudQuestionDue: Sendable {
    /// What is told.
    public var order: FraudCase
    /// How long the answer may take, in milliseconds.
    public var timeLimitMilliseconds: Int32
}

extension Ledger {
    private static let claimReviews = PostgresStatement(
        "claim_reviews",
        """
        UPDATE order_review v SET failures = v.failures + 1,
            due_at = now() + make_interval(secs => $2::int4 * least(64, power(2, least(v.failures, 6)))::int4)
        FROM (
            SELECT order_id FROM order_review
            WHERE due_at < 'infinity' AND due_at <= now()
            ORDER BY due_at LIMIT $1::int4 FOR UPDATE SKIP LOCKED
        ) d
        WHERE v.order_id = d.order_id RETURNING v.order_id, v.state, v.version
        """)
    private static let fraudQuestion = PostgresStatement(
        "fraud_question",
        """
        SELECT coalesce(v.round, 1), v.verdict IS NOT NULL AND v.verdict_round = v.round, \(reviewColumns)
        FROM orders o JOIN channel_review r ON r.channel_id = o.channel_id
        LEFT JOIN order_review v ON v.order_id = o.id WHERE o.id = $1::uuid
        """, access: .readOnly)

    /// Takes reviews that are due, oldest first, none that another server has.
    ///
    /// Each is put off by the lease first, longer with every time that nobody came to the end of it, at most 64 leases: so one
    /// whose server died is found again, and one that cannot be looked at does not keep the others waiting.
    ///
    /// - Parameters:
    ///   - limit: how many at most.
    ///   - leaseSeconds: for how long nobody else takes them; longer than a look may last.
    /// - Returns: the claims.
    /// - Throws: `Refusal` where the ledger cannot be reached.
    public func claimReviews(limit: Int32, leaseSeconds: Int32) async throws -> [ReviewClaim] {
        try await onConnection { connection in
            try connection.execute(
                Ledger.claimReviews, [.int32(limit), .int32(leaseSeconds)]
            ).map { row in
                guard let state = ReviewState(rawValue: try row.int16(1)) else {
                    throw UnreadableValue(column: "order_review.state")
                }
                return ReviewClaim(order: EntityID(try row.uuid(0)), state: state, version: try row.int32(2))
            }
        }
    }

    /// What another program is to be asked about an order; nil where its channel asks none, or it has answered already.
    ///
    /// The question has the same id in the whole round of a review, so that whoever is asked twice can know it.
    public func fraudQuestionDue(_ order: EntityID) async throws -> FraudQuestionDue? {
        let (round, rules) = try await onConnection { connection -> (Int32, ReviewRules?) in
            guard let row = try connection.execute(Ledger.fraudQuestion, [.uuid(PostgresUUID(order))]).first,
                try !row.bool(1)
            else { return (0, nil) }
            return (try row.int32(0), try ReviewRules(row: row, at: 2))
        }
        guard let check = rules?.fraud, let order = try await self.order(order) else { return nil }
        guard let money = try await payments(of: order.id, within: .everything)?.money else { return nil }
        let lines = order.lines.compactMap { line -> FraudCase.Line? in
            let open = (line.quantities[.allocated] ?? 0) + (line.quantities[.backordered] ?? 0)
            return open > 0 ? FraudCase.Line(sku: line.sku, quantity: open, unitPrice: line.unitPrice) : nil
        }
        guard !lines.isEmpty else { return nil }
        return FraudQuestionDue(
            order: FraudCase(
                id: order.id.named("fraud \(round)"), order: order.id, channel: order.channel,
                externalID: order.externalID, customer: order.customer, delivery: order.delivery,
                currency: order.currency, owedMinor: money.total - money.notOwed, lines: lines,
                placedAt: order.placedAt),
            timeLimitMilliseconds: check.timeLimitMilliseconds)
    }

    // MARK: - Looking

    /// Looks at an order whose review is claimed: places and lifts what the rules say, or lets it pass.
    ///
    /// Where the order or its review has changed since the claim, nothing is done: it is due again then.
    ///
    /// - Parameters:
    ///   - claim: the claim.
    ///   - verdict: what the fraud check has said just now; nil where it was not asked.
    /// - Throws: what the ledger throws; nothing is changed then.
    public func look(_ claim: ReviewClaim, verdict: FraudVerdict?) async throws {
        let change = OrderChange(
            id: claim.step, order: claim.order, kind: .reviewStep, body: Ledger.reviewBody, caller: .review)
        _ = try await changeOrder(change) { work in
            var book = try ReviewBook(work.head.id, channel: work.head.channelID, on: work.connection)
            // The version tells a repetition apart, with or without a stored reply.
            work.keepsReply = false
            guard book.review?.version == claim.version, book.review?.state == claim.state else { return [] }
            try book.examine(&work, verdict: verdict, by: [.system])
            work.keepsReply = book.isDecided
            return []
        }
    }

    /// Looks at an order because somebody asks; the reply is stored with the effect.
    ///
    /// - Parameters:
    ///   - change: who asks.
    ///   - verdict: what the fraud check has said just now; nil where it was not asked.
    ///   - encodeReply: makes the reply.
    /// - Returns: the reply, this time's or that of the same request before.
    /// - Throws: `Refusal` where the caller may not, the channel has no rules, or nothing is left to release.
    public func validate(
        _ change: OrderChange, verdict: FraudVerdict?,
        encodeReply: @escaping @Sendable (ReviewStanding) throws -> [UInt8]
    ) async throws -> [UInt8] {
        try await changeOrder(change) { work in
            try Ledger.admit(.recheck, change.caller)
            var book = try ReviewBook(work.head.id, channel: work.head.channelID, on: work.connection)
            guard book.rules != nil else {
                throw Refusal.wrongState(
                    .channel, work.head.channel, state: "without_rules",
                    explanation: "its orders are not reviewed: give the channel rules first")
            }
            if book.review == nil {
                try book.adopt(by: [.system])
            } else {
                try book.advance(.recheck, by: change.caller.actors)
            }
            guard work.unreleased > 0 else { throw Ledger.nothingToRelease(work) }
            try book.examine(&work, verdict: verdict, by: [.system])
            return try encodeReply(book.standing)
        }.reply
    }

    // MARK: - Holding and approving

    /// Holds an order; the reply is stored with the effect.
    ///
    /// - Parameters:
    ///   - change: who asks; its reason is the hold's detail.
    ///   - encodeReply: makes the reply.
    /// - Returns: the reply, this time's or that of the same request before.
    /// - Throws: `Refusal` where the caller may not, it is held so already, or nothing is left to release.
    public func hold(
        _ change: OrderChange, encodeReply: @escaping @Sendable (ReviewStanding) throws -> [UInt8]
    ) async throws -> [UInt8] {
        try await changeOrder(change) { work in
            try Ledger.admit(.hold, change.caller)
            var book = try ReviewBook(work.head.id, channel: work.head.channelID, on: work.connection)
            guard work.unreleased > 0 else { throw Ledger.nothingToRelease(work) }
            guard !book.open.contains(where: { $0.reason == .manual }) else {
                throw Refusal.wrongState(
                    .orderHold, "\(work.head.id) \(HoldReason.manual.word)", state: "open",
                    explanation: "the order is held for this reason already")
            }
            try book.hold(ReviewFinding(.manual, change.reason), in: &work, by: change.caller.actors)
            return try encodeReply(book.standing)
        }.reply
    }

    /// Approves an order in spite of reasons that hold it; the reply is stored with the effect.
    ///
    /// - Parameters:
    ///   - change: who asks, and why.
    ///   - reasons: what is approved; empty for everything that holds it.
    ///   - encodeReply: makes the reply.
    /// - Returns: the reply, this time's or that of the same request before.
    /// - Throws: `Refusal` where the caller may not, or a reason does not hold the order.
    public func approve(
        _ change: OrderChange, reasons: [HoldReason],
        encodeReply: @escaping @Sendable (ReviewStanding) throws -> [UInt8]
    ) async throws -> [UInt8] {
        try await changeOrder(change) { work in
            try Ledger.admit(.approve, change.caller)
            var book = try ReviewBook(work.head.id, channel: work.head.channelID, on: work.connection)
            let open = book.open.map(\.reason)
            guard !open.isEmpty else {
                throw Refusal.wrongState(
                    .order, "\(work.head.id)", state: book.review?.state.word ?? "not_held",
                    explanation: "nothing holds the order")
            }
            for reason in reasons where !open.contains(reason) {
                throw Refusal.wrongState(
                    .orderHold, "\(work.head.id) \(reason.word)", state: "not_open",
                    explanation: "the order is held for \(open.map(\.word).joined(separator: ", "))")
            }
            for reason in reasons.isEmpty ? open : reasons { book.lift(reason, by: change.caller.id) }
            let before = book.review?.state
            try book.goOn(placedAt: work.head.placedAt, by: change.caller.actors)
            book.tell(in: &work, from: before)
            return try encodeReply(book.standing)
        }.reply
    }

    // MARK: - Releasing

    private static let openHolds = PostgresStatement(
        "open_holds_of_order",
        "SELECT reason FROM order_hold WHERE order_id = $1::uuid AND released_at IS NULL ORDER BY number",
        access: .readOnly)

    /// Reasons that hold an order now; call it with the order's row locked, and release nothing while there are any.
    static func openHolds(of order: EntityID, on connection: PostgresConnection) throws -> [String] {
        try connection.execute(openHolds, [.uuid(PostgresUUID(order))]).map { try $0.text(0) }
    }

    private static let releasableUnits = PostgresStatement(
        "releasable_units",
        """
        SELECT coalesce(sum(q.quantity) FILTER (WHERE q.status = 1 AND p.tracked), 0)::int8,
            coalesce(sum(q.quantity) FILTER (WHERE q.status = 1 AND NOT p.tracked), 0)::int8,
            coalesce(sum(q.quantity) FILTER (WHERE q.status = 4 AND p.tracked), 0)::int8,
            coalesce(bool_or(q.status IN (2, 8, 9)) FILTER (WHERE p.tracked), NOT bool_or(p.tracked))
        FROM order_line l JOIN product p ON p.id = l.product_id
        JOIN line_quantity q ON q.order_id = l.order_id AND q.line_number = l.line_number AND q.quantity > 0
        WHERE l.order_id = $1::uuid HAVING count(*) > 0
        """, access: .readOnly)

    /// How many units of a validated order can be released now; nil where it is no longer to be released.
    ///
    /// Articles without stock are by themselves only where the order has no others, or some of its goods were sent: whether
    /// postage is charged for goods that were all cancelled is for people to say.
    public func releasable(_ claim: ReviewClaim) async throws -> Int64? {
        guard try await order(claim.order)?.review?.state == .validated else { return nil }
        return try await onConnection { connection in
            let id = PostgresValue.uuid(PostgresUUID(claim.order))
            guard let row = try connection.execute(Ledger.releasableUnits, [id]).first else { return 0 }
            let (goods, others, waiting) = (try row.int64(0), try row.int64(1), try row.int64(2))
            if goods > 0 { return goods + others }
            return try waiting == 0 && row.bool(3) ? others : 0
        }
    }

    /// Notes that a validated order was given to its locations, or that nothing of it is left to be.
    ///
    /// Where units are left that could be released the order is looked at again after a time. Where only such are left as new
    /// supply or people move, whoever moves them has it looked at: see ``OrderWork/lookingSoon(at:)``.
    ///
    /// - Parameters:
    ///   - claim: the claim.
    ///   - pauseSeconds: after how long.
    /// - Throws: what the ledger throws; nothing is changed then.
    public func noteRelease(_ claim: ReviewClaim, pauseSeconds: Int64) async throws {
        let change = OrderChange(
            id: claim.step, order: claim.order, kind: .reviewStep, body: Ledger.reviewBody, caller: .review)
        _ = try await changeOrder(change) { work in
            var book = try ReviewBook(work.head.id, channel: work.head.channelID, on: work.connection)
            work.keepsReply = false
            guard book.review?.version == claim.version, book.review?.state == claim.state else { return [] }
            book.noteLook(nil)
            if work.unreleased > 0 {
                book.lookNext(at: work.isReleasable ? book.now.microseconds + pauseSeconds * 1_000_000 : .max)
            } else {
                let isOver = work.lines.allSatisfy { $0.units[.cancelled] == $0.units.ordered }
                try book.advance(isOver ? .end : .release, by: [.system])
                book.lookNext(at: .max)
            }
            work.keepsReply = book.isDecided
            for step in book.steps(cause: change.id) { work.write(step) }
            return []
        }
    }

    // MARK: - Parts

    /// The body under which steps of Holdfast itself are stored.
    private static let reviewBody = OwnMethod.reviewOrder.body

    private static func admit(_ event: ReviewEvent, _ caller: Caller) throws(Refusal) {
        if Lifecycle.review.roles(for: event).isDisjoint(with: caller.roles) {
            throw .eventNotGranted(.review, event: event.word)
        }
    }

    private static func nothingToRelease(_ work: OrderWork) -> Refusal {
        .wrongState(
            .order, "\(work.head.id)", state: work.status.word,
            explanation: "nothing of the order is left to be released")
    }
}

extension OrderWork {
    private static let lookSoon = PostgresStatement(
        "look_at_review_soon",
        """
        UPDATE order_review SET due_at = least(due_at, greatest(now(), release_due))
        WHERE order_id = $1::uuid AND state IN (1, 2, 3)
        """)
    private static let releaseReviewed = PostgresStatement(
        "release_reviewed_units",
        """
        INSERT INTO release_due (order_id, cause_id)
        SELECT order_id, $2::uuid FROM order_review WHERE order_id = $1::uuid AND state = 4 ON CONFLICT DO NOTHING
        """)

    /// The step that has the rules looked at soon, because something that they look at has changed.
    ///
    /// What they let pass already is released soon, but not before its remorse period is over.
    ///
    /// - Parameter order: the order.
    /// - Returns: the step.
    static func lookingSoon(at order: EntityID) -> LedgerStep { (lookSoon, [.uuid(PostgresUUID(order))]) }

    /// Units of the order have stock set aside from now on: what its review lets pass is released by itself.
    ///
    /// That of an order which is looked at, or waits, follows its review; where the review has released the order before, a row
    /// says that more is to be released. Without a review nothing happens by itself.
    mutating func releaseReviewedUnits() {
        write(OrderWork.lookingSoon(at: head.id))
        write((OrderWork.releaseReviewed, [.uuid(PostgresUUID(head.id)), .uuid(PostgresUUID(change.id))]))
    }

    /// Whether Holdfast itself can release units now: goods that are set aside, or articles without stock where nothing will
    /// come that they could go with and some goods were sent.
    var isReleasable: Bool {
        lines.contains { $0.isTracked && $0.units[.allocated] > 0 } || isLeftWithoutGoods
    }

    private var isLeftWithoutGoods: Bool {
        goods.isOver && goods.wereSent && lines.contains { !$0.isTracked && $0.units[.allocated] > 0 }
    }

    /// Where articles without stock are all that waits, and nothing will come that they could go with, the review that has
    /// released the order releases them too.
    mutating func releaseWhatIsLeft() {
        if isLeftWithoutGoods { releaseReviewedUnits() }
    }

    /// After a cancellation: nothing holds an order of which nothing is left to release, and what is left may be held for less.
    mutating func reviewRest() throws {
        guard unreleased == 0 else {
            write(OrderWork.lookingSoon(at: head.id))
            releaseWhatIsLeft()
            return
        }
        var book = try ReviewBook(head.id, channel: head.channelID, on: connection)
        try book.end(in: &self)
    }
}

extension ReviewBook {
    /// Shortest time until a look that found something which may pass is repeated, in seconds; doubles up to ``longestPause``.
    static let shortestPause: Int64 = 5
    /// Longest such time, in seconds.
    static let longestPause: Int64 = 300

    /// Looks at the order by its channel's rules, and writes what comes of it.
    mutating func examine(
        _ work: inout OrderWork, verdict said: FraudVerdict?, by actors: Set<LifecycleActor>
    ) throws {
        let before = review?.state
        noteLook(said)
        // Without rules nothing is found; what they did not place stands until somebody lifts it.
        let standsAlone = open.contains { !$0.reason.isFoundByRules }
        guard work.unreleased > 0, rules != nil || standsAlone else {
            try end(in: &work)
            return
        }
        let findings = try rules.map { $0.findings(in: try work.reviewFacts(review?.verdict ?? said)) } ?? []
        let found = Set(findings.map(\.reason))
        for hold in open where hold.reason.isFoundByRules && !found.contains(hold.reason) {
            lift(hold.reason, by: Caller.review.id)
        }
        let standing = Set(open.map(\.reason)).union(approved)
        for finding in findings where !standing.contains(finding.reason) { place(finding) }
        if open.isEmpty {
            try advance(.pass, by: actors)
            schedule(placedAt: work.head.placedAt)
        } else {
            try advance(.hold, by: actors)
            let pause = min(
                ReviewBook.longestPause,
                ReviewBook.shortestPause << Int64(min(8, max(0, (review?.looks ?? 1) - 1))))
            let isRepeated = open.contains(where: \.reason.mayPass)
            lookNext(at: isRepeated ? now.microseconds + pause * 1_000_000 : .max)
        }
        tell(in: &work, from: before)
    }

    /// Tells what was placed and lifted, and that the order may be released; writes the review with the change.
    ///
    /// - Parameters:
    ///   - work: the change.
    ///   - before: where the review stood.
    func tell(in work: inout OrderWork, from before: ReviewState?) {
        func thing() -> OrderAdvance.Thing? {
            review.map { OrderAdvance.Thing(.review, order, from: before, to: $0.state) }
        }
        if !placed.isEmpty {
            work.tell(.held, thing: thing(), details: ["reasons": placed.map(\.word).joined(separator: ",")])
        }
        if !lifted.isEmpty {
            work.tell(
                .holdLifted, thing: thing(),
                details: ["reasons": lifted.map(\.word).joined(separator: ","), "by": liftedBy])
        }
        if let review, review.state == .validated, before != .validated {
            work.tell(.validated, thing: thing())
        }
        for step in steps(cause: work.change.id) { work.write(step) }
    }

    /// Holds an order for a reason that the rules do not look at.
    mutating func hold(_ finding: ReviewFinding, in work: inout OrderWork) throws {
        try hold(finding, in: &work, by: [.system])
    }

    /// Holds an order, and what it has that is not released yet: that waits until the order is approved.
    mutating func hold(_ finding: ReviewFinding, in work: inout OrderWork, by actors: Set<LifecycleActor>) throws {
        let before = review?.state
        if before == .released { try advance(.recheck, by: [.system]) }
        // Where its review has ended, because the channel has no rules any more, the hold stands alone.
        if before != .ended { try advance(.hold, by: actors) }
        place(finding)
        if before == .validated || before == .released { lookNext(at: .max) }
        tell(in: &work, from: before)
    }

    /// Lifts reasons that are gone, without a look of the rules.
    mutating func letPass(_ reasons: [HoldReason], in work: inout OrderWork) throws {
        let before = review?.state
        for reason in reasons { lift(reason, by: Caller.review.id) }
        try goOn(placedAt: work.head.placedAt, by: [.system])
        tell(in: &work, from: before)
    }

    /// Lets an order go on of which a reason was lifted, where nothing holds it any more.
    mutating func goOn(placedAt: Instant, by actors: Set<LifecycleActor>) throws(Refusal) {
        // A hold of an order whose review has ended, as its channel has no rules any more, stood alone.
        guard review?.state != .ended else { return }
        guard open.isEmpty else {
            // One whose rules are to be looked at anyway is not held yet: the look says what does.
            if review?.state != .due { try advance(.lift, by: actors) }
            return
        }
        guard rules != nil else {
            try advance(.end, by: [.system])
            return lookNext(at: .max)
        }
        if let review, review.looks == 0 {
            // Held before anybody looked: now somebody does.
            try advance(.recheck, by: [.system])
            lookNext(at: now.microseconds)
        } else {
            try advance(.approve, by: actors)
            schedule(placedAt: placedAt)
        }
    }

    /// Ends what holds an order of which nothing is left to be released.
    ///
    /// What somebody has placed stands as long as a location may still give units up, which could be released anew then.
    mutating func end(in work: inout OrderWork) throws {
        let before = review?.state
        let mayComeBack = work.lines.contains { line in
            [LineStatus.allocated, .backordered, .released, .picked, .packed].contains { line.units[$0] > 0 }
        }
        for hold in open where hold.reason != .manual || !mayComeBack { lift(hold.reason, by: Caller.review.id) }
        if let state = review?.state, state != .ended, state != .released {
            try advance(open.isEmpty ? .end : .hold, by: [.system])
            lookNext(at: .max)
        }
        tell(in: &work, from: before)
    }
}

public import Domain
import PostgresClient

/// The payments of one order whose row is locked: what may be asked for is decided here, and written with the transaction.
///
/// Amounts are checked against sums that count every attempt whose outcome is not known as if it had been done. So
/// however many ask at once, one after the other under the order's lock: never more is taken than is held, and never more
/// given back than was taken.
///
/// A tender that asks a gateway gets an attempt that is written down before the gateway hears of it. Every other tender
/// acts at once: the attempt is approved in the same transaction, and booked to its account where it has one.
public struct PaymentBook: Sendable {
    /// The order.
    public let order: EntityID
    /// Its currency.
    public let currency: Currency
    /// What it costs, and its tenders with their sums.
    public internal(set) var money: OrderMoney
    /// Every attempt, in the order in which they were written down.
    public private(set) var attempts: [PaymentAttempt] = []
    /// Whether the order has a row of its money already.
    private(set) var isKept: Bool
    /// How often it was settled in vain since something changed.
    private(set) var settlements: Int32
    /// How long the first call to a gateway may take before somebody else asks what became of it.
    public var patienceMilliseconds: Int64 = 75_000
    private var targets: [EntityID: String] = [:]
    private var finals: Set<EntityID> = []
    private var steps: [LedgerStep] = []
    private var bookings: [StoredValueBooking] = []
    private var dueInMilliseconds: Int64?
    private var facts: [PaymentFact] = []
    /// What this change has given as store credit in place of giving it back.
    private(set) var credited: Int64 = 0
    /// Refunds that this change has found approved.
    private(set) var refunded: [PaymentAttempt] = []

    init(order: EntityID, currency: Currency, money: OrderMoney, isKept: Bool, settlements: Int32) {
        self.order = order
        self.currency = currency
        self.money = money
        self.isKept = isKept
        self.settlements = settlements
    }

    mutating func remember(_ attempt: PaymentAttempt, target: String, isFinal: Bool) {
        attempts.append(attempt)
        targets[attempt.id] = target
        if isFinal { finals.insert(attempt.id) }
        if let place = money.tenders.firstIndex(where: { $0.number == attempt.tender }) {
            money.tenders[place].sums.add(attempt)
        }
    }

    /// A tender by number.
    ///
    /// - Throws: `Refusal.notFound`.
    public func tender(_ number: Int16) throws(Refusal) -> Tender {
        guard let tender = money.tenders.first(where: { $0.number == number }) else {
            throw .notFound(.payment, "\(order) tender \(number)")
        }
        return tender
    }

    /// What a gateway is sent of an attempt.
    func call(_ attempt: PaymentAttempt) throws -> PaymentCall {
        let tender = try tender(attempt.tender)
        return PaymentCall(
            attempt: attempt, currency: currency, gateway: tender.gateway,
            token: attempt.action == .authorize || attempt.action == .charge ? tender.token : "",
            target: targets[attempt.id] ?? "", isFinal: finals.contains(attempt.id))
    }

    // MARK: - Tenders

    /// Names a tender for the order.
    ///
    /// - Parameters:
    ///   - draft: what it is; its number and amount are found here.
    ///   - amount: what it pays; nil is what no tender covers yet.
    ///   - actors: who asks.
    /// - Returns: the tender.
    /// - Throws: `Refusal` where nothing or less is to be covered, there are 100 tenders, or the actors may not.
    public mutating func add(_ draft: Tender, amount: Int64?, by actors: Set<LifecycleActor>) throws(Refusal) -> Tender
    {
        let entering = try Lifecycle.payment.decide(.add, in: nil, by: actors, naming: "\(draft.id)")
        let uncovered = money.uncovered
        guard uncovered > 0 else {
            throw .wrongState(
                .order, "\(order)", state: money.standing.word,
                explanation: "\(money.owed) minor units are owed, and tenders cover them or may turn out to")
        }
        guard (amount ?? uncovered) <= uncovered else {
            throw .wrongState(
                .order, "\(order)", state: money.standing.word,
                explanation: "\(amount ?? 0) minor units were offered, \(uncovered) are still to be covered")
        }
        guard money.tenders.count < 100 else { throw .exhausted("an order has at most 100 tenders") }
        var tender = draft
        tender.number = Int16(money.tenders.count + 1)
        tender.amount = amount ?? uncovered
        tender.state = entering.to
        tender.sums = TenderSums()
        money.tenders.append(tender)
        if !isKept {
            steps.append((Self.insertMoney, [id, .int64(money.owed), .int64(money.earned)]))
            isKept = true
        }
        steps.append(
            (
                Self.insertTender,
                [
                    id, .int16(tender.number), .uuid(PostgresUUID(tender.id)), .int16(tender.kind.rawValue),
                    .int64(tender.amount), .int16(tender.state.rawValue), .int32(tender.chargeSequence),
                    .int32(tender.refundSequence), .text(tender.gateway), .text(tender.token), .text(tender.label),
                    .optional(tender.account) { .uuid(PostgresUUID($0)) },
                ]
            ))
        facts.append(PaymentFact(.paymentAdded, tender, before: nil, amount: tender.amount))
        return tender
    }

    /// Asks for a tender's amount: to be held, or to be taken at once.
    ///
    /// A tender that asks no gateway is always charged. One that was declined or has lapsed is tried again.
    public mutating func approve(
        _ number: Int16, charging: Bool, id: EntityID, cause: EntityID, by actors: Set<LifecycleActor>
    ) throws -> PaymentAttempt {
        var tender = try tender(number)
        try refuseOpen(tender, to: .authorize)
        // Others may have covered it since it was named.
        guard tender.sums.covering > 0 || tender.amount <= money.uncovered else {
            throw Refusal.wrongState(
                .order, "\(order)", state: money.standing.word,
                explanation: "the tender is over \(tender.amount), \(money.uncovered) are still to be covered")
        }
        if tender.state == .declined || tender.state == .expired {
            try move(number, .retry, by: actors)
            tender = try self.tender(number)
        }
        let atOnce = charging || !tender.kind.asksGateway
        _ = try Lifecycle.payment.decide(
            atOnce ? .charge : .authorize, in: tender.state, by: actors, naming: name(of: tender))
        return try ask(atOnce ? .charge : .authorize, of: number, tender.amount, id: id, cause: cause)
    }

    /// Asks for a part of what a tender holds to be taken.
    ///
    /// - Parameters:
    ///   - number: the tender.
    ///   - amount: how much; nil is all that is held and owed.
    ///   - isFinal: whether the rest of the hold is let go with it.
    ///   - id: the attempt's id.
    ///   - cause: the request.
    ///   - actors: who asks.
    /// - Returns: the attempt.
    /// - Throws: `Refusal` where less is held or owed, or the actors may not.
    public mutating func capture(
        _ number: Int16, amount: Int64?, isFinal: Bool = false, id: EntityID, cause: EntityID,
        by actors: Set<LifecycleActor>
    ) throws -> PaymentAttempt {
        let tender = try tender(number)
        _ = try Lifecycle.payment.decide(.capturePart, in: tender.state, by: actors, naming: name(of: tender))
        let sums = money.sums
        let owed = max(0, money.owed - sums.kept - sums.captured.open - sums.charged.open)
        let most = min(tender.sums.capturable, owed)
        guard most > 0, (amount ?? most) <= most else {
            throw Refusal.wrongState(
                .payment, name(of: tender), state: tender.state.word,
                explanation:
                    "\(amount ?? most) minor units were asked for; it holds \(tender.sums.capturable) that are "
                    + "neither taken nor being taken, and \(owed) are owed and not taken")
        }
        let taken = amount ?? most
        return try ask(
            .capture, of: number, taken, letsGo: isFinal ? tender.sums.capturable - taken : 0, isFinal: isFinal, id: id,
            cause: cause)
    }

    /// Asks for what a tender holds to be let go.
    ///
    /// - Returns: the attempt; nil where nothing is held, and the tender is voided without one.
    /// - Throws: `Refusal` where an outcome is to come that decides what is held, or the actors may not.
    public mutating func void(
        _ number: Int16, id: EntityID, cause: EntityID, by actors: Set<LifecycleActor>
    ) throws -> PaymentAttempt? {
        let tender = try tender(number)
        try refuseOpen(tender, to: .void)
        let transition = try Lifecycle.payment.decide(.void, in: tender.state, by: actors, naming: name(of: tender))
        guard tender.sums.held > 0 else {
            try move(number, .void, by: actors)
            facts.append(
                PaymentFact(.paymentVoided, try self.tender(number), before: transition.from, amount: 0))
            return nil
        }
        return try ask(.void, of: number, tender.sums.held, id: id, cause: cause)
    }

    /// Asks for an amount to be given back, by refund sequence.
    ///
    /// - Parameters:
    ///   - amount: how much; nil is all that is due back.
    ///   - only: the only tender that gets any.
    ///   - goodwill: lets it be more than is due back; the order then costs so much less.
    ///   - purpose: what for; nil is a surplus where there is as much.
    ///   - id: of the request; the attempts' ids follow from it.
    ///   - actors: who asks.
    /// - Returns: the attempts, one for each tender that gets a part.
    /// - Throws: `Refusal` where less was taken or is due back, or the actors may not.
    public mutating func refund(
        _ amount: Int64?, only: Int16? = nil, goodwill: Bool = false, purpose: RefundPurpose? = nil, id: EntityID,
        by actors: Set<LifecycleActor>
    ) throws -> [PaymentAttempt] {
        if let only { _ = try tender(only) }
        let due = money.overpaid
        let wanted = amount ?? due
        guard wanted > 0 else {
            throw Refusal.wrongState(
                .order, "\(order)", state: money.standing.word, explanation: "nothing is due back")
        }
        let choice = TenderChoice.refunding(wanted, to: money.tenders, only: only)
        guard choice.rest == 0 else {
            throw Refusal.wrongState(
                .order, "\(order)", state: money.standing.word,
                explanation: "\(wanted) minor units are to be given back; \(wanted - choice.rest) were taken and are "
                    + "neither given back nor on their way back")
        }
        guard wanted <= due || goodwill else {
            throw Refusal.wrongState(
                .order, "\(order)", state: money.standing.word,
                explanation: "\(wanted) minor units are to be given back, \(due) are due back; more is goodwill")
        }
        if wanted > due { adjust(due - wanted, cause: id) }
        let purpose = purpose ?? (wanted <= money.surplus ? .surplus : .asked)
        return try give(choice.parts, purpose, id: id, by: actors)
    }

    private mutating func give(
        _ parts: [TenderPart], _ purpose: RefundPurpose, id: EntityID, by actors: Set<LifecycleActor>
    ) throws -> [PaymentAttempt] {
        try parts.enumerated().map { index, part in
            let tender = try tender(part.tender)
            _ = try Lifecycle.payment.decide(.refundPart, in: tender.state, by: actors, naming: name(of: tender))
            return try ask(
                .refund, of: part.tender, part.amount, purpose: purpose,
                id: index == 0 ? id : id.named("part \(index)"), cause: id
            )
        }
    }

    /// Gives the order's customer store credit in place of an amount that is due back: the order keeps the money, and owes it
    /// no longer.
    ///
    /// An order without tenders is paid elsewhere: the customer is credited all the same.
    ///
    /// - Parameters:
    ///   - amount: minor units, at least 1.
    ///   - work: the change, whose order names the customer.
    /// - Throws: `Refusal` where the order names no customer, or has tenders and less is due back.
    mutating func credit(_ amount: Int64, of work: OrderWork) throws {
        guard isKept == false || amount <= money.overpaid else {
            throw Refusal.wrongState(
                .order, "\(order)", state: money.standing.word,
                explanation: "\(amount) minor units are to be credited, \(money.overpaid) are due back")
        }
        let account = try Ledger.creditAccount(of: work)
        bookings.append(
            StoredValueBooking(
                account: account.id, amount: amount, cause: work.change.id, order: order, reason: work.change.reason))
        credited += amount
        if isKept { adjust(amount, cause: work.change.id) }
    }

    /// Changes what is owed beyond the lines: a fee that is kept counts up, goodwill down.
    public mutating func adjust(_ amount: Int64, cause: EntityID) {
        guard amount != 0 else { return }
        money.adjusted += amount
        facts.append(PaymentFact(.paymentAdjusted, nil, before: nil, amount: amount))
    }

    // MARK: - What follows by itself

    /// Asks for what is due: takes what is earned, gives back a surplus after a cancellation, lets go holds that are not
    /// needed any more.
    ///
    /// Asking again asks for nothing twice: what is on its way counts.
    ///
    /// - Parameter id: of the settlement; the attempts' ids follow from it.
    /// - Returns: the attempts.
    /// - Throws: what PostgreSQL throws.
    public mutating func settle(_ id: EntityID) throws -> [PaymentAttempt] {
        var made: [PaymentAttempt] = []
        let actors: Set<LifecycleActor> = .systemAlone
        for part in TenderChoice.charging(money.captureDue, to: money.tenders).parts {
            let sums = money.sums
            let isLast = money.owed - sums.kept - sums.captured.open - sums.charged.open == part.amount
            made.append(
                try capture(
                    part.tender, amount: part.amount, isFinal: isLast, id: id.named("part \(made.count + 1)"),
                    cause: id,
                    by: actors))
        }
        for part in TenderChoice.refunding(money.surplus, to: money.tenders).parts {
            made += try give([part], .surplus, id: id.named("part \(made.count + 1)"), by: actors)
        }
        let sums = money.sums
        let need = money.owed - sums.kept - sums.captured.open - sums.charged.open
        for tender in TenderChoice.idle(money.tenders, needing: need) {
            if let attempt = try void(tender.number, id: id.named("part \(made.count + 1)"), cause: id, by: actors) {
                made.append(attempt)
            }
        }
        dueInMilliseconds = .max
        return made
    }

    // MARK: - Outcomes

    /// Records what became of an attempt; one that has ended stays as it is.
    ///
    /// - Parameters:
    ///   - outcome: what became of it.
    ///   - id: the attempt.
    /// - Returns: the attempt as it stands.
    /// - Throws: `Refusal.notFound`; where the tender cannot have it, what the table of tenders says.
    public mutating func record(_ outcome: PaymentOutcome, of id: EntityID) throws -> PaymentAttempt {
        guard let place = attempts.firstIndex(where: { $0.id == id }) else {
            throw Refusal.notFound(.paymentAttempt, "\(id)")
        }
        var attempt = attempts[place]
        guard attempt.isOpen else { return attempt }
        let event: PaymentAttemptEvent
        switch outcome {
        case .approved(let reference):
            event = .approve
            attempt.reference = reference
            attempt.reason = ""
        case .declined(let reason):
            event = .decline
            attempt.reason = reason
        case .unknown(let reason):
            // Asked before, in vain: that it is still not known is no news.
            event = attempt.state == .prepared ? .timeOut : .resend
            attempt.reason = reason
        }
        let known = attempt.state
        attempt.state = try Lifecycle.paymentAttempt.decide(
            event, in: known, by: .systemAlone, naming: "\(id)"
        ).to
        steps.append(
            (
                Self.endAttempt,
                [
                    .uuid(PostgresUUID(id)), .int16(attempt.state.rawValue), .text(attempt.reference),
                    .text(attempt.reason), .bool(!attempt.isOpen),
                ]
            ))
        replace(at: place, by: attempt)
        switch attempt.state {
        case .approved: try applied(attempt)
        case .declined: try declined(attempt)
        default:
            if known == .prepared {
                facts.append(
                    PaymentFact(
                        .paymentUnknown, try tender(attempt.tender), before: nil, amount: attempt.amount, attempt))
            }
        }
        return attempt
    }

    /// Moves the tender by an approved attempt and tells of it.
    private mutating func applied(_ attempt: PaymentAttempt) throws {
        let before = try tender(attempt.tender)
        let event = before.event(approving: attempt, sums: before.sums)
        try move(attempt.tender, event, by: .systemAlone)
        let kind: OrderEventKind =
            switch attempt.action {
            case .authorize: .paymentAuthorized
            case .capture, .charge: .paymentCaptured
            case .void: .paymentVoided
            case .refund: .paymentRefunded
            }
        facts.append(
            PaymentFact(kind, try tender(attempt.tender), before: before.state, amount: attempt.amount, attempt))
        if attempt.action == .refund { refunded.append(attempt) }
        dueInMilliseconds = 0
    }

    private mutating func declined(_ attempt: PaymentAttempt) throws {
        let before = try tender(attempt.tender)
        if before.state == .pending { try move(attempt.tender, .decline, by: .systemAlone) }
        facts.append(
            PaymentFact(
                .paymentDeclined, try tender(attempt.tender), before: before.state, amount: attempt.amount, attempt))
        // What is due by itself is asked for again after a pause that grows: 1 minute to about a day.
        if attempt.action != .authorize && attempt.action != .charge {
            dueInMilliseconds = 60_000 << Int64(min(settlements, 10))
            settlements += 1
        }
    }

    // MARK: - Parts

    private mutating func ask(
        _ action: PaymentAction, of number: Int16, _ amount: Int64, letsGo: Int64 = 0, isFinal: Bool = false,
        purpose: RefundPurpose? = nil, id: EntityID, cause: EntityID
    ) throws -> PaymentAttempt {
        let tender = try tender(number)
        // Attempts stay for good, and so do their ids.
        guard !attempts.contains(where: { $0.id == id }) else {
            throw Refusal.differentBody(.paymentAttempt, id, stored: [])
        }
        let atOnce = !tender.kind.asksGateway
        let prepared = try Lifecycle.paymentAttempt.decide(.prepare, in: nil, by: .systemAlone, naming: "\(id)").to
        let state =
            atOnce
            ? try Lifecycle.paymentAttempt.decide(.approve, in: prepared, by: .systemAlone, naming: "\(id)").to
            : prepared
        let attempt = PaymentAttempt(
            id: id, order: order, tender: number, action: action, purpose: purpose, amount: amount, letsGo: letsGo,
            state: state, cause: cause, madeAt: Instant(microseconds: 0), tries: atOnce ? 0 : 1)
        let target =
            attempts.first {
                $0.tender == number && $0.state == .approved && ($0.action == .authorize || $0.action == .charge)
            }?.reference ?? ""
        steps.append(
            (
                Self.insertAttempt,
                [
                    .uuid(PostgresUUID(id)), self.id, .int16(number), .int16(action.rawValue),
                    .optional(purpose) { .int16($0.rawValue) }, .int64(amount), .int64(letsGo), .bool(isFinal),
                    .int16(state.rawValue), .text(target), .uuid(PostgresUUID(cause)), .bool(atOnce),
                    .int64(patienceMilliseconds),
                ]
            ))
        remember(attempt, target: target, isFinal: isFinal)
        if atOnce {
            if let account = tender.account {
                bookings.append(
                    StoredValueBooking(
                        account: account, amount: action == .refund ? amount : -amount, cause: id, order: order,
                        reason: action == .refund ? "refund" : "payment"))
            }
            try applied(attempt)
        }
        return attempt
    }

    private mutating func replace(at place: Int, by attempt: PaymentAttempt) {
        attempts[place] = attempt
        guard let index = money.tenders.firstIndex(where: { $0.number == attempt.tender }) else { return }
        money.tenders[index].sums = TenderSums(attempts.filter { $0.tender == attempt.tender })
    }

    private mutating func move(_ number: Int16, _ event: PaymentEvent, by actors: Set<LifecycleActor>) throws(Refusal) {
        guard let index = money.tenders.firstIndex(where: { $0.number == number }) else {
            throw .notFound(.payment, "\(order) tender \(number)")
        }
        let tender = money.tenders[index]
        let transition = try Lifecycle.payment.decide(event, in: tender.state, by: actors, naming: name(of: tender))
        guard transition.to != tender.state else { return }
        money.tenders[index].state = transition.to
        steps.append((Self.moveTender, [id, .int16(number), .int16(transition.to.rawValue)]))
    }

    private func refuseOpen(_ tender: Tender, to event: PaymentEvent) throws(Refusal) {
        guard tender.sums.hasOpen else { return }
        throw .wrongState(
            .payment, name(of: tender), state: tender.state.word,
            explanation:
                "\(event.word) must wait: what the gateway was asked before may have been done, and it has not "
                + "said yet")
    }

    private func name(of tender: Tender) -> String { "\(order) tender \(tender.number)" }

    private var id: PostgresValue { .uuid(PostgresUUID(order)) }

    // MARK: - Writing

    /// What is written of it in the order's own row; nil where the order has no tenders.
    var paid: PaidSums? {
        guard isKept else { return nil }
        let sums = money.sums
        return PaidSums(adjusted: money.adjusted, held: sums.held, taken: sums.taken, givenBack: sums.refunded.done)
    }

    /// What happened since the last call, in order.
    mutating func told() -> [PaymentFact] {
        defer { facts = [] }
        return facts
    }

    /// Books stored value, which may refuse, and returns the statements that write the rest.
    mutating func writing(caller: String, on connection: PostgresConnection) throws -> [LedgerStep] {
        // In one order everywhere, so that nobody waits for somebody who waits.
        for booking in bookings.sorted(by: { $0.account < $1.account }) {
            try booking.book(caller: caller, currency: currency, on: connection)
        }
        bookings = []
        guard isKept, !(steps.isEmpty && facts.isEmpty && dueInMilliseconds == nil) else { return steps }
        let sums = money.sums
        let written = steps
        steps = []
        return written + [
            (
                Self.writeSums,
                [
                    id, .int64(sums.held), .int64(sums.taken), .int64(sums.refunded.done), .int64(money.adjusted),
                    .optional(dueInMilliseconds) { .int64($0) }, .int32(settlements), .int64(money.owed),
                ]
            )
        ]
    }

    private static let insertMoney = PostgresStatement(
        "insert_order_money", "INSERT INTO order_money (order_id, owed, earned) VALUES ($1::uuid, $2::int8, $3::int8)")
    private static let insertTender = PostgresStatement(
        "insert_tender",
        """
        INSERT INTO tender (order_id, number, id, kind, amount, state, charge_sequence, refund_sequence, gateway, token,
            label, account_id)
        VALUES ($1::uuid, $2::int2, $3::uuid, $4::int2, $5::int8, $6::int2, $7::int4, $8::int4, $9::text, $10::text,
            $11::text, $12::uuid)
        """)
    private static let moveTender = PostgresStatement(
        "move_tender", "UPDATE tender SET state = $3::int2 WHERE order_id = $1::uuid AND number = $2::int2")
    private static let insertAttempt = PostgresStatement(
        "insert_payment_attempt",
        """
        INSERT INTO payment_attempt (id, order_id, tender_number, action, purpose, amount, lets_go, is_final, state, target,
            cause_id, ended_at, due_at, tries)
        VALUES ($1::uuid, $2::uuid, $3::int2, $4::int2, $5::int2, $6::int8, $7::int8, $8::bool, $9::int2, $10::text,
            $11::uuid, CASE WHEN $12::bool THEN now() END,
            CASE WHEN $12::bool THEN 'infinity' ELSE now() + $13::int8 * interval '1 millisecond' END,
            CASE WHEN $12::bool THEN 0 ELSE 1 END)
        """)
    /// An outcome that is not known is asked for after a second, later ones after the pause that the asker has set.
    private static let endAttempt = PostgresStatement(
        "end_payment_attempt",
        """
        UPDATE payment_attempt SET state = $2::int2, reference = $3::text, reason = $4::text,
            ended_at = CASE WHEN $5::bool THEN now() END,
            due_at = CASE WHEN $5::bool THEN 'infinity' WHEN state = 1 THEN now() + interval '1 second' ELSE due_at END
        WHERE id = $1::uuid
        """)
    private static let writeSums = PostgresStatement(
        "write_order_money",
        """
        UPDATE order_money SET held = $2::int8, taken = $3::int8, given_back = $4::int8, adjusted = $5::int8, owed = $8::int8,
            due_at = CASE WHEN $6::int8 IS NULL THEN due_at WHEN $6::int8 = 9223372036854775807 THEN 'infinity'
                ELSE now() + $6::int8 * interval '1 millisecond' END,
            tries = $7::int4
        WHERE order_id = $1::uuid
        """)
}

/// What became of an attempt.
public enum PaymentOutcome: Hashable, Sendable {
    /// It was done; the gateway calls it so.
    case approved(reference: String)
    /// It was not done and will not be.
    case declined(reason: String)
    /// It may have been done.
    case unknown(reason: String)
}

/// What a gateway is to be sent of an attempt.
public struct PaymentCall: Hashable, Sendable {
    /// The attempt.
    public var attempt: PaymentAttempt
    /// The order's currency.
    public var currency: Currency
    /// The gateway.
    public var gateway: String
    /// What the gateway knows the card by; empty where ``target`` names what is acted upon.
    public var token: String
    /// What the gateway calls the hold or the taken amount that is acted upon.
    public var target: String
    /// Whether the rest of a hold is let go with a capture.
    public var isFinal: Bool
}

/// One thing that happened to the payments of an order.
struct PaymentFact: Sendable {
    var kind: OrderEventKind
    var tender: Tender?
    var before: PaymentState?
    var amount: Int64
    var attempt: PaymentAttempt?

    init(
        _ kind: OrderEventKind, _ tender: Tender?, before: PaymentState?, amount: Int64,
        _ attempt: PaymentAttempt? = nil
    ) {
        self.kind = kind
        self.tender = tender
        self.before = before
        self.amount = amount
        self.attempt = attempt
    }
}

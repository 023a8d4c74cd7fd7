public import Domain
import PostgresClient
import Synchronization

/// A tender that is to be named for an order.
public struct TenderRequest: Sendable {
    /// Who asks; its id is the tender's.
    public var change: OrderChange
    /// What it is; number and amount are found when the order is read.
    public var tender: Tender
    /// What it pays; nil is what no tender covers yet.
    public var amount: Money?
    /// Whether a gateway is asked at once.
    public var authorizes: Bool
    /// The hash of a gift card's code; for that only.
    public var giftCard: [UInt8]?

    /// Makes a request.
    public init(change: OrderChange, tender: Tender, amount: Money?, authorizes: Bool, giftCard: [UInt8]?) {
        self.change = change
        self.tender = tender
        self.amount = amount
        self.authorizes = authorizes
        self.giftCard = giftCard
    }
}

/// What a change of an order's payments asked for, as it stands.
public struct PaymentReply: Sendable {
    /// The order.
    public var order: EntityID
    /// Its currency.
    public var currency: Currency
    /// Number of the tender that it is about; 0 where it is about several.
    public var tender: Int16
    /// What that tender is to pay.
    public var amount: Int64
    /// The attempts, with what a gateway is sent of each.
    public var calls: [PaymentCall]
    /// What Redis must be told.
    public var settlement: Settlement
    /// True where an earlier call has asked for it.
    public var isRepeated: Bool

    /// Makes a reply.
    public init(
        order: EntityID, currency: Currency, tender: Int16, amount: Int64 = 0, calls: [PaymentCall],
        settlement: Settlement = Settlement(), isRepeated: Bool = false
    ) {
        self.order = order
        self.currency = currency
        self.tender = tender
        self.amount = amount
        self.calls = calls
        self.settlement = settlement
        self.isRepeated = isRepeated
    }
}

/// An attempt whose outcome is not known, with its order's currency.
public struct OpenAttempt: Hashable, Sendable {
    /// The attempt.
    public var attempt: PaymentAttempt
    /// The order's currency.
    public var currency: Currency
}

/// Attempts that a server has taken on to ask about.
public struct ClaimedAttempts: Sendable {
    /// Those that can be asked about.
    public var calls: [PaymentCall] = []
    /// Those of orders whose books cannot be read, and why: people have to look at them.
    public var unreadable: [(attempt: EntityID, order: EntityID, error: any Error)] = []
}

extension Ledger {
    // MARK: - Changes

    /// Names a tender for an order; one that asks no gateway is charged at once.
    ///
    /// - Parameters:
    ///   - request: the tender.
    ///   - patience: milliseconds after which somebody else asks what became of an attempt.
    /// - Returns: what was asked for.
    /// - Throws: `Refusal`.
    public func addTender(_ request: TenderRequest, patience: Int64) async throws -> PaymentReply {
        try await changePayments(request.change, patience: patience) { book, work in
            try Ledger.check(request.amount, work)
            try work.refuseWhereSettledElsewhere()
            var draft = request.tender
            if let kind = draft.kind.storedValue {
                draft.account = try Ledger.account(kind, giftCard: request.giftCard, of: work).id
            }
            let change = request.change
            let tender = try book.add(draft, amount: request.amount?.minorUnits, by: change.caller.actors)
            guard request.authorizes || !tender.kind.asksGateway else { return (tender.number, []) }
            let attempt = try book.approve(
                tender.number, charging: work.head.goodsInHand, id: change.id, cause: change.id,
                by: change.caller.actors)
            return (tender.number, [attempt])
        }
    }

    /// Asks for a tender's amount to be held, or to be taken at once where the goods are in the customer's hands.
    public func authorizeTender(_ change: OrderChange, tender: Int16, patience: Int64) async throws -> PaymentReply {
        try await changePayments(change, patience: patience) { book, work in
            try Ledger.refuseExchange(tender, of: book)
            return (
                tender,
                [
                    try book.approve(
                        tender, charging: work.head.goodsInHand, id: change.id, cause: change.id,
                        by: change.caller.actors)
                ]
            )
        }
    }

    /// Asks for a part of what a tender holds to be taken; nil is all that is held and owed.
    public func captureTender(
        _ change: OrderChange, tender: Int16, amount: Money?, patience: Int64
    ) async throws -> PaymentReply {
        try await changePayments(change, patience: patience) { book, work in
            try Ledger.check(amount, work)
            try Ledger.refuseExchange(tender, of: book)
            return (
                tender,
                [
                    try book.capture(
                        tender, amount: amount?.minorUnits, id: change.id, cause: change.id, by: change.caller.actors)
                ]
            )
        }
    }

    /// Asks for what a tender holds to be let go.
    public func voidTender(_ change: OrderChange, tender: Int16, patience: Int64) async throws -> PaymentReply {
        try await changePayments(change, patience: patience) { book, _ in
            let attempt = try book.void(tender, id: change.id, cause: change.id, by: change.caller.actors)
            return (tender, attempt.map { [$0] } ?? [])
        }
    }

    /// Asks for an amount to be given back; nil is all that is due back.
    public func refundOrder(
        _ change: OrderChange, amount: Money?, tender: Int16?, goodwill: Bool, patience: Int64
    ) async throws -> PaymentReply {
        try await changePayments(change, patience: patience) { book, work in
            try Ledger.check(amount, work)
            return (
                tender ?? 0,
                try book.refund(
                    amount?.minorUnits, only: tender, goodwill: goodwill, id: change.id, by: change.caller.actors)
            )
        }
    }

    /// Asks for what is due of an order: takes what is earned, gives back a surplus, lets go what is not needed any more.
    ///
    /// - Parameters:
    ///   - order: the order.
    ///   - patience: milliseconds after which somebody else asks what became of an attempt.
    /// - Returns: what was asked for.
    /// - Throws: `Refusal`.
    public func settlePayments(of order: EntityID, patience: Int64) async throws -> PaymentReply {
        let change = OrderChange(
            id: .random(), order: order, kind: .settlement, body: OwnMethod.settlePayments.body, caller: .system)
        return try await changePayments(change, patience: patience) { book, _ in (0, try book.settle(change.id)) }
    }

    /// Records what became of an attempt, under its order's lock; one that has ended stays as it is.
    ///
    /// However many record it, from a call, a callback and a later question: the first one does, and tells the event.
    ///
    /// - Parameters:
    ///   - outcome: what became of it.
    ///   - attempt: the attempt.
    ///   - holdValidity: how long a hold is good for where the gateway does not say, in microseconds.
    /// - Returns: the attempt as it stands.
    /// - Throws: `Refusal`.
    public func record(
        _ outcome: PaymentOutcome, of attempt: PaymentAttempt, holdValidity: Int64? = nil
    ) async throws -> PaymentAttempt {
        let change = OrderChange(
            id: .random(), order: attempt.order, kind: .paymentOutcome, body: OwnMethod.recordPayment.body,
            caller: .system)
        let recorded = Mutex(attempt)
        _ = try await changeOrder(change) { work in
            var book = try work.payments()
            book.holdValidity = holdValidity
            let wasOpen = book.isOpen(attempt.id)
            let now = try book.record(outcome, of: attempt.id)
            recorded.withLock { $0 = now }
            try work.write(&book, ending: wasOpen ? now : nil)
            return []
        }
        return recorded.withLock { $0 }
    }

    /// Records what somebody says of an attempt who has looked at the gateway's own books.
    ///
    /// - Parameters:
    ///   - change: who says so, and how it was found out.
    ///   - attempt: the attempt.
    ///   - outcome: done, or abandoned.
    ///   - holdValidity: how long a hold is good for where the gateway does not say, in microseconds.
    /// - Returns: the attempt as it stands.
    /// - Throws: `Refusal` where it is not unknown, or the caller may not.
    public func resolveAttempt(
        _ change: OrderChange, attempt: EntityID, _ outcome: PaymentOutcome, holdValidity: Int64?
    ) async throws -> PaymentReply {
        try await changePayments(change, patience: 0, ending: attempt) { book, _ in
            book.holdValidity = holdValidity
            let now = try book.resolve(outcome, of: attempt, by: change.caller.actors)
            return (now.tender, [now])
        }
    }

    private func changePayments(
        _ change: OrderChange, patience: Int64, ending attempt: EntityID? = nil,
        _ body: @escaping @Sendable (inout PaymentBook, OrderWork) throws -> (tender: Int16, attempts: [PaymentAttempt])
    ) async throws -> PaymentReply {
        let made = Mutex<PaymentReply?>(nil)
        let (stored, settlement) = try await changeOrder(change) {
            made.withLock { $0 = nil }
        } _: { work in
            var book = try work.payments()
            book.patienceMilliseconds = patience
            let wasOpen = attempt.map { book.isOpen($0) } ?? false
            let asked = try body(&book, work)
            try work.write(&book, ending: wasOpen ? asked.attempts.first { $0.id == attempt } : nil)
            let receipt = PaymentReceipt(tender: asked.tender, attempts: asked.attempts.map(\.id))
            let reply = try Ledger.reply(receipt, of: book)
            made.withLock { $0 = reply }
            return receipt.bytes
        }
        if var reply = made.withLock({ $0 }) {
            reply.settlement = settlement
            return reply
        }
        let receipt = try PaymentReceipt(stored)
        return try await Ledger.afterCommit {
            try await reply(order: change.order, receipt, settlement: settlement, isRepeated: true)
        }
    }

    /// Does what follows a commit: what stands is not said to have been refused where the ledger is away by then.
    public static func afterCommit<R>(_ body: () async throws -> R) async throws -> R {
        do {
            return try await body()
        } catch Refusal.unavailable(let why, _) {
            throw Refusal.outcomeUnknown(why)
        }
    }

    /// Attempts that another change of an order has asked for, as they stand.
    public func paymentReply(order: EntityID, attempts: [EntityID]) async throws -> PaymentReply {
        try await reply(
            order: order, PaymentReceipt(tender: 0, attempts: attempts), settlement: Settlement(), isRepeated: false)
    }

    /// A reply with its attempts as they stand now.
    public func refreshed(_ reply: PaymentReply) async throws -> PaymentReply {
        try await self.reply(
            order: reply.order,
            PaymentReceipt(tender: reply.tender, attempts: reply.calls.map(\.attempt.id)), settlement: Settlement(),
            isRepeated: reply.isRepeated)
    }

    private func reply(
        order: EntityID, _ receipt: PaymentReceipt, settlement: Settlement, isRepeated: Bool
    ) async throws -> PaymentReply {
        guard let book = try await payments(of: order, within: .everything) else {
            throw Refusal.notFound(.order, "\(order)")
        }
        var reply = try Ledger.reply(receipt, of: book)
        reply.settlement = settlement
        reply.isRepeated = isRepeated
        return reply
    }

    /// What a receipt names, as a book has it.
    private static func reply(_ receipt: PaymentReceipt, of book: PaymentBook) throws -> PaymentReply {
        PaymentReply(
            order: book.order, currency: book.currency, tender: receipt.tender,
            amount: receipt.tender > 0 ? try book.tender(receipt.tender).amount : 0,
            calls: try receipt.attempts.compactMap { id in
                try book.attempts.first { $0.id == id }.map { try book.call($0) }
            })
    }

    /// What an exchange brings is held and taken by its return alone.
    private static func refuseExchange(_ number: Int16, of book: PaymentBook) throws(Refusal) {
        let tender = try book.tender(number)
        guard tender.kind == .exchange else { return }
        throw .wrongState(
            .payment, "\(book.order) tender \(number)", state: tender.state.word,
            explanation: "it is the refund of a return, and is taken when that is decided")
    }

    private static func check(_ amount: Money?, _ work: OrderWork) throws(Refusal) {
        guard let amount, amount.currency != work.head.currency else { return }
        throw .invalid([
            FieldViolation("amount.currency_code", "must be the order's currency, \(work.head.currency.code)")
        ])
    }

    private static func account(_ kind: StoredValueKind, giftCard: [UInt8]?, of work: OrderWork) throws -> StoredValue {
        switch kind {
        case .storeCredit:
            let customer = work.head.customer.id
            guard !customer.isEmpty else {
                throw Refusal.wrongState(
                    .order, "\(work.head.id)", state: "anonymous",
                    explanation: "it names no customer who could have credit")
            }
            guard let account = try storedValue(.customer(customer, work.head.currency), on: work.connection) else {
                throw Refusal.notFound(.storedValue, "of the order's customer in \(work.head.currency.code)")
            }
            return account
        case .giftCard:
            guard let account = try storedValue(.code(giftCard ?? []), on: work.connection) else {
                throw Refusal.notFound(.storedValue, "with this gift card's code")
            }
            return account
        }
    }

    // MARK: - Reading

    private static let orderForPayments = PostgresStatement(
        "order_for_payments",
        """
        SELECT o.currency, o.goods_in_hand, c.code FROM orders o JOIN channel c ON c.id = o.channel_id
        WHERE o.id = $1::uuid
        """, access: .readOnly)
    private static let returnsOfOrder = PostgresStatement(
        "paid_returns_of_order",
        """
        SELECT r.id, r.number, s.settlement::int2, s.amount, s.ahead
        FROM return_order r LEFT JOIN return_exchange x ON x.return_id = r.id AND x.state = 2
        CROSS JOIN LATERAL (VALUES (r.ahead_settlement, r.ahead, true),
            (\(ReturnSettlement.exchange.rawValue)::smallint, coalesce(x.credited, 0), false),
            (r.settlement, r.settled, false)) AS s(settlement, amount, ahead)
        WHERE r.order_id = $1::uuid AND s.amount > 0 ORDER BY r.number, s.ahead DESC, s.settlement
        """, access: .readOnly)
    private static let orderOfAttempt = PostgresStatement(
        "order_of_attempt", "SELECT order_id FROM payment_attempt WHERE id = $1::uuid", access: .readOnly)

    /// The payments of an order as they stand; nil where there is no such order.
    ///
    /// Throws `Refusal.outOfScope` where the order's channel is outside the scope.
    public func payments(of order: EntityID, within scope: Scope) async throws -> PaymentBook? {
        try await onConnection { connection in try Ledger.payments(of: order, within: scope, on: connection) }
    }

    private static func payments(
        of order: EntityID, within scope: Scope, on connection: PostgresConnection
    ) throws -> PaymentBook? {
        let mode = PostgresTransactionMode.repeatableReadReadOnly
        let rows = try connection.pipeline(
            [(mode.begin, []), (orderForPayments, [.uuid(PostgresUUID(order))]), LineUnits.reading(order)]
                + PaymentBook.reading(order)
                + [(returnsOfOrder, [.uuid(PostgresUUID(order))]), (mode.commit, [])])
        guard let head = rows[1].first else { return nil }
        try scope.admit(channel: head.text(2))
        guard let currency = Currency(code: try head.text(0)) else {
            throw UnreadableValue(column: "orders.currency")
        }
        let goodsInHand = try head.bool(1)
        var book = try PaymentBook(
            order: order, currency: currency, lines: rows[2].map { try LineUnits(row: $0, goodsInHand: goodsInHand) },
            tenders: rows[3], attempts: rows[4], money: rows[5])
        book.returned = try rows[6].map {
            PaidReturn(
                id: EntityID(try $0.uuid(0)), number: try $0.int64(1),
                settlement: try .stored($0.int16(2), "return_order.settlement"), amount: try $0.int64(3),
                isAhead: try $0.bool(4))
        }
        return book
    }

    /// An attempt with what a gateway is sent of it; nil where there is none within the scope.
    public func paymentCall(_ attempt: EntityID, within scope: Scope) async throws -> PaymentCall? {
        try await onConnection { connection in
            let rows = try connection.execute(Ledger.orderOfAttempt, [.uuid(PostgresUUID(attempt))])
            guard let order = try rows.first.map({ EntityID(try $0.uuid(0)) }),
                let book = try Ledger.payments(of: order, within: scope, on: connection)
            else { return nil }
            return try book.attempts.first { $0.id == attempt }.map { try book.call($0) }
        }
    }

    // MARK: - What stays open

    private static let openAttempts = PostgresStatement(
        "open_payment_attempts",
        """
        SELECT p.*, o.currency FROM (
            \(PaymentBook.attemptColumns) a
            WHERE state IN (1, 4) AND made_at <= now() - $1::int8 * interval '1 millisecond'
                AND (made_at, id) > ($2::timestamptz, $3::uuid)
                AND ($4::text[] IS NULL OR EXISTS (
                    SELECT FROM orders o JOIN channel c ON c.id = o.channel_id
                    WHERE o.id = a.order_id AND c.code = ANY ($4::text[])))
            ORDER BY made_at, id LIMIT $5::int4) p
        JOIN orders o ON o.id = p.order_id ORDER BY p.made_at, p.id
        """, access: .readOnly)
    private static let openAttemptCount = PostgresStatement(
        "open_payment_attempt_count",
        """
        SELECT count(*) FROM payment_attempt
        WHERE state IN (1, 4) AND made_at <= now() - $1::int8 * interval '1 millisecond'
        """, access: .readOnly)

    /// Attempts whose outcome is not known, the oldest first; also those of orders whose books cannot be read.
    ///
    /// - Parameters:
    ///   - olderThan: least milliseconds since they were written down.
    ///   - after: the key of the last one of the page before.
    ///   - limit: most of them.
    ///   - scope: of the caller; others' attempts are left out.
    /// - Returns: a page, each with its order's currency.
    /// - Throws: `Refusal` where the ledger is away.
    public func openAttempts(
        olderThan: Int64, after: OrderKey?, limit: Int, within scope: Scope
    ) async throws -> Page<OpenAttempt> {
        try await onConnection { connection in
            let rows = try connection.execute(
                Ledger.openAttempts,
                [
                    .int64(olderThan), .timestamp(microsecondsSinceEpoch: after?.placedAt.microseconds ?? 0),
                    .uuid(PostgresUUID(after?.id ?? EntityID(high: 0, low: 0))),
                    .optional(scope.channels) { .texts($0.sorted()) }, .int32(Int32(clamping: limit + 1)),
                ]
            )
            return Page(
                try rows.map { row in
                    guard let currency = Currency(code: try row.text(PaymentBook.attemptColumnCount)) else {
                        throw UnreadableValue(column: "orders.currency")
                    }
                    return OpenAttempt(attempt: try PaymentBook.attempt(row), currency: currency)
                }, limit: limit)
        }
    }

    /// How many attempts have been without an outcome for at least so many milliseconds.
    public func openAttemptCount(olderThan: Int64) async throws -> Int64 {
        try await onConnection { connection in
            try connection.execute(Ledger.openAttemptCount, [.int64(olderThan)]).single.int64(0)
        }
    }

    // MARK: - What is due

    private static let claimAttempts = PostgresStatement(
        "claim_payment_attempts",
        """
        UPDATE payment_attempt SET tries = tries + 1,
            due_at = now() + least($2::int8 << least(tries, 20), $3::int8) * interval '1 millisecond'
        WHERE id IN (
            SELECT id FROM payment_attempt WHERE state IN (1, 4) AND due_at <= now() ORDER BY due_at LIMIT $1::int4
            FOR UPDATE SKIP LOCKED)
        RETURNING id, order_id
        """)
    private static let claimOrders = PostgresStatement(
        "claim_due_orders",
        """
        UPDATE order_money SET due_at = now() + interval '30 seconds'
        WHERE order_id IN (
            SELECT order_id FROM order_money WHERE due_at < 'infinity' AND due_at <= now()
            ORDER BY due_at LIMIT $1::int4 FOR UPDATE SKIP LOCKED)
        RETURNING order_id
        """)

    /// Takes on attempts whose outcome is due to be asked for; each is due again after a pause, for whoever runs then.
    ///
    /// - Parameters:
    ///   - limit: most of them.
    ///   - pause: milliseconds until the next question after the first one; doubled with each.
    ///   - longest: most milliseconds of a pause.
    /// - Returns: the attempts, with what a gateway is sent of each, and those whose order cannot be read.
    /// - Throws: `Refusal`.
    public func claimAttempts(limit: Int32, pause: Int64, longest: Int64) async throws -> ClaimedAttempts {
        try await onConnection { connection in
            let rows = try connection.execute(
                Ledger.claimAttempts, [.int32(limit), .int64(pause), .int64(longest)])
            var claimed = ClaimedAttempts()
            for row in rows {
                let (id, order) = (EntityID(try row.uuid(0)), EntityID(try row.uuid(1)))
                do {
                    let book = try Ledger.payments(of: order, within: .everything, on: connection)
                    let call = try book?.attempts.first { $0.id == id }.flatMap { try book?.call($0) }
                    if let call { claimed.calls.append(call) }
                } catch let error as PostgresError {
                    throw error
                } catch {
                    // The others are put off already, and must be asked about.
                    claimed.unreadable.append((id, order, error))
                }
            }
            return claimed
        }
    }

    /// Takes on orders that are due to be settled; each is due again in 30 seconds, unless it is settled before.
    public func claimDueOrders(limit: Int32) async throws -> [EntityID] {
        try await onConnection { connection in
            try connection.execute(Ledger.claimOrders, [.int32(limit)]).map { EntityID(try $0.uuid(0)) }
        }
    }
}

/// What is stored of a change of payments as its reply: which attempts it made.
///
/// How they stand is read when it is told.
struct PaymentReceipt {
    var tender: Int16
    var attempts: [EntityID]

    init(tender: Int16, attempts: [EntityID]) {
        self.tender = tender
        self.attempts = attempts
    }

    /// Reads stored bytes.
    init(_ bytes: [UInt8]) throws {
        guard bytes.count % 16 == 2 else { throw UnreadableValue(column: "idempotency.reply") }
        tender = Int16(bytes[0]) << 8 | Int16(bytes[1])
        attempts = stride(from: 2, to: bytes.count, by: 16).map { start in
            func half(_ first: Int) -> UInt64 { bytes[first..<first + 8].reduce(0) { $0 << 8 | UInt64($1) } }
            return EntityID(high: half(start), low: half(start + 8))
        }
    }

    var bytes: [UInt8] {
        var bytes = [UInt8(tender >> 8), UInt8(tender & 255)]
        for id in attempts {
            for half in [id.high, id.low] {
                for shift in stride(from: 56, through: 0, by: -8) { bytes.append(UInt8(half >> UInt64(shift) & 255)) }
            }
        }
        return bytes
    }
}

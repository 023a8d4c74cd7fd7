/// The payments of one order: what may be asked for is decided here, from values alone.
///
/// Whoever uses it has the order's row locked, reads the book, has it decide, and writes ``changes`` with the transaction.
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
    public internal(set) var attempts: [PaymentAttempt] = []
    /// Whether the order has a row of its money already.
    public internal(set) var isKept: Bool
    /// How often it was settled in vain since something changed.
    public internal(set) var settlements: Int32
    /// The time of the transaction.
    public let now: Instant
    /// How long a hold is good for where the gateway does not say, in microseconds; nil for as long as it takes.
    public var holdValidity: Int64?
    /// How long the first call to a gateway may take before somebody else asks what became of it.
    public var patienceMilliseconds: Int64 = 75_000

    /// What was decided and is to be written, in order.
    public internal(set) var changes: [PaymentChange] = []
    /// What happened and is to be told, in order.
    public internal(set) var facts: [PaymentFact] = []
    /// When somebody is to look at what is due; nil leaves it as it is.
    public internal(set) var due: SettlementDue?
    /// What this change has given back in other ways than by the tenders.
    public internal(set) var givenOtherwise: [DocumentContent.Payment] = []
    /// Whether what the order costs beyond its lines was changed, also where it is as much as before in the end.
    public internal(set) var isAdjusted = false
    /// What returns of the order gave back, where that was read.
    public var returned: [PaidReturn] = []
    /// Refunds that this change has found approved.
    public internal(set) var refunded: [PaymentAttempt] = []

    var targets: [EntityID: String] = [:]
    var finals: Set<EntityID> = []

    /// Makes the book of an order without attempts; ``remember(_:target:isFinal:)`` adds those that it has.
    ///
    /// - Parameters:
    ///   - order: the order.
    ///   - currency: its currency.
    ///   - money: what it costs, with its tenders.
    ///   - isKept: whether it has a row of its money already.
    ///   - settlements: how often it was settled in vain since something changed.
    ///   - now: the time of the transaction.
    public init(
        order: EntityID, currency: Currency, money: OrderMoney, isKept: Bool, settlements: Int32, now: Instant
    ) {
        self.order = order
        self.currency = currency
        self.money = money
        self.isKept = isKept
        self.settlements = settlements
        self.now = now
    }

    /// Adds an attempt that was written down before.
    ///
    /// - Parameters:
    ///   - attempt: the attempt.
    ///   - target: what a gateway calls the hold or the taken amount that it acts upon.
    ///   - isFinal: whether it lets the rest of a hold go.
    public mutating func remember(_ attempt: PaymentAttempt, target: String, isFinal: Bool) {
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
    public func call(_ attempt: PaymentAttempt) throws(Refusal) -> PaymentCall {
        let tender = try tender(attempt.tender)
        return PaymentCall(
            attempt: attempt, currency: currency, gateway: tender.gateway,
            token: attempt.action == .authorize || attempt.action == .charge ? tender.token : "",
            target: targets[attempt.id] ?? "", isFinal: finals.contains(attempt.id))
    }

    /// Takes what was decided, which is then no longer to be written.
    public mutating func takeChanges() -> [PaymentChange] {
        defer { changes = [] }
        return changes
    }

    /// Takes what happened since the last call, in order.
    public mutating func takeFacts() -> [PaymentFact] {
        defer { facts = [] }
        return facts
    }
}

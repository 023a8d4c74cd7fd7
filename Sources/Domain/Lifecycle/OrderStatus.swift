/// Where an order stands as a whole.
///
/// Derived from the units of its lines, its payment and its returns by ``rules``; never stored. Raw values are those of
/// the contract where it has the status.
public enum OrderStatus: Int16, LifecycleWord {
    /// Some units wait, and none has left.
    case open = 1
    /// Some units have been with the customer, others are still to come.
    case partiallyDelivered = 2
    /// Every unit that was not cancelled is delivered.
    case delivered = 3
    /// Every unit is cancelled.
    case cancelled = 4
    /// None has left, and the tenders do not cover what is owed.
    case awaitingPayment = 5
    /// None has left, and every unit waits for supply.
    case backordered = 6
    /// Some units are on the way, others wait.
    case partiallyShipped = 7
    /// Every unit that was not cancelled is on the way.
    case shipped = 8
    /// All is delivered, and a return is under way.
    case returning = 9
    /// All was delivered, and some was given back.
    case partiallyReturned = 10
    /// All was given back.
    case returned = 11
    /// All was cancelled or given back, and money is still due to the customer.
    case refundDue = 12
}

/// Whether the tenders of an order cover what is owed.
public enum PaymentStanding: Int16, LifecycleWord {
    /// No tender is recorded: the order is paid elsewhere.
    case untracked = 1
    /// Nothing is held or taken.
    case due = 2
    /// Less is held and taken than is owed.
    case partlyCovered = 3
    /// What is owed is held, not all of it taken.
    case covered = 4
    /// What is owed is taken.
    case paid = 5
    /// More is taken than is owed.
    case refundDue = 6

    /// Derives it from amounts in minor units of one currency, each at least 0; their sums must fit 64 bits.
    ///
    /// - Parameters:
    ///   - owed: what the customer owes, after cancellations and returns.
    ///   - held: what is authorised and not taken.
    ///   - taken: what was captured.
    ///   - givenBack: what was refunded, at most `taken`.
    public init(owed: Int64, held: Int64, taken: Int64, givenBack: Int64) {
        let kept = taken - givenBack
        if kept > owed {
            self = .refundDue
        } else if kept == owed {
            self = .paid
        } else if kept + held >= owed {
            self = .covered
        } else {
            self = kept + held > 0 ? .partlyCovered : .due
        }
    }
}

/// Whether goods of an order are on their way back.
public enum ReturnStanding: Int16, LifecycleWord {
    /// None are.
    case idle = 1
    /// A return has units of which it is not said yet what becomes of them.
    case underWay = 2

    /// Derives it from an order's returns.
    public init(_ returns: some Sequence<ReturnState>) {
        self = returns.contains { ReturnStanding.open.contains($0) } ? .underWay : .idle
    }

    /// The states of returns that are under way: asked for, and neither decided, over nor expired.
    public static let open: Set<ReturnState> = Set(
        ReturnState.allCases.filter {
            $0 != .expired && $0 != .decided && !Lifecycle.returnOrder.final.contains($0)
        })
}

extension OrderStatus {
    /// When an order has a status, unless an earlier rule says otherwise.
    public struct Rule: Hashable, Sendable {
        /// Each of these sets has units.
        public var some: [LineStatusSet]
        /// This set has none.
        public var none: LineStatusSet
        /// The payment stands at one of these; nil is any.
        public var payments: Set<PaymentStanding>?
        /// The returns stand here; nil is anywhere.
        public var returns: ReturnStanding?
        /// The status.
        public var status: OrderStatus

        init(
            _ status: OrderStatus, some: [LineStatusSet] = [], none: LineStatusSet = [],
            payments: Set<PaymentStanding>? = nil, returns: ReturnStanding? = nil
        ) {
            self.some = some
            self.none = none
            self.payments = payments
            self.returns = returns
            self.status = status
        }

        /// Whether it can apply where payment and returns stand so, for some units.
        public func admits(payment: PaymentStanding, returns: ReturnStanding) -> Bool {
            (payments?.contains(payment) ?? true) && (self.returns.map { $0 == returns } ?? true)
        }

        /// Whether it applies to units in these statuses.
        public func applies(to present: LineStatusSet) -> Bool {
            some.allSatisfy { !$0.isDisjoint(with: present) } && none.isDisjoint(with: present)
        }
    }

    /// The rules; the first that applies decides, and ``last`` where none does.
    ///
    /// SQL that selects by status is made from them.
    public static let rules: [Rule] = [
        Rule(.partiallyDelivered, some: [.waiting.union(.init(.shipped)), .arrived]),
        Rule(.partiallyShipped, some: [.waiting, .init(.shipped)]),
        Rule(.awaitingPayment, some: [.waiting], payments: [.due, .partlyCovered]),
        Rule(.backordered, some: [.init(.backordered)], none: .setAside),
        Rule(.open, some: [.waiting]),
        Rule(.shipped, some: [.init(.shipped)]),
        Rule(.returning, some: [.init(.delivered)], returns: .underWay),
        Rule(.partiallyReturned, some: [.init(.delivered), .init(.returned)]),
        Rule(.delivered, some: [.init(.delivered)]),
        Rule(.refundDue, payments: [.refundDue]),
        Rule(.returned, some: [.init(.returned)]),
    ]

    /// The status where no rule applies.
    public static let last = OrderStatus.cancelled

    /// Derives the status of an order.
    ///
    /// - Parameters:
    ///   - present: the statuses that units of its lines have.
    ///   - payment: how its payment stands.
    ///   - returns: how its returns stand.
    public init(
        _ present: LineStatusSet, payment: PaymentStanding = .untracked, returns: ReturnStanding = .idle
    ) {
        let rule = OrderStatus.rules.first {
            $0.admits(payment: payment, returns: returns) && $0.applies(to: present)
        }
        self = rule?.status ?? OrderStatus.last
    }
}

/// What is held, taken and given back by one tender, and what is on its way: sums of its attempts.
///
/// Amounts are minor units of one currency. An attempt whose outcome is not known counts as if it might have been done:
/// it narrows what may be asked for next, and widens nothing.
public struct TenderSums: Hashable, Sendable {
    /// A sum of what was done, and of what is asked for and may turn out to be done.
    public struct Sum: Hashable, Sendable {
        /// Approved.
        public var done: Int64 = 0
        /// Outcome to come.
        public var open: Int64 = 0

        /// Both.
        public var all: Int64 { done + open }
    }

    /// Holds.
    public private(set) var authorized = Sum()
    /// Taken of holds.
    public private(set) var captured = Sum()
    /// Taken without a hold.
    public private(set) var charged = Sum()
    /// Let go of holds, or lapsed.
    public private(set) var letGo = Sum()
    /// Part of ``letGo`` that has lapsed.
    public private(set) var lapsed = Sum()
    /// Given back.
    public private(set) var refunded = Sum()
    /// Part of ``refunded`` that settles a surplus after a cancellation.
    public private(set) var surplus = Sum()

    /// No attempts.
    public init() {}

    /// The sums of some attempts.
    public init(_ attempts: some Sequence<PaymentAttempt>) {
        for attempt in attempts { add(attempt) }
    }

    /// Adds an attempt; one that was declined or abandoned counts for nothing.
    public mutating func add(_ attempt: PaymentAttempt) {
        let place: WritableKeyPath<Sum, Int64>
        if attempt.state == .approved {
            place = \.done
        } else if attempt.isOpen {
            place = \.open
        } else {
            return
        }
        switch attempt.action {
        case .authorize: authorized[keyPath: place] += attempt.amount
        case .capture:
            captured[keyPath: place] += attempt.amount
            letGo[keyPath: place] += attempt.letsGo
        case .charge: charged[keyPath: place] += attempt.amount
        case .void: letGo[keyPath: place] += attempt.amount
        case .expire:
            letGo[keyPath: place] += attempt.amount
            lapsed[keyPath: place] += attempt.amount
        case .refund:
            refunded[keyPath: place] += attempt.amount
            if attempt.purpose == .surplus { surplus[keyPath: place] += attempt.amount }
        }
    }

    /// Adds another tender's sums.
    public static func + (left: TenderSums, right: TenderSums) -> TenderSums {
        var sums = left
        for path in [\TenderSums.authorized, \.captured, \.charged, \.letGo, \.lapsed, \.refunded, \.surplus] {
            sums[keyPath: path].done += right[keyPath: path].done
            sums[keyPath: path].open += right[keyPath: path].open
        }
        return sums
    }

    /// What is held and neither taken nor let go.
    public var held: Int64 { authorized.done - captured.done - letGo.done }

    /// What may still be taken of it.
    public var capturable: Int64 { max(0, held - captured.open - letGo.open) }

    /// What was taken, over its whole life.
    public var taken: Int64 { captured.done + charged.done }

    /// What was taken less what was given back.
    public var kept: Int64 { taken - refunded.done }

    /// What may still be given back: taken, less given back, less what is on its way back.
    public var refundable: Int64 { max(0, taken - refunded.all) }

    /// What it covers of the order's amount, counting what may turn out to be held or taken.
    public var covering: Int64 { max(0, held - letGo.open) + kept + authorized.open + charged.open }

    /// Whether the outcome of anything is to come.
    public var hasOpen: Bool {
        [authorized, captured, charged, letGo, refunded].contains { $0.open > 0 }
    }
}

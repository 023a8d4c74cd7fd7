/// The money of one order: what it costs, what of that is earned, and what its tenders hold, took and gave back.
///
/// Amounts are minor units of the order's currency.
public struct OrderMoney: Hashable, Sendable {
    /// What its lines cost with all taxes, as they are ordered.
    public var total: Int64
    /// Part of it that is no longer owed: cancelled before it was earned.
    public var notOwed: Int64
    /// Part of it that was earned: shipped or handed over.
    public var earned: Int64
    /// Part of what was earned that is due back: returned or lost.
    public var refundDue: Int64
    /// What is owed beyond that: fees that are kept count up, goodwill counts down.
    public var adjusted: Int64
    /// What was given back in other ways than by the tenders: as store credit, outside, or into an exchange.
    public var givenOtherwise: Int64
    /// The tenders by number.
    public var tenders: [Tender]

    /// Makes the money of an order.
    public init(
        total: Int64, notOwed: Int64 = 0, earned: Int64 = 0, refundDue: Int64 = 0, adjusted: Int64 = 0,
        givenOtherwise: Int64 = 0, tenders: [Tender] = []
    ) {
        self.total = total
        self.notOwed = notOwed
        self.earned = earned
        self.refundDue = refundDue
        self.adjusted = adjusted
        self.givenOtherwise = givenOtherwise
        self.tenders = tenders
    }

    /// The sums of all tenders.
    public var sums: TenderSums { tenders.reduce(TenderSums()) { $0 + $1.sums } }

    /// What the order is to keep of what its tenders gave: what it costs after cancellations and returns, and what it gave back
    /// in other ways already; never below 0.
    ///
    /// Goodwill above what it costs is set off against what is due back, and never against what was given otherwise.
    public var owed: Int64 {
        Self.owed(total - notOwed - refundDue, adjusted: adjusted, givenOtherwise: givenOtherwise)
    }

    /// The same of an order's lines: what they cost after cancellations and returns.
    public static func owed(_ lines: Int64, adjusted: Int64, givenOtherwise: Int64) -> Int64 {
        max(0, lines + adjusted) + givenOtherwise
    }

    /// What may still be given back, in whatever way: taken, less all that was given back or is on its way back.
    public var refundable: Int64 { max(0, sums.refundable - givenOtherwise) }

    /// What no tender covers yet, or may turn out to cover.
    public var uncovered: Int64 { max(0, owed - sums.covering) }

    /// What is to be taken now: earned, and neither taken nor being taken.
    public var captureDue: Int64 {
        let sums = sums
        return max(0, min(owed, earnedToKeep) - sums.kept - sums.captured.open - sums.charged.open)
    }

    private var earnedToKeep: Int64 {
        Self.owed(earned - refundDue, adjusted: adjusted, givenOtherwise: givenOtherwise)
    }

    /// What is due back: kept beyond what is owed, or for goods that came back or were lost, and not on its way back.
    ///
    /// While other units of the order still wait, what is held for them covers them: what was taken for goods that came back
    /// is due all the same.
    public var overpaid: Int64 {
        let sums = sums
        let left = sums.kept - sums.refunded.open
        let unsettled = refundDue - adjusted - givenOtherwise - (sums.refunded.all - sums.surplus.all)
        let covered = left + max(0, sums.held - sums.letGo.open) - owed
        return max(0, min(refundable, max(left - owed, min(unsettled, covered))))
    }

    /// The part of ``overpaid`` that comes from cancellations, and so is given back without being asked for.
    ///
    /// What is due back for returns waits until somebody decides on it.
    public var surplus: Int64 {
        let sums = sums
        return max(0, min(overpaid, sums.taken - sums.surplus.all - (total - notOwed)))
    }

    /// How the payment stands; without any tender it is not tracked here.
    public var standing: PaymentStanding {
        guard !tenders.isEmpty else { return .untracked }
        let sums = sums
        return PaymentStanding(owed: owed, held: sums.held, taken: sums.taken, givenBack: sums.refunded.done)
    }
}

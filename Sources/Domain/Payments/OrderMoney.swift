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
    /// The tenders by number.
    public var tenders: [Tender]

    /// Makes the money of an order.
    public init(
        total: Int64, notOwed: Int64 = 0, earned: Int64 = 0, refundDue: Int64 = 0, adjusted: Int64 = 0,
        tenders: [Tender] = []
    ) {
        self.total = total
        self.notOwed = notOwed
        self.earned = earned
        self.refundDue = refundDue
        self.adjusted = adjusted
        self.tenders = tenders
    }

    /// The sums of all tenders.
    public var sums: TenderSums { tenders.reduce(TenderSums()) { $0 + $1.sums } }

    /// What the customer owes, after cancellations and returns; never below 0.
    public var owed: Int64 { max(0, total - notOwed - refundDue + adjusted) }

    /// What no tender covers yet, or may turn out to cover.
    public var uncovered: Int64 { max(0, owed - sums.covering) }

    /// What is to be taken now: earned, and neither taken nor being taken.
    public var captureDue: Int64 {
        let sums = sums
        return max(0, min(owed, earned - refundDue + adjusted) - sums.kept - sums.captured.open - sums.charged.open)
    }

    /// What is due back: kept beyond what is owed, or for goods that came back or were lost, and not on its way back.
    ///
    /// While other units of the order still wait, what is held for them covers them: what was taken for goods that came back
    /// is due all the same.
    public var overpaid: Int64 {
        let sums = sums
        let left = sums.kept - sums.refunded.open
        let unsettled = refundDue - adjusted - (sums.refunded.all - sums.surplus.all)
        let covered = left + max(0, sums.held - sums.letGo.open) - owed
        return max(0, min(sums.refundable, max(left - owed, min(unsettled, covered))))
    }

    /// ``overpaid`` as it would be if all that is being taken turned out to be: what may be due back at most.
    public var overpaidAtMost: Int64 {
        let sums = sums
        let coming = sums.captured.open + sums.charged.open
        let left = sums.kept + coming - sums.refunded.open
        let unsettled = refundDue - adjusted - (sums.refunded.all - sums.surplus.all)
        let covered = left + max(0, sums.held - sums.captured.open - sums.letGo.open) - owed
        return max(0, min(sums.refundable + coming, max(left - owed, min(unsettled, covered))))
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

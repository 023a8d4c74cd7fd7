/// Lines of the books that have no operation in the plan, by reason.
public struct NotReplayed: Hashable, Sendable {
    /// Why a line has no operation.
    public enum Reason: String, CaseIterable, Hashable, Sendable {
        /// A line of an A invoice that lowers a debt: an entry of the books, not an order.
        case negativeAdjustment = "negative_adjustment"
        /// A line of an A invoice that names goods, or gives something away: adjustments move no goods.
        case unclearAdjustment = "unclear_adjustment"
        /// A credit for a service, such as postage or a discount, that no order of the books explains: no stock to move.
        case serviceCreditWithoutOrder = "service_credit_without_order"
        /// A cancellation line with a positive quantity, which takes nothing back.
        case positiveCancellation = "positive_cancellation"
        /// A stock correction of a service, which has no stock.
        case serviceCorrection = "service_correction"
        /// A line of an invoice that was taken to be complete, more than five minutes later.
        case lateLine = "late_line"
        /// A line of an invoice that has more than 1,000 lines.
        case oversizedInvoice = "oversized_invoice"
    }

    /// How much was left out for one reason.
    public struct Figures: Hashable, Sendable {
        /// Lines; a cancellation line that finds some of its units counts here too.
        public fileprivate(set) var lines = 0
        /// Units left out, counted positive.
        public fileprivate(set) var units: Int64 = 0
    }

    private var figures: [Reason: Figures] = [:]

    mutating func add(_ reason: Reason, units: Int64) {
        figures[reason, default: Figures()].lines += 1
        figures[reason, default: Figures()].units += abs(units)
    }

    /// What was left out for `reason`.
    public subscript(reason: Reason) -> Figures { figures[reason] ?? Figures() }

    /// All that was left out.
    public var total: Figures {
        figures.values.reduce(into: Figures()) { total, figures in
            total.lines += figures.lines
            total.units += figures.units
        }
    }
}

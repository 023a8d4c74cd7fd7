import Domain
package import HoldfastAPI

/// The money of one order in minor units, drawn up from what its lines cost and where their units are, beside what its
/// tenders say.
///
/// `captured = recognised + tax + refunds due + deposits` is the claim. The left side comes from the tenders alone, the
/// right side from the lines and the returns, so that neither can hide a fault of the other.
package struct OrderAccount: Hashable, Sendable {
    /// Taken from the customer.
    package private(set) var taken: Int64 = 0
    /// Given back to the customer, in whatever way.
    package private(set) var givenBack: Int64 = 0
    /// The part of what was decided to be given back that is for returned units.
    package private(set) var returned: Int64 = 0
    /// Value of goods and services that the customer has and keeps, without tax.
    package private(set) var recognised: Int64 = 0
    /// Taxes in and on that value.
    package private(set) var tax: Int64 = 0
    /// Taken beyond what is owed.
    package private(set) var refundsDue: Int64 = 0
    /// Taken for units that have not left.
    package private(set) var deposits: Int64 = 0

    /// Taken less given back.
    package var captured: Int64 { taken - givenBack }
    /// What the other side comes to.
    package var accounted: Int64 { recognised + tax + refundsDue + deposits }

    /// Units of an order by what became of them.
    package struct Units: Hashable, Sendable {
        /// Units that have reached the customer, with those that came back.
        package var delivered: Int64 = 0
        /// Units that came back.
        package var returned: Int64 = 0
    }

    /// What of an order is wrong with its account; nil where it balances.
    package private(set) var fault: String?
    /// Units of its lines.
    package private(set) var units = Units()
    /// True where a payment is still under way.
    package private(set) var isMoving = false

    /// Draws up the account of an order.
    ///
    /// - Parameters:
    ///   - order: the order.
    ///   - payments: its payments.
    ///   - refunded: what its returns are refunded with, as they were decided.
    package init(of order: Holdfast_V1_Order, payments: Holdfast_V1_GetPaymentsResponse, refunded: Int64) {
        taken = payments.taken.amountMinor
        // Store credit, money outside and what went into an exchange are given back by other ways than the tenders.
        let otherwise = payments.refunds.filter { $0.settlement != .original }
        givenBack = otherwise.reduce(payments.givenBack.amountMinor) { $0 + $1.amount.amountMinor }
        returned = refunded
        refundsDue = payments.dueBack.amountMinor
        isMoving = payments.attempts.contains { $0.state == .prepared || $0.state == .unknown }
        var earned: Int64 = 0
        var waiting: Int64 = 0
        for line in order.lines {
            let parts = LineParts(line)
            earned += parts.share(parts.value, .earned)
            waiting += parts.share(parts.value, .waiting)
            tax += parts.share(parts.tax, .earned) - parts.taxReturned
            units.delivered += parts.delivered
            units.returned += parts.returned
        }
        recognised = earned - refunded - tax
        deposits = waiting - payments.uncovered.amountMinor - payments.held.amountMinor
        if payments.tenders.isEmpty {
            // Nothing is paid through the service: only an order that costs nothing is accounted for.
            if order.total.amountMinor != 0 { fault = "has no tender for \(order.total.amountMinor)" }
        } else if earned != payments.earned.amountMinor {
            fault = "\(payments.earned.amountMinor) earned where its lines come to \(earned)"
        } else if captured != accounted {
            fault =
                "captured \(captured), but recognised \(recognised) + tax \(tax) + refunds due \(refundsDue) + deposits "
                + "\(deposits) = \(accounted)"
        } else if deposits < 0 {
            fault = "\(-deposits) are earned and not taken"
        }
    }
}

/// A line's units by what became of them, in the order in which they take their shares of its value: cancelled, left,
/// waiting.
private struct LineParts {
    enum Part {
        case earned
        case waiting
    }

    let value: Int64
    let tax: Int64
    let ordered: Int64
    private var cancelled: Int64 = 0
    private var left: Int64 = 0
    private(set) var delivered: Int64 = 0
    private(set) var returned: Int64 = 0

    init(_ line: Holdfast_V1_OrderLine) {
        ordered = line.quantity
        value = line.taxes.reduce(line.amount.amountMinor) { $0 + ($1.included ? 0 : $1.amount.amountMinor) }
        tax = line.taxes.reduce(0) { $0 + $1.amount.amountMinor }
        for part in line.quantities {
            switch part.status {
            case .cancelled: cancelled += part.quantity
            case .shipped: left += part.quantity
            case .delivered:
                left += part.quantity
                delivered += part.quantity
            case .returned:
                left += part.quantity
                delivered += part.quantity
                returned += part.quantity
            default: continue
            }
        }
    }

    func share(_ whole: Int64, _ part: Part) -> Int64 {
        switch part {
        case .earned: Rounding.share(of: whole, from: cancelled, to: cancelled + left, count: ordered)
        case .waiting: Rounding.share(of: whole, from: cancelled + left, to: ordered, count: ordered)
        }
    }

    /// Tax of the units that came back.
    var taxReturned: Int64 {
        left > 0 ? Rounding.share(of: share(tax, .earned), from: 0, to: returned, count: left) : 0
    }
}

public import Replay

/// What became of accepted orders after their capture.
public struct LifeFigures: Hashable, Sendable {
    /// Lines of goods that the books asked for, and their units.
    public internal(set) var asked = AcceptedFigures.Units()
    /// Lines of goods among them that were accepted, and their units.
    public internal(set) var filled = AcceptedFigures.Units()
    /// Orders whose goods were delivered, and the units of goods.
    public internal(set) var sent = AcceptedFigures.Units()
    /// Orders whose goods have not left at the end of the plan.
    public internal(set) var ordersWaiting = 0
    /// Seconds from order to ship of each order that was sent, by the clock of the data.
    public internal(set) var secondsToShip: [Int64] = []
    /// Returns, and the units that came back.
    public internal(set) var takenBack = AcceptedFigures.Units()
    /// Exact value of these units at the prices of their orders.
    public internal(set) var takenBackValue = ExactAmount.zero
    /// What the service says about money and parcels, order by order.
    public internal(set) var accounts = LifeAccounts()

    /// Nothing yet.
    package init() {}

    mutating func add(_ accounts: LifeAccounts) { self.accounts = accounts }

    /// Units accepted of those that were asked for, with six decimals.
    public var unitFillRate: String { Self.rate(filled.units, asked.units) }
    /// Lines accepted of those that were asked for, with six decimals.
    public var lineFillRate: String { Self.rate(Int64(filled.count), Int64(asked.count)) }
    /// Orders sent in more than one fulfilment of those that were sent, with six decimals.
    public var splitRate: String { Self.rate(Int64(accounts.splitOrders), Int64(accounts.ordersFulfilled)) }
    /// Units that came back of those that had reached customers, with six decimals.
    public var returnRate: String { Self.rate(accounts.unitsReturned, accounts.unitsDelivered) }

    /// Hours from order to ship with one decimal: the mean, the median and the longest; zeros where nothing was sent.
    public var hoursToShip: (mean: String, median: String, longest: String) {
        let sorted = secondsToShip.sorted()
        guard let longest = sorted.last else { return ("0.0", "0.0", "0.0") }
        let mean = sorted.reduce(0, +) / Int64(sorted.count)
        let hours = [mean, sorted[sorted.count / 2], longest].map { seconds in
            (seconds < 0 ? "-" : "") + Decimals.text(abs(seconds) * 10 / 3_600, decimals: 1)
        }
        return (hours[0], hours[1], hours[2])
    }

    private static func rate(_ part: Int64, _ whole: Int64) -> String {
        guard whole > 0 else { return "0.000000" }
        return Decimals.text(Int64((Int128(part) * 2_000_000 + Int128(whole)) / (Int128(whole) * 2)), decimals: 6)
    }

    func json(currency: String) -> JSONValue {
        let hours = hoursToShip
        return .object([
            .init("orders_sent", .count(sent.count)),
            .init("units_sent", .integer(sent.units)),
            .init("orders_waiting", .count(ordersWaiting)),
            .init("fill_rate_units", .string(unitFillRate)),
            .init("fill_rate_lines", .string(lineFillRate)),
            .init("split_rate", .string(splitRate)),
            .init("return_rate", .string(returnRate)),
            .init(
                "hours_to_ship",
                .object([
                    .init("mean", .string(hours.mean)),
                    .init("median", .string(hours.median)),
                    .init("longest", .string(hours.longest)),
                ])
            ),
            .init("returns", .count(takenBack.count)),
            .init("units_returned", .integer(takenBack.units)),
            .init("returned_value", .string(takenBackValue.rounded(toDecimals: 2))),
            .init("accounts", accounts.json(currency: currency)),
        ])
    }
}

extension ReportPage {
    /// Writes what became of orders after their capture.
    mutating func write(_ life: LifeFigures, currency: String) {
        let hours = life.hoursToShip
        let accounts = life.accounts
        title("Delivered")
        row("orders sent", "\(life.sent.count)", "\(life.sent.units) units of goods")
        if life.ordersWaiting > 0 { row("orders still to leave", "\(life.ordersWaiting)", "at the end of the books") }
        row("fill rate", life.unitFillRate, "of units; of lines \(life.lineFillRate)")
        row("split rate", life.splitRate, "\(accounts.splitOrders) of \(accounts.ordersFulfilled) orders sent in parts")
        row("hours to ship", hours.mean, "median \(hours.median), longest \(hours.longest); by the clock of the data")
        row(
            "return rate", life.returnRate,
            "\(accounts.unitsReturned) of \(accounts.unitsDelivered) units, \(accounts.returns) returns")
        title("Money")
        let money = accounts.sums
        row("taken", LifeAccounts.text(money.taken), currency)
        row("given back", LifeAccounts.text(money.givenBack), "for cancellations and returns")
        row("  for returns", LifeAccounts.text(money.returned))
        row("captured", LifeAccounts.text(money.captured), "taken less given back, which is")
        row("  recognised", LifeAccounts.text(money.recognised), "goods with the customer")
        row("  tax", LifeAccounts.text(money.tax))
        row("  refunds due", LifeAccounts.text(money.refundsDue))
        row("  deposits", LifeAccounts.text(money.deposits), "paid, and not sent yet")
        row(
            "conserved", accounts.isBalanced ? "yes" : "NO",
            "\(accounts.orders - accounts.unbalanced) of \(accounts.orders) orders, to the minor unit")
        for note in accounts.firstUnbalanced { self.note(note) }
    }
}

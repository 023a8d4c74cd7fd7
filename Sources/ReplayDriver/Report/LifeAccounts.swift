import Replay

/// The accounts of all orders of a replay, as the service tells them at its end.
public struct LifeAccounts: Hashable, Sendable {
    /// Amounts in minor units.
    public struct Sums: Hashable, Sendable {
        /// Taken from customers.
        public internal(set) var taken: Int64 = 0
        /// Given back to customers.
        public internal(set) var givenBack: Int64 = 0
        /// Decided to be given back for returned units.
        public internal(set) var returned: Int64 = 0
        /// Taken less given back.
        public internal(set) var captured: Int64 = 0
        /// Value of what customers have and keep, without tax.
        public internal(set) var recognised: Int64 = 0
        /// Taxes in and on that value.
        public internal(set) var tax: Int64 = 0
        /// Taken beyond what is owed.
        public internal(set) var refundsDue: Int64 = 0
        /// Taken for what has not left.
        public internal(set) var deposits: Int64 = 0
    }

    /// Orders looked at.
    public internal(set) var orders = 0
    /// Orders whose account does not balance.
    public internal(set) var unbalanced = 0
    /// The first of them, with what is wrong; at most 10.
    public internal(set) var firstUnbalanced: [String] = []
    /// The sums over all orders.
    public internal(set) var sums = Sums()
    /// Units that have reached customers, with those that came back.
    public internal(set) var unitsDelivered: Int64 = 0
    /// Units that came back.
    public internal(set) var unitsReturned: Int64 = 0
    /// Returns that were decided.
    public internal(set) var returns = 0
    /// Orders that have a fulfilment.
    public internal(set) var ordersFulfilled = 0
    /// Fulfilments in all.
    public internal(set) var fulfilments = 0
    /// Orders with more than one.
    public internal(set) var splitOrders = 0

    private static let mostNamed = 10

    /// Nothing yet.
    init() {}

    /// True where the account of every order balances.
    public var isBalanced: Bool { unbalanced == 0 }

    mutating func add(_ account: OrderAccount, name: String) {
        orders += 1
        sums.taken += account.taken
        sums.givenBack += account.givenBack
        sums.returned += account.returned
        sums.captured += account.captured
        sums.recognised += account.recognised
        sums.tax += account.tax
        sums.refundsDue += account.refundsDue
        sums.deposits += account.deposits
        unitsDelivered += account.units.delivered
        unitsReturned += account.units.returned
        guard let fault = account.fault else { return }
        unbalanced += 1
        if firstUnbalanced.count < Self.mostNamed { firstUnbalanced.append("order \(name): \(fault)") }
    }

    /// An amount in minor units of a currency with two decimals.
    static func text(_ minor: Int64) -> String { (minor < 0 ? "-" : "") + Decimals.text(abs(minor), decimals: 2) }

    func json(currency: String) -> JSONValue {
        let unit = currency.lowercased()
        return .object([
            .init("orders", .count(orders)),
            .init("conserved", .boolean(isBalanced)),
            .init("orders_unbalanced", .count(unbalanced)),
            .init("first_unbalanced", .array(firstUnbalanced.map { .string($0) })),
            .init("taken_\(unit)", .string(Self.text(sums.taken))),
            .init("given_back_\(unit)", .string(Self.text(sums.givenBack))),
            .init("given_back_for_returns_\(unit)", .string(Self.text(sums.returned))),
            .init("captured_\(unit)", .string(Self.text(sums.captured))),
            .init("recognised_\(unit)", .string(Self.text(sums.recognised))),
            .init("tax_\(unit)", .string(Self.text(sums.tax))),
            .init("refunds_due_\(unit)", .string(Self.text(sums.refundsDue))),
            .init("deposits_\(unit)", .string(Self.text(sums.deposits))),
            .init("units_delivered", .integer(unitsDelivered)),
            .init("units_returned", .integer(unitsReturned)),
            .init("returns", .count(returns)),
            .init("orders_fulfilled", .count(ordersFulfilled)),
            .init("fulfilments", .count(fulfilments)),
            .init("orders_split", .count(splitOrders)),
        ])
    }
}

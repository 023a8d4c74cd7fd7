/// What books of the Olist layout offer, as their files tell it.
public struct OlistOffered: Sendable {
    /// What is odd in them.
    public let quirks: OlistQuirks
    /// Rows of each file that could be used.
    public let rows: [OlistFile: Int]
    /// Orders by status.
    public private(set) var orders: [OlistOrder.Status: Int] = [:]
    /// Payments by kind.
    public private(set) var payments: [OlistOrder.Payment.Kind: Int] = [:]
    /// Units.
    public private(set) var units = 0
    /// Prices of all units, in hundredths.
    public private(set) var price: Int64 = 0
    /// What their carriage costs, in hundredths.
    public private(set) var freight: Int64 = 0
    /// All payments, in hundredths.
    public private(set) var paid: Int64 = 0
    /// Persons.
    public private(set) var persons = 0
    /// Orders that have a time of delivery and are not cancelled.
    public private(set) var delivered = 0
    /// Orders among them that arrived after the day that was promised.
    public private(set) var late = 0
    /// Seconds from purchase to hand-over, of orders that have both; negative where the files have them the wrong way
    /// round.
    public private(set) var secondsToShip: [Int64] = []
    /// Seconds from hand-over to delivery.
    public private(set) var secondsUnderWay: [Int64] = []

    /// Adds books up.
    public init(_ books: OlistBooks) {
        quirks = OlistQuirks(books)
        rows = books.rows
        var persons: Set<String> = []
        for order in books.orders {
            orders[order.status, default: 0] += 1
            persons.insert(order.customer.person)
            units += order.items.count
            price += order.items.reduce(0) { $0 + $1.price }
            freight += order.items.reduce(0) { $0 + $1.freight }
            paid += order.paid
            for payment in order.payments { payments[payment.kind, default: 0] += 1 }
            if let handedOver = order.handedOverAt {
                secondsToShip.append(handedOver.seconds - order.purchasedAt.seconds)
                if let delivered = order.deliveredAt { secondsUnderWay.append(delivered.seconds - handedOver.seconds) }
            }
            if order.deliveredAt != nil, !order.isCancelled {
                delivered += 1
                if order.isLate { late += 1 }
            }
        }
        self.persons = persons.count
    }

    /// Amounts in hundredths as text with two decimals.
    public static func text(_ hundredths: Int64) -> String {
        RoundedQuotient.text(Int128(hundredths), dividedBy: 100, decimals: 2)
    }

    /// Hours with one decimal: the median of some seconds; `0.0` of none.
    public static func medianHours(_ seconds: [Int64]) -> String {
        guard !seconds.isEmpty else { return "0.0" }
        return RoundedQuotient.text(Int128(seconds.sorted()[seconds.count / 2]), dividedBy: 3_600, decimals: 1)
    }

    /// The figures as one object, its members in a fixed order.
    public var json: JSONValue {
        .object([
            .init("rows", .object(OlistFile.allCases.map { .init($0.rawValue, .count(rows[$0] ?? 0)) })),
            .init(
                "orders",
                .object(OlistOrder.Status.allCases.map { .init($0.rawValue, .count(orders[$0] ?? 0)) })),
            .init("persons", .count(persons)),
            .init("units", .count(units)),
            .init("price_brl", .string(Self.text(price))),
            .init("freight_brl", .string(Self.text(freight))),
            .init("paid_brl", .string(Self.text(paid))),
            .init(
                "payments",
                .object(OlistOrder.Payment.Kind.allCases.map { .init($0.rawValue, .count(payments[$0] ?? 0)) })),
            .init("delivered", .count(delivered)),
            .init("delivered_late", .count(late)),
            .init("median_hours_to_ship", .string(Self.medianHours(secondsToShip))),
            .init("median_hours_under_way", .string(Self.medianHours(secondsUnderWay))),
            .init("quirks", .object(quirks.counts.map { .init($0.name, .count($0.count)) })),
        ])
    }
}

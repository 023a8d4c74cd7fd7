public import Replay

/// What became of the orders of the Olist layout, added up in whatever order they end.
public struct OlistFigures: Sendable {
    /// Orders that the service has.
    public private(set) var orders = 0
    /// Their lines.
    public private(set) var lines = 0
    /// Their units of goods.
    public private(set) var units: Int64 = 0
    /// What they cost, in hundredths.
    public private(set) var value: Int64 = 0
    /// Their tenders.
    public private(set) var tenders = 0
    /// Orders that the service does not have, by reason.
    public private(set) var refused: [String: Int] = [:]
    /// Orders that it has, and that were not sent or taken back though they should, by reason.
    public private(set) var held: [String: Int] = [:]
    /// Orders by how far they went.
    public private(set) var ends: [OlistSale.End: Int] = [:]
    /// Orders of which the service was asked which seller serves them.
    public private(set) var sourced = 0
    /// Orders among them that had a plan, which was carried out.
    public private(set) var sourcedByPlan = 0
    /// Orders among these that the plan serves from the sellers that the files name.
    public private(set) var sourcedAsSold = 0
    /// Units that plans moved to another seller.
    public private(set) var unitsMoved: Int64 = 0
    /// What became of orders after their capture, as far as the plan tells it.
    public private(set) var life = LifeFigures()
    /// Units of goods that are set aside and have not left.
    private(set) var openGoodsUnits: Int64 = 0
    /// The orders that the service has, with the number that people know them by.
    private(set) var accepted: [(id: ReplayID, name: String)] = []

    init() {}

    mutating func add(_ outcome: OlistOutcome) {
        let sale = outcome.sale
        let goods = sale.lines.filter(\.isGoods)
        let goodsUnits = goods.reduce(0) { $0 + $1.quantity }
        for line in goods { life.asked.add(units: line.quantity) }
        if let reason = outcome.refused {
            refused[reason.name, default: 0] += 1
            return
        }
        for line in goods { life.filled.add(units: line.quantity) }
        accepted.append((sale.id, sale.order.id))
        orders += 1
        lines += sale.lines.count
        units += goodsUnits
        value += sale.total
        tenders += sale.tenders.count
        if let sourcing = outcome.sourcing {
            sourced += 1
            if sourcing.isCarriedOut { sourcedByPlan += 1 }
            if sourcing.isAsSold { sourcedAsSold += 1 }
            unitsMoved += sourcing.moved
        }
        if let reason = outcome.held {
            held[reason.name, default: 0] += 1
            return
        }
        ends[sale.end, default: 0] += 1
        switch sale.end {
        case .paid, .acknowledged: openGoodsUnits += goodsUnits
        case .cancelled: break
        case .shipped, .delivered, .returned:
            life.sent.add(units: goodsUnits)
            if let handedOver = sale.order.handedOverAt {
                life.secondsToShip.append(handedOver.seconds - sale.order.purchasedAt.seconds)
            }
            guard sale.end == .returned else { return }
            life.takenBack.add(units: sale.lines.reduce(0) { $0 + $1.quantity })
            for line in sale.lines { life.takenBackValue += .hundredths(line.price * line.quantity) }
        }
    }

    var json: JSONValue {
        let ends: [(OlistSale.End, String)] = [
            (.paid, "paid"), (.acknowledged, "acknowledged"), (.shipped, "shipped"), (.delivered, "delivered"),
            (.cancelled, "cancelled"), (.returned, "returned"),
        ]
        return .object([
            .init("orders", .count(orders)),
            .init("lines", .count(lines)),
            .init("units", .integer(units)),
            .init("value_brl", .string(OlistOffered.text(value))),
            .init("tenders", .count(tenders)),
            .init("refused", Self.json(refused)),
            .init("held", Self.json(held)),
            .init("by_end", .object(ends.map { .init($1, .count(self.ends[$0] ?? 0)) })),
            .init(
                "sourcing",
                .object([
                    .init("asked", .count(sourced)),
                    .init("by_plan", .count(sourcedByPlan)),
                    .init("as_sold", .count(sourcedAsSold)),
                    .init("units_moved", .integer(unitsMoved)),
                ])
            ),
        ])
    }

    private static func json(_ counts: [String: Int]) -> JSONValue {
        .object(counts.sorted { $0.key < $1.key }.map { .init($0.key, .count($0.value)) })
    }
}

/// What two configurations would have made of the same orders.
public struct ConfigComparison: Sendable {
    /// One configuration's side.
    public struct Side: Hashable, Sendable {
        /// The configuration's version.
        public var version: String
        /// Orders with a plan.
        public var planned = 0
        /// Orders of which every unit is sourced.
        public var complete = 0
        /// Orders with more than one shipment.
        public var split = 0
        /// Orders for which a constraint was dropped.
        public var relaxed = 0
        /// Orders with a shipment that arrives after the day promised.
        public var late = 0
        /// Orders whose plan is not proven to be the cheapest.
        public var unproven = 0
        /// Shipments.
        public var shipments = 0
        /// Units ordered.
        public var unitsOrdered: Int64 = 0
        /// Units sourced.
        public var unitsSourced: Int64 = 0
        /// Costs, summed; orders without a plan cost nothing here.
        public var cost = SourcingPlan.Cost()

        /// Units sourced of a thousand ordered, rounded down.
        public var fillPermille: Int64 { unitsOrdered == 0 ? 0 : unitsSourced * 1_000 / unitsOrdered }
    }

    /// An order that the two serve differently.
    public struct Difference: Hashable, Sendable {
        /// The order's id.
        public var order: String
        /// Status, shipments and cost under the first.
        public var first: Outcome
        /// The same under the second.
        public var second: Outcome
    }

    /// What became of an order.
    public struct Outcome: Hashable, Sendable {
        /// The plan's status.
        public var status: SourcingPlan.Status
        /// Its locations and their units.
        public var units: [String: Int64]
        /// Its cost in minor units.
        public var cost: Int64

        fileprivate init(_ plan: SourcingPlan) {
            status = plan.status
            units = Dictionary(plan.shipments.map { ($0.location, $0.parts.reduce(0) { $0 + $1.units }) }) { $1 }
            cost = plan.cost.total
        }
    }

    /// The first configuration's side.
    public var first: Side
    /// The second's.
    public var second: Side
    /// Orders looked at.
    public var orders = 0
    /// Orders that are served from elsewhere or at another cost.
    public var differences: [Difference] = []

    /// Starts a comparison of two configurations.
    public init(_ first: SourcingConfig, _ second: SourcingConfig) {
        self.first = Side(version: first.version)
        self.second = Side(version: second.version)
    }

    /// Adds an order by its two plans.
    public mutating func add(_ one: SourcingPlan, _ other: SourcingPlan) {
        orders += 1
        first.add(one)
        second.add(other)
        let (left, right) = (Outcome(one), Outcome(other))
        if left != right {
            differences.append(Difference(order: one.problem.order.id, first: left, second: right))
        }
    }

    /// The comparison as files have it.
    public var file: FileValue {
        .object([
            "orders": .integer(orders), "first": first.file, "second": second.file,
            "differences": .array(
                differences.map {
                    .object(["order": .string($0.order), "first": $0.first.file, "second": $0.second.file])
                }),
        ])
    }
}

extension ConfigComparison.Side {
    fileprivate mutating func add(_ plan: SourcingPlan) {
        unitsOrdered += plan.problem.order.lines.reduce(0) { $0 + $1.quantity }
        if !plan.dropped.isEmpty { relaxed += 1 }
        guard plan.hasPlan else { return }
        planned += 1
        if plan.unsourced.isEmpty { complete += 1 }
        if plan.shipments.count > 1 { split += 1 }
        if plan.status == .feasible { unproven += 1 }
        if let promised = plan.problem.order.promised, plan.shipments.contains(where: { $0.arrival > promised }) {
            late += 1
        }
        shipments += plan.shipments.count
        unitsSourced += plan.shipments.reduce(0) { $0 + $1.parts.reduce(0) { $0 + $1.units } }
        cost.shipping += plan.cost.shipping
        cost.handling += plan.cost.handling
        cost.splits += plan.cost.splits
        cost.capacityPressure += plan.cost.capacityPressure
        cost.stockOutPressure += plan.cost.stockOutPressure
        cost.unsourced += plan.cost.unsourced
    }

    fileprivate var file: FileValue {
        .object([
            "configVersion": .string(version), "planned": .integer(planned), "complete": .integer(complete),
            "split": .integer(split), "relaxed": .integer(relaxed), "late": .integer(late),
            "unproven": .integer(unproven), "shipments": .integer(shipments), "unitsOrdered": .integer(unitsOrdered),
            "unitsSourced": .integer(unitsSourced), "fillPermille": .integer(fillPermille), "cost": cost.file,
        ])
    }
}

extension ConfigComparison.Outcome {
    fileprivate var file: FileValue {
        .object([
            "status": .string(status.rawValue), "cost": .integer(cost),
            "units": .object(units.mapValues { .integer($0) }),
        ])
    }
}

public import Domain

/// Which locations serve an order, at what cost, and why these.
///
/// It holds its inputs, and the same inputs give it again.
public struct SourcingPlan: Hashable, Sendable {
    /// How good the plan is.
    ///
    /// The names are stable.
    public enum Status: String, CaseIterable, Hashable, Sendable {
        /// No plan that keeps the constraints costs less.
        case optimal = "OPTIMAL"
        /// The steps were spent: no plan costs less than `bound`.
        case feasible = "FEASIBLE"
        /// No plan keeps the constraints; `cause` says what is in the way.
        case infeasible = "INFEASIBLE"
        /// The steps were spent before a plan was found, or none proven to exist.
        case undecided = "UNDECIDED"
    }

    /// Why there is no plan.
    ///
    /// The names are stable.
    public enum Cause: String, CaseIterable, Hashable, Sendable {
        /// Every location is rejected.
        case noLocation = "NO_LOCATION"
        /// The locations that may serve do not have enough; `shortages` names the lines.
        case stockShort = "STOCK_SHORT"
        /// They have enough, but not within the limits on shipments, splits, capacity and rates.
        case limits = "LIMITS"
    }

    /// One location's part.
    public struct Shipment: Hashable, Sendable {
        /// The location's code.
        public var location: String
        /// The carrier service; empty for a pickup.
        public var service: String
        /// The service's zone; empty for a pickup.
        public var zone: String
        /// What it contains, in the order of the lines.
        public var parts: [Part]
        /// Weight in grams.
        public var grams: Int64
        /// The greater of weight and dimensional weight in grams.
        public var billableGrams: Int64
        /// The day on which it leaves.
        public var dispatch: CivilDate
        /// The day on which it arrives, or is ready.
        public var arrival: CivilDate
        /// What the carrier charges, in minor units.
        public var shipping: Int64
        /// What the location's handling costs, in minor units.
        public var handling: Int64
    }

    /// Units of a line.
    public struct Part: Hashable, Sendable {
        /// The line's id.
        public var line: String
        /// Units, at least 1.
        public var units: Int64
    }

    /// The cost of a plan, in minor units of the configuration's currency.
    public struct Cost: Hashable, Sendable {
        /// What carriers charge.
        public var shipping: Int64 = 0
        /// What handling costs.
        public var handling: Int64 = 0
        /// The penalty for each shipment after the first.
        public var splits: Int64 = 0
        /// What planning into scarce capacity costs.
        public var capacityPressure: Int64 = 0
        /// What taking units that had better stay costs.
        public var stockOutPressure: Int64 = 0
        /// What units that are not sourced cost.
        public var unsourced: Int64 = 0
        /// The sum.
        public var total: Int64 { shipping + handling + splits + capacityPressure + stockOutPressure + unsourced }
    }

    /// A constraint that no plan kept.
    public struct Dropped: Hashable, Sendable {
        /// The constraint.
        public var constraint: SourcingConstraint
        /// Whether it is proven that no plan keeps it beside those left; false where the steps were spent.
        public var isProven: Bool
    }

    /// The inputs.
    public var problem: SourcingProblem
    /// Version of the configuration.
    public var configVersion: String
    /// How good it is.
    public var status: Status
    /// Why there is none, where there is none.
    public var cause: Cause?
    /// The lines that stock does not suffice for, where that is the cause.
    public var shortages: [LineShortage]
    /// The constraints that were dropped, in the order in which they went.
    public var dropped: [Dropped]
    /// The shipments, by the location's rank, then code.
    public var shipments: [Shipment]
    /// What is not sourced.
    public var unsourced: [Part]
    /// What it costs.
    public var cost: Cost
    /// No plan that keeps the constraints left costs less than this, in minor units.
    public var bound: Int64
    /// Steps that the search took.
    public var steps: Int64
    /// What was decided of each location, by rank, then code.
    public var decisions: [LocationDecision]

    /// Whether there is something to carry out.
    public var hasPlan: Bool { status == .optimal || status == .feasible }

    /// How far above the bound the cost may lie, in minor units; 0 for an optimal plan.
    public var gap: Int64 { hasPlan ? cost.total - bound : 0 }
}

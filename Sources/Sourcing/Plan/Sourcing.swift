public import Domain

/// Plans from which locations an order is served.
///
/// Pure: no clock, no store, no chance.
///
/// The plan of a problem depends on the problem alone. Where no plan keeps all constraints, those that the
/// configuration lets go are dropped one after the other until there is one.
public enum Sourcing {
    /// Plans an order.
    ///
    /// - Throws: `Refusal.invalid` that names every field that is wrong.
    public static func plan(_ problem: SourcingProblem) throws(Refusal) -> SourcingPlan {
        let violations = problem.violations()
        guard violations.isEmpty else { throw Refusal.invalid(violations) }
        let version = problem.config.version
        var dropped: [SourcingPlan.Dropped] = []
        var steps: Int64 = 0
        var waiting = problem.config.droppable.filter { problem.has($0) }
        while true {
            let attempt = SourcingAttempt(problem, dropped: Set(dropped.map(\.constraint)), version: version)
            var plan = attempt.plan()
            steps += plan.steps
            if plan.hasPlan || waiting.isEmpty {
                plan.dropped = dropped
                plan.steps = steps
                return plan
            }
            dropped.append(
                SourcingPlan.Dropped(constraint: waiting.removeFirst(), isProven: plan.status == .infeasible))
        }
    }
}

extension SourcingProblem {
    /// Whether a constraint limits anything here; one that does not need not be dropped.
    func has(_ constraint: SourcingConstraint) -> Bool {
        switch constraint {
        case .promise: order.promised != nil
        case .distance: config.maxDistance != nil && order.method == .ship
        case .shipments: config.maxShipments != nil
        case .lineSplits: config.maxLocationsPerLine != nil
        case .capacity:
            locations.contains { $0.capacity.units != nil || $0.capacity.lines != nil || $0.capacity.orders != nil }
        case .complete: true
        }
    }
}

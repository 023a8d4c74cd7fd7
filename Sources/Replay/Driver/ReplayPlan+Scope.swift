extension ReplayPlan {
    /// Plans the part of a file that is within `scope`, and reports what this part offers.
    ///
    /// Demand is added up over the whole file, so that a part is stocked as the whole is, and a longer part continues a
    /// shorter one. `open` opens the file anew for each of the two passes. Throws what `open` throws, and
    /// `ReplayPlanError` where the second pass finds other rows than the first.
    public static func reading(
        _ scope: ReplayScope,
        replenishment: Replenishment = Replenishment(),
        dispatch: DispatchRule? = nil,
        open: () throws -> RetailReader
    ) throws -> (plan: ReplayPlan, offered: OfferedReport) {
        var demand = WeeklyDemand()
        var range = ProductRange()
        var offered = OfferedReport()
        var counted = ScopeFilter(scope)
        var rowsCounted = 0
        var firstPass = try open()
        while let row = firstPass.next() {
            rowsCounted += 1
            demand.add(row)
            range.add(row)
            if counted.admits(row) { offered.add(row) }
        }
        var planner = ReplayPlanner(demand: demand, replenishment: replenishment, dispatch: dispatch)
        var operations: [ReplayOperation] = []
        var planned = ScopeFilter(scope)
        var rowsPlanned = 0
        var secondPass = try open()
        while let row = secondPass.next() {
            rowsPlanned += 1
            if rowsPlanned > rowsCounted { break }
            if planned.admits(row) { operations += planner.add(row) }
        }
        guard rowsPlanned == rowsCounted else {
            throw ReplayPlanError(reason: "the file changed while it was read: it had \(rowsCounted) good rows before")
        }
        operations += planner.finish()
        let plan = ReplayPlan(
            operations: operations, products: range.products, planner: planner, problems: secondPass.problems)
        return (plan, offered)
    }

    private init(
        operations: [ReplayOperation], products: [ProductRange.Product], planner: ReplayPlanner, problems: RowProblems
    ) {
        self.operations = operations
        self.products = products
        cancellations = planner.cancellations
        notReplayed = planner.notReplayed
        openSaleUnits = planner.openSaleUnits
        ordersWaiting = planner.ordersWaiting
        self.problems = problems
    }
}

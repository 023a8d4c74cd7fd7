/// Everything the replay of one file does, in order.
///
/// It is made in two passes over the file: the first adds up demand and collects the products, the second plans. The
/// same file and rule always give the same plan.
public struct ReplayPlan: Sendable {
    /// The operations in order; each one's index is its position.
    public let operations: [ReplayOperation]
    /// Every product that the operations name, and those of lines that are not replayed.
    public let products: [ProductRange.Product]
    /// What became of the cancellation lines.
    public let cancellations: CancellationTally
    /// The lines that have no operation.
    public let notReplayed: NotReplayed
    /// Units of sale lines with a customer that no cancellation finds.
    public let openSaleUnits: Int64
    /// Orders whose goods have not left at the end of the plan; 0 where it ends with the capture of orders.
    public let ordersWaiting: Int
    /// What could not be read.
    public let problems: RowProblems

    /// Plans the rows of a file that `open` opens anew for each of the two passes.
    ///
    /// Throws what `open` throws, and `ReplayPlanError` where the second pass finds other rows than the first.
    public init(
        replenishment: Replenishment = Replenishment(),
        dispatch: DispatchRule? = nil,
        open: () throws -> RetailReader
    ) throws {
        var demand = WeeklyDemand()
        var range = ProductRange()
        var rowsCounted = 0
        var firstPass = try open()
        while let row = firstPass.next() {
            demand.add(row)
            range.add(row)
            rowsCounted += 1
        }
        var planner = ReplayPlanner(demand: demand, replenishment: replenishment, dispatch: dispatch)
        var operations: [ReplayOperation] = []
        var rowsPlanned = 0
        var secondPass = try open()
        while let row = secondPass.next() {
            rowsPlanned += 1
            if rowsPlanned > rowsCounted { break }
            operations += planner.add(row)
        }
        guard rowsPlanned == rowsCounted else {
            throw ReplayPlanError(reason: "the file changed while it was read: it had \(rowsCounted) good rows before")
        }
        operations += planner.finish()
        self.operations = operations
        products = range.products
        cancellations = planner.cancellations
        notReplayed = planner.notReplayed
        openSaleUnits = planner.openSaleUnits
        ordersWaiting = planner.ordersWaiting
        problems = secondPass.problems
    }
}

public import GRPCCore
public import Replay

/// Drives books of the Olist layout through a service, from many terminals side by side, and reports what became of them.
///
/// Orders do not wait for each other: sellers have stock for all of them. Every id is derived from the files, so a run over
/// what an earlier one has done changes nothing, and a run that follows a broken one carries on.
public struct OlistRun<Transport: ClientTransport>: Sendable {
    /// What the service has acknowledged so far; may be read during the run and after a failure.
    public let acknowledgements = Acknowledgements()
    /// The plan.
    public let plan: OlistPlan

    private let books: OlistBooks
    private let options: ReplayOptions
    private let log = CallLog()
    private let terminal: ReplayTerminal<Transport>

    /// Plans the replay of books; `options.scope.limit` bounds the orders.
    ///
    /// The client must be running during `run`.
    public init(_ books: OlistBooks, client: GRPCClient<Transport>, options: ReplayOptions = ReplayOptions()) {
        self.books = books
        self.options = options
        plan = OlistPlan(books, limit: options.scope.limit)
        terminal = ReplayTerminal(client, caller: ServiceCaller(patience: options.patience, log: log))
    }

    /// Carries the plan out and adds up the books.
    ///
    /// `progress` is called after each order, never from two tasks at once. Throws `ReplayFailure` where the run cannot go
    /// on, and `CancellationError` where its task is cancelled.
    public func run(
        progress: @Sendable (ReplayProgress) -> Void = { _ in }
    ) async throws -> OlistReport {
        do {
            return try await made(progress: progress)
        } catch let refused as ServiceCaller.Refused {
            throw refused.failure
        }
    }

    private func made(progress: @Sendable (ReplayProgress) -> Void) async throws -> OlistReport {
        let start = ContinuousClock.now
        try await OlistSetUp(terminal: terminal, plan: plan).open()
        let drive = OlistDrive(
            terminal: terminal, acknowledged: acknowledgements,
            products: Dictionary(plan.products.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first }))
        var figures = OlistFigures()
        try await withThrowingTaskGroup(of: OlistOutcome.self) { group in
            var next = 0
            var running = 0
            while next < plan.sales.count || running > 0 {
                while running < options.workers, next < plan.sales.count {
                    let sale = plan.sales[next]
                    group.addTask { try await drive.run(sale) }
                    next += 1
                    running += 1
                }
                guard let outcome = try await group.next() else { break }
                running -= 1
                figures.add(outcome)
                let done = next - running
                let milliseconds = Int((ContinuousClock.now - start) / .milliseconds(1))
                progress(
                    ReplayProgress(
                        done: done, total: plan.sales.count, stage: 1, stages: 1,
                        perSecond: milliseconds > 0 ? done * 1_000 / milliseconds : 0))
            }
        }
        let time = ContinuousClock.now - start
        let answered = log.latencies.reduce(0) { $0 + Int(clamping: $1.count) }
        let repeated = log.repeated
        let inspection = LifeInspection(terminal: terminal, workers: options.workers, patience: options.booksPatience)
        var life = figures.life
        life.add(try await inspection.accounts(of: figures.accepted, in: OlistRequests.channel))
        let sellers = Set(plan.sellers.map(\.id))
        let stock = try await BooksInspection(terminal: terminal, patience: options.booksPatience, locations: sellers)
            .books(replayedOpenUnits: figures.openGoodsUnits)
        return OlistReport(
            offered: OlistOffered(books), problems: books.problems, figures: figures, life: life,
            pace: ReplayPace(
                workers: options.workers, milliseconds: Int64(time / .milliseconds(1)),
                ordersPlaced: figures.orders, calls: answered, repeated: repeated),
            latencies: log.latencies, books: stock)
    }
}

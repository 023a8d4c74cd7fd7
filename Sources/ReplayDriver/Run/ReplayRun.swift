public import GRPCCore
public import Replay

/// Drives a plan through a service, from many terminals side by side, and reports what became of it.
///
/// ```swift
/// let run = try ReplayRun(.sample, client: client, options: ReplayOptions(workers: 32))
/// let report = try await run.run { progress in … }
/// print(report.text)
/// ```
/// Every id is derived from the books, so a run over what an earlier one has done changes nothing, and a run that follows
/// a broken one carries on. One run at a time: two over the same books take each other's orders for their own.
public struct ReplayRun<Transport: ClientTransport>: Sendable {
    /// What the service has acknowledged so far; may be read during the run and after a failure.
    public let acknowledgements = Acknowledgements()
    /// The plan.
    public let plan: ReplayPlan

    private let offered: OfferedReport
    private let options: ReplayOptions
    private let log = CallLog()
    private let terminal: ReplayTerminal<Transport>

    /// Reads the books from a source and plans their replay.
    ///
    /// The client must be running during `run`. Throws as `ReplaySource.plan` does.
    public init(
        _ source: ReplaySource, client: GRPCClient<Transport>, options: ReplayOptions = ReplayOptions()
    ) throws {
        let (plan, offered) = try source.plan(options)
        self.init(plan: plan, offered: offered, client: client, options: options)
    }

    /// Drives a plan that was made before, of books that offer this.
    public init(
        plan: ReplayPlan, offered: OfferedReport, client: GRPCClient<Transport>,
        options: ReplayOptions = ReplayOptions()
    ) {
        self.plan = plan
        self.offered = offered
        self.options = options
        terminal = ReplayTerminal(client, caller: ServiceCaller(patience: options.patience, log: log))
    }

    /// Carries the plan out and adds up the books.
    ///
    /// `progress` is called after each operation, never from two tasks at once. Throws `ReplayFailure` where the run
    /// cannot go on, and `CancellationError` where its task is cancelled.
    public func run(
        progress: @Sendable (ReplayProgress) -> Void = { _ in }
    ) async throws -> ReplayReport {
        let clock = ContinuousClock()
        let start = clock.now
        let tally: ReplayTally
        do {
            tally = try await drive(from: start, progress: progress)
        } catch let refused as ServiceCaller.Refused {
            throw refused.failure
        }
        let time = clock.now - start
        var life: LifeFigures?
        if options.end == .delivery {
            var figures = tally.life
            figures.ordersWaiting = plan.ordersWaiting
            do {
                let inspection = LifeInspection(
                    terminal: terminal, workers: options.workers, patience: options.booksPatience)
                figures.add(try await inspection.accounts(of: tally.acceptedOrders, in: ShopNames.channel))
            } catch let refused as ServiceCaller.Refused {
                throw refused.failure
            }
            life = figures
        }
        let answered = log.latencies.reduce(0) { $0 + Int(clamping: $1.count) }
        let repeated = log.repeated
        let books = try await BooksInspection(terminal: terminal, patience: options.booksPatience)
            .books(replayedOpenUnits: tally.accepted.openGoodsUnits)
        return ReplayReport(
            offered: offered,
            problems: plan.problems,
            accepted: tally.accepted,
            refused: tally.refused,
            notReplayed: plan.notReplayed,
            pace: ReplayPace(
                workers: options.workers, milliseconds: Int64(time / .milliseconds(1)),
                ordersPlaced: tally.ordersPlaced, calls: answered, repeated: repeated),
            latencies: log.latencies,
            books: books,
            life: life
        )
    }

    /// Ids of acknowledged orders and reservations that the service does not have; none if it keeps its word.
    public func missingAcknowledgements() async throws -> [ReplayID] {
        var missing: [ReplayID] = []
        do {
            for id in acknowledgements.orders where try await terminal.order(id) == nil { missing.append(id) }
            for id in acknowledgements.reservations where try await terminal.reservation(id) == nil {
                missing.append(id)
            }
        } catch let refused as ServiceCaller.Refused {
            throw refused.failure
        }
        return missing
    }

    // MARK: - Stages

    private func drive(
        from start: ContinuousClock.Instant, progress: @Sendable (ReplayProgress) -> Void
    ) async throws -> ReplayTally {
        let setUp = ShopSetUp(terminal: terminal, marker: ReplayMarker(plan))
        let completed = try await setUp.completedStage()
        if completed == nil { try await setUp.open(plan.products, takesBack: options.end == .delivery) }
        let maybeBegun = if completed == nil { try await setUp.hasOrders() } else { true }
        let stages = stages()
        var tally = ReplayTally()
        var done = 0
        for (number, stage) in stages.enumerated() {
            let isCompleted = completed.map { stage.number <= $0 } ?? false
            let past: OperationDrive<Transport>.Past = isCompleted ? .completed : maybeBegun ? .maybeBegun : .none
            try await drive(stage.operations, past: past, tally: &tally) {
                done += 1
                let milliseconds = Int((ContinuousClock.now - start) / .milliseconds(1))
                progress(
                    ReplayProgress(
                        done: done, total: plan.operations.count, stage: number + 1, stages: stages.count,
                        perSecond: milliseconds > 0 ? done * 1_000 / milliseconds : 0))
            }
            if !isCompleted { try await setUp.complete(stage: stage.number) }
        }
        return tally
    }

    /// The operations of each stage, in the order of the stages.
    private func stages() -> [(number: Int, operations: [ReplayOperation])] {
        Dictionary(grouping: plan.operations, by: \.stage).sorted { $0.key < $1.key }
            .map { (number: $0.key, operations: $0.value) }
    }

    /// Carries out one stage on as many terminals as there are workers.
    private func drive(
        _ operations: [ReplayOperation], past: OperationDrive<Transport>.Past, tally: inout ReplayTally,
        afterEach: () -> Void
    ) async throws {
        let drive = OperationDrive(
            terminal: terminal, acknowledged: acknowledgements, tender: options.end == .delivery ? options.tender : nil)
        var schedule = StageSchedule(operations)
        try await withThrowingTaskGroup(of: (Int, OperationOutcome).self) { group in
            var running = 0
            while !schedule.isDone {
                while running < options.workers, let operation = schedule.start() {
                    let standing = operation.action.orderBefore.flatMap { tally.standing($0) }
                    group.addTask {
                        (operation.index, try await drive.run(operation, standing: standing, past: past))
                    }
                    running += 1
                }
                guard let (index, outcome) = try await group.next() else {
                    preconditionFailure("operations wait for each other")
                }
                running -= 1
                schedule.finish(index)
                tally.add(outcome)
                afterEach()
            }
        }
    }
}

extension ReplayOperation.Action {
    /// The order that must have been placed before; nil for what concerns none, and for the placing itself.
    fileprivate var orderBefore: ReplayID? {
        switch self {
        case .receive, .correct, .place: nil
        case .cancel(let cancellation), .takeBack(let cancellation): cancellation.orderID
        case .fulfil(let fulfilment): fulfilment.orderID
        }
    }
}

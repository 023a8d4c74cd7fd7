import CoreMetrics
import Domain
import HotStock
import Ledger
import Logging

/// Compares the two stores all the time and puts right what is wrong; one server at a time does.
///
/// Three walks, each with a share of one connection that is bounded however large the stock is: through the holds of
/// Redis (``HoldReconciler``), through the cells (``FigureCheck``), and, once an hour, through the vshards, each of which
/// is loaded anew (the scrub): so what loads them is used all the time, and whatever else went wrong lives an hour at most.
struct Repairs: Sendable {
    let ledger: Ledger
    let hotStock: @Sendable () -> HotStock?
    let admission: Admission
    let settler: Settler
    let settings: RepairSettings
    let vshards: [VShard]
    let logger: Logger
    private let lease: RepairLease

    init(
        ledger: Ledger, hotStock: @escaping @Sendable () -> HotStock?, admission: Admission, settler: Settler,
        settings: RepairSettings, vshards: [VShard], logger: Logger
    ) {
        self.ledger = ledger
        self.hotStock = hotStock
        self.admission = admission
        self.settler = settler
        self.settings = settings
        self.vshards = vshards
        self.logger = logger
        lease = RepairLease(
            ledger: ledger, metrics: admission.metrics.repair, duration: settings.leaseDuration, logger: logger)
    }

    /// Repairs until cancelled.
    func run() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await lease.run() }
            group.addTask { await walkHolds() }
            group.addTask { await walkFigures() }
            group.addTask { await scrub() }
        }
    }

    // MARK: - Walks

    private func walkHolds() async {
        var reconciler = HoldReconciler(
            ledger: ledger, admission: admission, settler: settler, settings: settings, logger: logger)
        // A fifth of a connection.
        await walk(.holds, rest: 4) { vshard, hotStock, pause in
            var cursor: String?
            repeat {
                cursor = try await pause { try await reconciler.look(at: vshard, from: cursor, in: hotStock) }
            } while cursor != nil
        } endPass: { isWhole, duration in
            if isWhole {
                reconciler.endPass()
                admission.metrics.repair.holdsPass.set(duration / .seconds(1))
            }
        }
    }

    private func walkFigures() async {
        var check = FigureCheck(
            ledger: ledger, admission: admission, settler: settler, settings: settings, logger: logger)
        // A tenth of a connection.
        await walk(.figures, rest: 9) { vshard, hotStock, pause in
            var cell: CellID? = CellID(0)
            while let from = cell {
                cell = try await pause {
                    try await check.lookAgain(at: vshard, in: hotStock)
                    return try await check.look(at: vshard, after: from, in: hotStock)
                }
            }
        } endPass: { isWhole, duration in
            if isWhole {
                check.endPass()
                admission.metrics.repair.figuresPass.set(duration / .seconds(1))
            }
        }
    }

    /// Visits every vshard that Redis decides, again and again, while this server has the lease.
    ///
    /// `visit` is given a function that runs one portion and then rests `rest` times as long as it took. A pass is whole
    /// where every vshard was visited and nothing failed.
    private func walk(
        _ part: RepairMetrics.Part, rest: Int,
        visit: (VShard, HotStock, Pacing) async throws -> Void,
        endPass: (_ isWhole: Bool, _ duration: Duration) -> Void
    ) async {
        let clock = ContinuousClock()
        var failing = false
        while !Task.isCancelled {
            let start = clock.now
            var isWhole = true
            if lease.isHeld {
                for vshard in vshards {
                    guard lease.isHeld, admission.redisEpoch(of: vshard) != nil, let hotStock = hotStock() else {
                        isWhole = false
                        continue
                    }
                    do {
                        try await visit(vshard, hotStock, Pacing(rest: rest))
                        failing = false
                    } catch is CancellationError {
                        return
                    } catch {
                        isWhole = false
                        admission.metrics.repair.failed(part)
                        if !failing {
                            logger.warning(
                                "the stores cannot be compared",
                                metadata: ["part": "\(part.rawValue)", "error": "\(error)"])
                        }
                        failing = true
                    }
                }
                endPass(isWhole, clock.now - start)
            }
            let pause = max(settings.passInterval - (clock.now - start), .milliseconds(20))
            do { try await Task.sleep(for: pause) } catch { return }
        }
    }

    /// Runs portions of work, each followed by a rest.
    private struct Pacing {
        let rest: Int

        func callAsFunction<R>(_ portion: () async throws -> R) async throws -> R {
            let start = ContinuousClock.now
            let result = try await portion()
            try await Task.sleep(for: max((ContinuousClock.now - start) * rest, .milliseconds(5)))
            return result
        }
    }

    // MARK: - Scrub

    private func scrub() async {
        let (seconds, attoseconds) = settings.scrubInterval.components
        var plan = ScrubPlan(
            microseconds: seconds * 1_000_000 + attoseconds / 1_000_000_000_000, vshards: vshards.count)
        while !Task.isCancelled {
            if let turn = plan.next(at: WallClock.now.microseconds), lease.isHeld,
                admission.redisEpoch(of: vshards[turn]) != nil
            {
                admission.metrics.repair.scrubs.increment()
                logger.debug("scrubbing", metadata: ["vshard": "\(turn)"])
                admission.reload(vshards[turn], because: Admission.scrubReason)
            }
            do { try await Task.sleep(for: .microseconds(min(1_000_000, max(1_000, plan.turn / 4)))) } catch { return }
        }
    }
}

import CoreMetrics
import Domain
import HotStock
import Ledger
import Logging
import NIOCore

/// Loads Redis from PostgreSQL, vshard by vshard, and arms it.
///
/// Order of steps, each safe to die after: raise the epochs in PostgreSQL (nothing promised before can be journalled any
/// more) → wipe and disarm → read one snapshot → load what is newer → arm. A second rebuilder raises the epochs again and
/// wins. What this heals: a restarted, wiped or replaced Redis, units of attempts that never became true, lost settles.
final class Rebuilder: Sendable {
    private let ledger: Ledger
    private let hotStock: @Sendable () -> HotStock?
    private let admission: Admission
    private let settler: Settler
    private let claim: DeploymentClaim
    private let vshards: [VShard]
    private let logger: Logger

    init(
        ledger: Ledger, hotStock: @escaping @Sendable () -> HotStock?, admission: Admission, settler: Settler,
        claim: DeploymentClaim, vshards: [VShard], logger: Logger
    ) {
        self.ledger = ledger
        self.hotStock = hotStock
        self.admission = admission
        self.settler = settler
        self.claim = claim
        self.vshards = vshards
        self.logger = logger
    }

    /// Most holds or cells that one load call carries.
    private static let chunk = 1_000

    /// Rebuilds whenever it is asked for, until cancelled.
    func run() async {
        for await _ in admission.rebuildWishes {
            var pause = Duration.milliseconds(20)
            var attempts = 0
            while !Task.isCancelled {
                do {
                    try await rebuild()
                    break
                } catch {
                    attempts += 1
                    admission.metrics.rebuildsFailed.increment()
                    admission.failed()
                    if attempts == 1 || attempts % 20 == 0 {
                        logger.warning(
                            "stock admission is closed: it cannot be rebuilt yet",
                            metadata: ["attempt": "\(attempts)", "error": "\(error)"])
                    }
                    do { try await Task.sleep(for: pause) } catch { return }
                    pause = min(pause * 2, .milliseconds(500))
                }
            }
        }
    }

    private func rebuild() async throws {
        guard let hotStock = hotStock() else {
            throw Refusal.unavailable("Redis is not connected", retryAfterMilliseconds: 250)
        }
        try await claim.check(on: hotStock)
        let clock = ContinuousClock()
        let start = clock.now
        let reason = admission.reason
        let metrics = admission.metrics
        let mustLoad = admission.begin()
        settler.beginRecording()
        if !mustLoad, let epochs = try await othersWork(in: hotStock) {
            try await settler.repeatRecorded(through: hotStock)
            admission.open(epochs)
            metrics.rebuiltByOthers.increment()
            logger.info("stock admission is open", metadata: ["reason": "\(reason)", "loaded_by": "another server"])
            return
        }
        var cells = 0
        var holds = 0
        for progress in [metrics.rebuildVShards, metrics.rebuildCells, metrics.rebuildHolds] { progress.set(0) }
        let epochs = try await ledger.raiseEpochs(vshards)
        metrics.epochRaises.increment()
        try await hotStock.ensureFunctions().get()
        for entry in epochs {
            try await hotStock.beginLoad(entry.vshard, epoch: entry.epoch).get()
            let snapshot = try await ledger.snapshot(entry.vshard)
            try await load(snapshot, epoch: entry.epoch, into: hotStock)
            try await hotStock.arm(entry.vshard, epoch: entry.epoch).get()
            cells += snapshot.bases.count
            holds += snapshot.holds.count
            metrics.rebuildVShards.increment()
            metrics.rebuildCells.set(cells)
            metrics.rebuildHolds.set(holds)
        }
        // A settle that met a half-loaded vshard may have missed its hold: say it again now.
        try await settler.repeatRecorded(through: hotStock)
        admission.open(epochs)
        metrics.rebuilt.increment()
        metrics.rebuildTime.recordNanoseconds((clock.now - start).wholeNanoseconds)
        logger.info(
            "stock admission is open",
            metadata: [
                "reason": "\(reason)", "cells": "\(cells)", "holds": "\(holds)", "duration": "\(clock.now - start)",
            ])
    }

    /// The epochs that another server has loaded and armed, once it has; nil where that takes too long.
    private func othersWork(in hotStock: HotStock) async throws -> [VShardEpoch]? {
        for _ in 0..<100 {
            let epochs = try await ledger.epochs()
            if try await armed(epochs, in: hotStock) { return epochs }
            try await Task.sleep(for: .milliseconds(20))
        }
        return nil
    }

    private func armed(_ epochs: [VShardEpoch], in hotStock: HotStock) async throws -> Bool {
        let calls = epochs.map { hotStock.status($0.vshard) }
        let statuses = try await EventLoopFuture.whenAllSucceed(calls, on: hotStock.eventLoop).get()
        return zip(epochs, statuses).allSatisfy { $0.epoch == $1.armed && $0.epoch == $1.epoch }
    }

    /// Looks now and then whether Redis is still armed as this server believes, also while nobody trades.
    func watch(every interval: Duration) async {
        while !Task.isCancelled {
            do { try await Task.sleep(for: interval) } catch { return }
            let open = admission.openEpochs
            guard !open.isEmpty, let hotStock = hotStock() else { continue }
            let epochs = open.enumerated().map { VShardEpoch(vshard: VShard(Int16($0)), epoch: $1) }
            do {
                if try await !armed(epochs, in: hotStock) && admission.openEpochs == open {
                    if try await ledger.epochs() == epochs {
                        admission.requestRebuild("Redis is not armed")
                    } else {
                        admission.noticeRaisedEpoch()
                    }
                }
            } catch {
                if error as? HotStockError == .notArmed { admission.requestRebuild("Redis is not armed") }
            }
        }
    }

    private func load(_ snapshot: VShardSnapshot, epoch: Int64, into hotStock: HotStock) async throws {
        for first in stride(from: 0, to: snapshot.bases.count, by: Rebuilder.chunk) {
            let part = snapshot.bases[first..<min(first + Rebuilder.chunk, snapshot.bases.count)]
            try await hotStock.load(snapshot.vshard, epoch: epoch, bases: Array(part), holds: []).get()
        }
        for first in stride(from: 0, to: snapshot.holds.count, by: Rebuilder.chunk) {
            let part = snapshot.holds[first..<min(first + Rebuilder.chunk, snapshot.holds.count)].map { hold in
                LoadedHold(key: hold.key, fingerprint: hold.fingerprint, takes: hold.takes)
            }
            try await hotStock.load(snapshot.vshard, epoch: epoch, bases: [], holds: part).get()
        }
    }
}

extension Duration {
    /// The duration in nanoseconds.
    fileprivate var wholeNanoseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1_000_000_000 + attoseconds / 1_000_000_000
    }
}

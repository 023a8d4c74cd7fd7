import CoreMetrics
import Domain
import Failpoints
import HotStock
import Ledger
import Logging
import Synchronization

/// Ends reservations whose time has passed by PostgreSQL's clock, then frees their units in Redis.
///
/// Any number of servers may sweep at once: each row is closed by one of them, rows under way are skipped. A crash before
/// the commit leaves the rows to the next sweep; one after it leaves units in Redis that the reconciler frees.
///
/// One reservation that PostgreSQL refuses to end does not hold up the others: the portion is halved until it stands
/// alone, then it is set aside, named in the log, and tried again by itself after a growing pause.
struct ExpirySweeper: Sendable {
    let ledger: Ledger
    let hotStock: HotStock
    let settler: Settler
    let admission: Admission
    let lastAnswer: LastAnswer
    let logger: Logger

    /// Most reservations that one statement ends.
    private static let portion: Int32 = 500
    /// Most statements that fail in one search for those that cannot be ended.
    private static let failuresOfSearch = 200
    /// Most that are tried again in one sweep, and most that one search names in the log.
    private static let retriesOfSweep = 50
    private static let namesOfSearch = 10

    /// Sweeps until cancelled.
    func run(every interval: Duration) async {
        var aside = SetAside()
        var failing = false
        while !Task.isCancelled {
            do {
                #if HOLDFAST_FAILPOINTS
                    if Sabotage.expiryInRedisFirst.isOn { try await giveBackFirst() }
                #endif
                await retry(&aside)
                let ended: Int
                do {
                    ended = try await end { try await ledger.expire(limit: Self.portion, except: aside.ids) }
                } catch is StatementRefused {
                    ended = try await isolate(&aside)
                }
                failing = false
                if ended == Int(Self.portion) { continue }
            } catch {
                // Where it happened after all, who compares the stores tells Redis.
                admission.metrics.sweepsFailed.increment()
                if !failing { logger.warning("reservations cannot be expired", metadata: ["error": "\(error)"]) }
                failing = true
            }
            admission.metrics.repair.setAside.set(aside.count)
            do { try await Task.sleep(for: interval) } catch { return }
        }
    }

    /// Ends a reservation whose time has passed; false where somebody is at work on it, or somebody has ended it.
    ///
    /// Throws `StatementRefused` where PostgreSQL cannot end it.
    func end(_ reservation: EntityID) async throws -> Bool {
        try await end { try await ledger.expire([reservation]) } > 0
    }

    /// Runs a statement that ends reservations, tells Redis, and says how many there were.
    private func end(_ statement: () async throws -> ExpiredHolds) async throws -> Int {
        let expired = try await statement()
        lastAnswer.value.withLock { $0 = ContinuousClock.now }
        guard !expired.settlement.isEmpty else { return 0 }
        admission.metrics.expired.increment(by: expired.lags.count)
        for lag in expired.lags { admission.metrics.expiryLag.recordMicroseconds(lag) }
        Failpoint.expired.pass()
        settler.settle(expired.settlement, through: hotStock)
        logger.debug("reservations expired", metadata: ["count": "\(expired.lags.count)"])
        return expired.lags.count
    }

    /// Tries those again whose pause is over, each alone.
    ///
    /// Where one can be ended the others may be too: what refused them all may be over.
    private func retry(_ aside: inout SetAside) async {
        for id in aside.due(at: .now).prefix(Self.retriesOfSweep) {
            do {
                _ = try await end { try await ledger.expire([id]) }
                aside.succeeded(id, at: .now)
                logger.notice("a reservation that was set aside is ended", metadata: ["reservation": "\(id)"])
            } catch is StatementRefused {
                _ = aside.failed(id, at: .now)
            } catch {
                // The store's trouble, not the reservation's: it stays due.
                return
            }
        }
    }

    /// Ends what can be ended of a portion with something in it that cannot, and sets that aside.
    private func isolate(_ aside: inout SetAside) async throws -> Int {
        var parts = [try await ledger.dueHolds(limit: Self.portion, except: aside.ids)]
        var ended = 0
        var refused: [(id: EntityID, error: StatementRefused)] = []
        var failures = 0
        while let part = parts.popLast(), failures < Self.failuresOfSearch {
            guard !part.isEmpty else { continue }
            do {
                ended += try await end { try await ledger.expire(part) }
            } catch let error as StatementRefused {
                failures += 1
                if part.count == 1 {
                    refused.append((part[0], error))
                } else {
                    let middle = part.count / 2
                    parts.append(Array(part[middle...]))
                    parts.append(Array(part[..<middle]))
                }
            }
        }
        for (index, (id, error)) in refused.enumerated() {
            guard let pause = aside.failed(id, at: .now), index < Self.namesOfSearch else { continue }
            logger.error(
                "a reservation cannot be ended; the others are",
                metadata: [
                    "reservation": "\(id)", "again_in": "\(pause)", "set_aside": "\(refused.count)",
                    "error": "\(error)",
                ])
        }
        return ended
    }
}

/// When PostgreSQL last answered the sweeper: what asks often notices a store that hangs.
final class LastAnswer: Sendable {
    let value = Mutex<ContinuousClock.Instant?>(nil)
}

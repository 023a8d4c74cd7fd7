import CoreMetrics
import Domain
import Failpoints
import HotStock
import Ledger
import NIOCore

/// Loads one vshard from PostgreSQL into Redis and arms it.
///
/// Order of steps, each safe to die after: the epoch has risen in PostgreSQL (nothing promised before can be journalled any
/// more) → wipe and disarm → live holds, then bases, page by page (see `Ledger.liveHolds`) → arm. Settles may arrive at any
/// moment of it. Memory is bounded by two pages, however many rows there are.
struct VShardLoader: Sendable {
    let ledger: Ledger
    let hotStock: HotStock
    let metrics: PromisingMetrics

    /// What was loaded.
    struct Volume: Sendable {
        var cells = 0
        var holds = 0
    }

    /// Rows of a page; the next one is read while this one is sent.
    private static let page = 5_000
    /// Rows that one call carries: a call keeps Redis busy for some milliseconds at most.
    private static let chunk = 500

    /// Loads and arms; `epoch` has just risen and nobody else loads under it.
    func load(_ vshard: VShard, epoch: Int64) async throws -> Volume {
        var volume = Volume()
        try await hotStock.beginLoad(vshard, epoch: epoch).get()
        Failpoint.loadBegun.pass()
        var sending = hotStock.eventLoop.makeSucceededVoidFuture()
        for width in Ledger.HoldWidth.allCases {
            var last: LiveHold?
            var count = Self.page
            while count == Self.page {
                let page = try await ledger.liveHolds(in: vshard, width: width, after: last, limit: Int32(Self.page))
                try await sending.get()
                let holds = page.map { LoadedHold(key: $0.key, fingerprint: $0.fingerprint, takes: $0.takes) }
                sending = send(holds) { hotStock.load(vshard, epoch: epoch, bases: [], holds: $0) }
                last = page.last
                count = page.count
                volume.holds += count
                metrics.rebuildHolds.increment(by: Double(count))
            }
        }
        Failpoint.loadHalfDone.pass()
        var last: CellID?
        var count = Self.page
        while count == Self.page {
            let page = try await ledger.bases(in: vshard, after: last, limit: Int32(Self.page))
            try await sending.get()
            sending = send(page) { hotStock.load(vshard, epoch: epoch, bases: $0, holds: []) }
            last = page.last?.cell
            count = page.count
            volume.cells += count
            metrics.rebuildCells.increment(by: Double(count))
        }
        try await sending.get()
        Failpoint.beforeArm.pass()
        try await hotStock.arm(vshard, epoch: epoch).get()
        Failpoint.armed.pass()
        metrics.rebuildVShards.increment()
        return volume
    }

    private func send<Row>(_ rows: [Row], _ call: ([Row]) -> EventLoopFuture<Void>) -> EventLoopFuture<Void> {
        let calls = stride(from: 0, to: rows.count, by: Self.chunk).map { first in
            call(Array(rows[first..<min(first + Self.chunk, rows.count)]))
        }
        return EventLoopFuture.andAllSucceed(calls, on: hotStock.eventLoop)
    }
}

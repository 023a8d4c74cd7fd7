import Domain
import Ledger
import Synchronization

/// Whether this server may promise, and under which epochs: its view of the fences.
///
/// Phases: `closed` (nothing known yet, or Redis is away) → `rebuilding` → `open` → `closed` …
/// A promise is only ever asked for under an epoch that was open here, and only true where that epoch still stands.
final class Admission: Sendable {
    enum Phase: Sendable {
        /// Redis cannot be reached or nothing was loaded yet.
        case closed
        /// Redis is being loaded; it will open within moments.
        case rebuilding
        /// Every vshard is armed.
        case open
    }

    private struct State {
        var phase: Phase = .closed
        var epochs: [Int64] = []
        var waiters: [@Sendable () -> Void] = []
        var reason = "start"
        var mustLoad = true
        var isWished = false
    }

    private let state = Mutex(State())
    private let wishes: AsyncStream<Void>
    private let wish: AsyncStream<Void>.Continuation
    /// What all that share this admission count.
    let metrics: PromisingMetrics

    init(metrics: PromisingMetrics) {
        self.metrics = metrics
        (wishes, wish) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    var phase: Phase { state.withLock { $0.phase } }

    /// Why the last rebuild was asked for.
    var reason: String { state.withLock { $0.reason } }

    /// The epoch to promise under, or nil where the vshard is not open.
    func epoch(of vshard: VShard) -> Int64? {
        state.withLock { state in
            guard state.phase == .open, Int(vshard.rawValue) < state.epochs.count else { return nil }
            return state.epochs[Int(vshard.rawValue)]
        }
    }

    /// Opens under new epochs and wakes who waits.
    func open(_ epochs: [VShardEpoch]) {
        let waiters = state.withLock { state in
            state.epochs = epochs.sorted { $0.vshard < $1.vshard }.map(\.epoch)
            state.phase = .open
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter() }
    }

    /// Calls back once after the admission opens or falls away; at once where it is not being rebuilt.
    func whenDecided(_ callback: @escaping @Sendable () -> Void) {
        let now = state.withLock { state in
            if state.phase == .rebuilding {
                state.waiters.append(callback)
                return false
            }
            return true
        }
        if now { callback() }
    }

    /// Wakes who waits although nothing opened: Redis went away.
    func giveUp() {
        let waiters = state.withLock { state in
            state.phase = .closed
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter() }
    }

    /// Asks for a rebuild: something is known, or feared, to be in Redis that PostgreSQL does not confirm.
    func requestRebuild(_ reason: String) {
        request(reason, mustLoad: true)
    }

    /// An epoch has risen without this server: another one rebuilds, whose work can be used once it is done.
    func noticeRaisedEpoch() {
        request("an epoch has risen", mustLoad: false)
    }

    private func request(_ reason: String, mustLoad: Bool) {
        let isFirst = state.withLock { state in
            state.reason = reason
            state.mustLoad = state.mustLoad || mustLoad
            if state.phase == .open { state.phase = .rebuilding }
            defer { state.isWished = true }
            return !state.isWished
        }
        if isFirst { wish.yield() }
    }

    /// Begins a rebuild: tells whether Redis must be loaded, or another server's load may do.
    func begin() -> Bool {
        state.withLock { state in
            defer { state.mustLoad = false }
            state.phase = .rebuilding
            state.isWished = false
            return state.mustLoad
        }
    }

    /// The last rebuild did not succeed; the next one must load.
    func failed() {
        state.withLock { $0.mustLoad = true }
        giveUp()
    }

    /// The epochs that are open here; empty where nothing is.
    var openEpochs: [Int64] {
        state.withLock { $0.phase == .open ? $0.epochs : [] }
    }

    /// Wishes for a rebuild; several that come together are one.
    var rebuildWishes: AsyncStream<Void> { wishes }
}

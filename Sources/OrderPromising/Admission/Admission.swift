import Domain
import Ledger
import Synchronization

/// Which vshards this server may promise from, by which store and under which epoch: its view of the fences.
///
/// Each vshard is `closed` (its Redis is away, or nothing is known yet), `loading` (it opens within moments), decided by
/// `redis` or by the `ledger`. A promise is only ever asked for under an epoch that was open here, and only true where that
/// epoch still stands.
///
/// Calls wait for a vshard that is loading, but not for ever: one that has not opened for the patience is closed until it
/// opens, so that callers are told to come back instead.
final class Admission: Sendable {
    /// Where a vshard stands.
    enum Standing: Sendable, Hashable {
        /// Redis decides but cannot be reached, or nothing is known yet.
        case closed
        /// Redis is being loaded, or who decides is being looked up.
        case loading
        /// Redis admits under the epoch.
        case redis(epoch: Int64)
        /// PostgreSQL decides alone under the epoch.
        case ledger(epoch: Int64)

        var isOpen: Bool {
            switch self {
            case .closed, .loading: false
            case .redis, .ledger: true
            }
        }
    }

    enum Phase: Sendable {
        /// At least one vshard can promise nothing and will not within moments.
        case closed
        /// At least one vshard is being loaded; none is closed.
        case rebuilding
        /// Every vshard is open.
        case open
    }

    /// All standings at one moment, by number.
    struct View: Sendable {
        fileprivate var generation: UInt64
        fileprivate var standings: [Standing]

        func standing(of vshard: VShard) -> Standing {
            Int(vshard.rawValue) < standings.count ? standings[Int(vshard.rawValue)] : .closed
        }

        /// What a request over several vshards meets: the worst of them.
        func phase(of vshards: some Sequence<VShard>) -> Phase {
            var phase = Phase.open
            for vshard in vshards {
                switch standing(of: vshard) {
                case .closed: return .closed
                case .loading: phase = .rebuilding
                case .redis, .ledger: break
                }
            }
            return phase
        }
    }

    private struct State {
        var generation: UInt64 = 0
        var standings: [Standing] = []
        /// Since when each vshard has been waited for.
        var loadingSince: [VShard: ContinuousClock.Instant] = [:]
        var waiters: [@Sendable () -> Void] = []
        var reason = "start"
        var suspects: Set<VShard> = []
        var demand: [VShard: Int] = [:]
    }

    private let state = Mutex(State())
    private let nudges: AsyncStream<Void>
    private let nudged: AsyncStream<Void>.Continuation
    private let patience: Duration
    private let clock = ContinuousClock()
    /// What all that share this admission count.
    let metrics: PromisingMetrics

    init(patience: Duration, metrics: PromisingMetrics) {
        self.patience = patience
        self.metrics = metrics
        (nudges, nudged) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Where every vshard stands now.
    var view: View {
        state.withLock { View(generation: $0.generation, standings: $0.standings) }
    }

    /// Where all vshards stand together.
    var phase: Phase {
        state.withLock { state in
            guard !state.standings.isEmpty, !state.standings.contains(.closed) else { return .closed }
            return state.standings.contains(.loading) ? .rebuilding : .open
        }
    }

    /// Why something was closed or loaded last.
    var reason: String { state.withLock { $0.reason } }

    /// The reason of a load that is a matter of routine.
    static let scrubReason = "it was its turn to be scrubbed"

    /// Says why the next load will be.
    func note(reason: String) { state.withLock { $0.reason = reason } }

    func standing(of vshard: VShard) -> Standing { view.standing(of: vshard) }

    /// Vshards that are open, by who decides.
    var openCounts: (redis: Int, ledger: Int) {
        state.withLock { state in
            var counts = (redis: 0, ledger: 0)
            for standing in state.standings {
                switch standing {
                case .redis: counts.redis += 1
                case .ledger: counts.ledger += 1
                case .closed, .loading: break
                }
            }
            return counts
        }
    }

    /// Calls back once after something has changed since `view`; at once where it has already.
    func whenChanged(since view: View, _ callback: @escaping @Sendable () -> Void) {
        let now = state.withLock { state in
            guard state.generation == view.generation else { return true }
            state.waiters.append(callback)
            return false
        }
        if now { callback() }
    }

    /// Where a vshard stands, once it is no longer being loaded.
    func decided(_ vshard: VShard) async -> Standing {
        while true {
            let view = view
            let standing = view.standing(of: vshard)
            guard standing == .loading, !Task.isCancelled else { return standing }
            await withCheckedContinuation { continuation in
                whenChanged(since: view) { continuation.resume() }
            }
        }
    }

    // MARK: - Doubts

    /// Asks for a rebuild of vshards: something is known, or feared, to be in Redis that PostgreSQL does not confirm.
    ///
    /// Nothing is promised from them here until their epochs have risen and they are loaded anew. What PostgreSQL decides
    /// has nothing to rebuild.
    func requestRebuild(_ reason: String, of vshards: some Sequence<VShard>) {
        change { state in
            for vshard in vshards {
                guard Int(vshard.rawValue) < state.standings.count else { continue }
                state.reason = reason
                switch state.standings[Int(vshard.rawValue)] {
                case .redis:
                    state.standings[Int(vshard.rawValue)] = .loading
                    state.suspects.insert(vshard)
                case .loading, .closed: state.suspects.insert(vshard)
                case .ledger: break
                }
            }
        }
        nudge()
    }

    /// Asks for a rebuild of every vshard.
    func requestRebuild(_ reason: String) {
        requestRebuild(reason, of: state.withLock { $0.standings.indices.map { VShard(Int16($0)) } })
    }

    /// Epochs have risen without this server: who decides is looked up anew.
    func noticeRaisedEpoch(of vshards: some Sequence<VShard>) {
        change { state in
            for vshard in vshards where Int(vshard.rawValue) < state.standings.count {
                state.reason = "an epoch has risen"
                if state.standings[Int(vshard.rawValue)].isOpen {
                    state.standings[Int(vshard.rawValue)] = .loading
                }
            }
        }
        nudge()
    }

    /// Redis cannot be reached: what it decides is closed.
    func closeRedis() {
        let isNews = change { state in
            state.loadingSince = [:]
            for index in state.standings.indices {
                switch state.standings[index] {
                case .redis, .loading:
                    state.standings[index] = .closed
                    state.reason = "Redis was away"
                case .closed, .ledger: break
                }
            }
        }
        if isNews { nudge() }
    }

    /// Closes what has been waited for too long.
    func endWaiting() { change { _ in } }

    // MARK: - The keeper's side

    /// Sets the number of vshards; all are closed at first.
    func begin(vshards: Int) {
        change { $0.standings = Array(repeating: .closed, count: vshards) }
    }

    /// Takes over where vshards stand; Redis decides none that is under suspicion meanwhile.
    func settle(_ standings: [(vshard: VShard, standing: Standing)]) {
        change { state in
            for (vshard, standing) in standings where Int(vshard.rawValue) < state.standings.count {
                if case .redis = standing, state.suspects.contains(vshard) { continue }
                if case .ledger = standing { state.suspects.remove(vshard) }
                if case .redis = state.standings[Int(vshard.rawValue)], standing == .loading {
                    state.reason = "Redis no longer had what it was loaded with"
                }
                state.standings[Int(vshard.rawValue)] = standing
            }
        }
    }

    /// Nothing is promised any more, and everybody who waits is told: the server ends.
    func close() {
        let waiters = state.withLock { state in
            for index in state.standings.indices { state.standings[index] = .closed }
            state.generation += 1
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter() }
    }

    /// Takes the vshards whose epochs must rise.
    func takeSuspects() -> Set<VShard> {
        state.withLock { state in
            defer { state.suspects = [] }
            return state.suspects
        }
    }

    /// Counts requests, so that the vshards most asked for are loaded first.
    func note(demand: [VShard: Int]) {
        state.withLock { $0.demand.merge(demand) { $0 &+ $1 } }
    }

    /// The one of `vshards` that was asked for most since the last time it was chosen.
    func hottest(of vshards: [VShard]) -> VShard? {
        state.withLock { state in
            let chosen = vshards.max { (state.demand[$0] ?? 0, $1) < (state.demand[$1] ?? 0, $0) }
            if let chosen { state.demand[chosen] = nil }
            return chosen
        }
    }

    /// Wakes the keeper.
    func nudge() { nudged.yield() }

    /// Reasons to look; several that come together are one.
    var reasonsToLook: AsyncStream<Void> { nudges }

    /// Changes something and wakes who waits where a standing has changed; true where one has.
    @discardableResult
    private func change(_ body: (inout State) -> Void) -> Bool {
        let waiters = state.withLock { state -> [@Sendable () -> Void]? in
            let before = state.standings
            body(&state)
            let now = clock.now
            for (index, standing) in state.standings.enumerated() {
                let vshard = VShard(Int16(index))
                if standing.isOpen {
                    state.loadingSince[vshard] = nil
                } else if standing == .loading {
                    let since = state.loadingSince[vshard] ?? now
                    state.loadingSince[vshard] = since
                    if now - since >= patience { state.standings[index] = .closed }
                }
            }
            guard state.standings != before else { return nil }
            state.generation += 1
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters ?? [] { waiter() }
        return waiters != nil
    }
}

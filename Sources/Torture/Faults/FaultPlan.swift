/// One fault of a run, decided by the seed before the run begins.
package struct PlannedFault: Hashable, Sendable {
    /// What is done.
    package var kind: FaultKind
    /// To which server, where it concerns one.
    package var server: Int
    /// How long it lasts, in milliseconds.
    package var milliseconds: Int
    /// How strong it is; what that means is the kind's own business.
    package var strength: Int
    /// What a silent way swallows.
    package var silence: ProxySilence
    /// True where one of two ways to end it is taken: which Redis stays, to which side a clock jumps.
    package var isTurned: Bool
    /// How long the load goes on after it, in milliseconds.
    package var restMilliseconds: Int
    /// Whether the load then stops until availability is exact again.
    package var isFollowedByQuiet: Bool
    /// Whether the next fault begins while this one still lasts.
    package var overlapsNext: Bool
}

/// The faults of a run, one after the other and sometimes two at once, for ever.
///
/// Every chosen kind comes once before any comes again.
package struct FaultPlan: Sendable {
    private var random: SeededGenerator
    private let kinds: [FaultKind]
    private let servers: Int
    private var hand: [FaultKind] = []

    /// Plans faults of these kinds.
    package init(seed: UInt64, kinds: [FaultKind], servers: Int) {
        random = SeededGenerator(seed: seed, part: 0xFA)
        self.kinds = kinds
        self.servers = servers
    }

    /// The next fault; nil where no kind was chosen.
    package mutating func next() -> PlannedFault? {
        if hand.isEmpty { hand = kinds.shuffled(using: &random) }
        guard let kind = hand.popLast() else { return nil }
        let range: ClosedRange<Int>
        switch kind {
        case .killServer, .killRedis, .killPostgres: range = 50...1_500
        case .pauseServer, .pauseRedis, .pausePostgres: range = 100...3_500
        case .flushRedis, .flushFunctions: range = 10...400
        case .oldRedis, .twoRedis: range = 500...2_500
        case .cutRedis, .cutPostgres, .cutClients: range = 50...1_500
        case .delayRedis, .delayPostgres: range = 500...2_500
        case .silentRedis, .silentPostgres, .silentClients: range = 300...4_000
        case .latePostgres: range = 1_500...3_500
        case .fullDisk: range = 500...3_000
        case .slowFlush: range = 500...3_000
        case .clockStep: range = 500...3_000
        }
        return PlannedFault(
            kind: kind, server: Int.random(in: 0..<max(1, servers), using: &random),
            milliseconds: Int.random(in: range, using: &random), strength: Int.random(in: 1...100, using: &random),
            silence: ProxySilence.allCases[Int.random(in: 0..<ProxySilence.allCases.count, using: &random)],
            isTurned: random.chance(50), restMilliseconds: Int.random(in: 200...1_200, using: &random),
            isFollowedByQuiet: random.chance(35), overlapsNext: random.chance(20))
    }
}

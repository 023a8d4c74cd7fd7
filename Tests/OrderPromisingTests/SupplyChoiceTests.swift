import Domain
import HoldfastTesting
import HotStock
import NIOCore
import NIOPosix
import RedisClient
import Testing

/// While Redis is away PostgreSQL chooses cells by the same rule.
@Suite("The choice of cells")
struct SupplyChoiceTests {
    @Test("PostgreSQL chooses what Redis would, for any lines, groups and figures", arguments: [1, 2, 3] as [UInt64])
    func agrees(seed: UInt64) async throws {
        try await TestDeployment.with { deployment in
            var random = SplitMix64(state: seed)
            let keys = HotStockKeys(prefix: "choice\(seed)\(deployment.keyPrefix)", vshards: 1)
            let hotStock = HotStock(link: deployment.redis.anyLink, keys: keys)
            let vshard = VShard(0)
            try await hotStock.ensureFunctions().get()
            for round in 1...120 {
                let figures = (1...6).map { (CellID($0), Int64.random(in: -2...9, using: &random)) }
                let available = Dictionary(uniqueKeysWithValues: figures)
                let lines = (0..<Int.random(in: 1...4, using: &random)).map { index in
                    let cells = (1...7).map { CellID($0) }.shuffled(using: &random)
                    let known = cells.prefix(Int.random(in: 0...5, using: &random)).filter {
                        $0.rawValue < 7 || Int.random(in: 0..<10, using: &random) == 0
                    }
                    var groups: [[CellID]] = []
                    for cell in known {
                        if groups.isEmpty || Bool.random(using: &random) { groups.append([]) }
                        groups[groups.count - 1].append(cell)
                    }
                    return SupplyLine(
                        index: index, quantity: Int64.random(in: 1...8, using: &random),
                        split: Bool.random(using: &random), groups: groups)
                }
                let force = Int.random(in: 0..<4, using: &random) == 0
                let epoch = Int64(round)
                try await hotStock.beginLoad(vshard, epoch: epoch).get()
                let bases = figures.map { CellBase(cell: $0.0, version: 1, base: $0.1) }
                try await hotStock.load(vshard, epoch: epoch, bases: bases, holds: []).get()
                try await hotStock.arm(vshard, epoch: epoch).get()
                let request = TakeRequest(
                    key: HoldKey(.reservation, .fresh), nonce: 1, force: force, fingerprint: 1, lines: lines)
                let outcome = try await hotStock.take(vshard, epoch: epoch, [request]).get().outcomes[0]
                let choice = SupplyChoice(lines, force: force) { available[$0] }
                switch (outcome, choice) {
                case (.taken(let takes, _), .chosen(let chosen)): #expect(takes == chosen, "\(lines)")
                case (.short(let lacking), .short(let lines)): #expect(lacking == lines)
                // Which of several unknown cells is named is all the same.
                case (.unknownCell(CellID(7)), .unknown(CellID(7))): break
                default: Issue.record("\(outcome) and \(choice) for \(lines) of \(figures), forced: \(force)")
                }
            }
        }
    }
}

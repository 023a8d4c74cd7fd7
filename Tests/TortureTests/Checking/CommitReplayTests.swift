import Testing
import Torture

@Suite("Commits through a bounded counter")
struct CommitReplayTests {
    private typealias Change = CommittedTransaction.Change

    private func cell(_ onHand: Int64, safety: Int64 = 0, allocated: Int64 = 0, direct: Int64 = 0) -> Change {
        .cell(.init(id: 7, vshard: 0, onHand: onHand, safety: safety, allocated: allocated, heldDirect: direct))
    }

    private func hold(
        _ id: String, _ quantity: Int64, state: Int = 1, kind: Int = 1, epoch: Int64 = 1, sequence: Int64
    ) -> Change {
        .hold(
            .init(
                id: id, kind: kind, state: state, cells: kind == 1 ? [7] : [], quantities: kind == 1 ? [quantity] : [],
                stamps: [.init(vshard: 0, epoch: epoch, sequence: sequence)]))
    }

    private func moved(_ cause: String, onHand: Int64 = 0, safety: Int64 = 0) -> Change {
        .movement(.init(cell: 7, onHand: onHand, safety: safety, cause: cause))
    }

    private func kinds(
        _ transactions: [[Change]], mode: Int = 1, isJournalled: Bool = true, beside calls: [RecordedCall] = []
    ) -> [Violation.Kind] {
        var replay = CommitReplay(shards: [.init(id: 0, epoch: 1, mode: mode)])
        for (index, changes) in transactions.enumerated() {
            var calls: [Change] = []
            for case .hold(let hold) in changes where isJournalled {
                calls += hold.stamps.filter { $0.sequence > 0 }.map { .call($0) }
            }
            replay.apply(CommittedTransaction(position: UInt64(index + 1), changes: changes + calls))
        }
        return replay.violations(beside: KeyHistory.sorted(calls)).map(\.kind)
    }

    @Test("promises within what is there, their ends, and recorded shortages are in order")
    func clean() {
        #expect(
            kinds([
                [cell(5)], [hold("a", 3, sequence: 1)], [hold("b", 2, sequence: 2)],
                [hold("a", 3, state: 3, sequence: 1)], [hold("c", 3, sequence: 3)],
                // An order takes what c held.
                [hold("c", 3, state: 2, sequence: 3), cell(5, allocated: 3)],
                // A count finds less than is promised, and says so.
                [
                    cell(4, allocated: 3), hold("m", 0, state: 2, kind: 3, sequence: 4),
                    .shortage(.init(id: 1, cell: 7, quantity: 1, isOpen: true)),
                ],
                [.shard(.init(id: 0, epoch: 2))], [hold("b", 2, state: 4, sequence: 2)],
                [hold("d", 1, epoch: 2, sequence: 1)],
            ]) == [])
    }

    @Test("a reservation beyond what is there is found")
    func oversold() {
        let found = kinds([[cell(5)], [hold("a", 3, sequence: 1)], [hold("b", 3, sequence: 2)]])
        #expect(Set(found) == [.oversold, .unrecordedShortage])
    }

    @Test("a reservation of what safety stock keeps back is found")
    func safety() {
        #expect(kinds([[cell(5, safety: 4)], [hold("a", 2, sequence: 1)]]) == [.oversold])
    }

    @Test("an order beyond what is there is found")
    func oversoldOrder() {
        let found = kinds([
            [cell(5)], [hold("a", 3, sequence: 1)],
            [hold("o", 0, state: 2, kind: 2, sequence: 2), cell(5, allocated: 3)],
        ])
        #expect(found.contains(.oversold))
    }

    @Test(
        "a promise admitted before safety stock rose, and written after it, is in order; the other way round it is found"
    )
    func overtaken() {
        let raise = [cell(5, safety: 4), moved("p", safety: 4), hold("m", 0, state: 2, kind: 3, sequence: 2)]
        #expect(kinds([[cell(5)], raise, [hold("a", 3, sequence: 1)]]) == [])
        #expect(kinds([[cell(5)], raise, [hold("a", 3, sequence: 3)]]) == [.oversold])
    }

    @Test("a promise that an earlier attempt may have been admitted for is in order; one asked for later is found")
    func adopted() throws {
        let raise = [cell(5, safety: 4), moved("p", safety: 4), hold("m", 0, state: 2, kind: 3, sequence: 2)]
        let policy = Made.call(Made.receive("p", 1), .done([]), at: 10)
        let repeated = [
            Made.call(Made.reserve("a", "MUG", 3), .unknown("lost"), at: 2),
            Made.call(Made.reserve("a", "MUG", 3), .done(try Made.reserved("a", "MUG", 3)), at: 30), policy,
        ]
        #expect(kinds([[cell(5)], raise, [hold("a", 3, sequence: 3)]], beside: repeated) == [])
        let later = repeated.map { call in
            var call = call
            if call.mutation.key.space == .reservation {
                call.began += 50_000_000
                call.ended += 50_000_000
            }
            return call
        }
        #expect(kinds([[cell(5)], raise, [hold("a", 3, sequence: 3)]], beside: later) == [.oversold])
    }

    @Test("an order that takes a reservation which had ended is found, even where there is stock enough")
    func unbacked() {
        #expect(
            kinds([
                [cell(9)], [hold("a", 3, sequence: 1)], [hold("a", 3, state: 3, sequence: 1)], [cell(9, allocated: 3)],
            ]) == [.illegalState])
        #expect(
            kinds([
                [cell(9)], [hold("a", 3, sequence: 1)], [hold("a", 3, state: 2, sequence: 1), cell(9, allocated: 4)],
            ])
                == [.illegalState])
    }

    @Test("missing goods that are promised and not recorded are found")
    func unrecorded() {
        #expect(
            kinds([
                [cell(5)], [hold("a", 4, sequence: 1)],
                [cell(2), moved("p", onHand: -3), hold("m", 0, state: 2, kind: 3, sequence: 2)],
            ]) == [.unrecordedShortage])
    }

    @Test("a promise under an epoch that has risen is found")
    func risenEpoch() {
        #expect(
            kinds([[cell(5)], [.shard(.init(id: 0, epoch: 2))], [hold("a", 1, epoch: 1, sequence: 9)]]) == [.fence])
    }

    @Test("an epoch that falls is found")
    func fallenEpoch() { #expect(kinds([[.shard(.init(id: 0, epoch: 0))]]) == [.fence]) }

    @Test("a promise of Redis while PostgreSQL decides is found, and one of PostgreSQL's own is in order")
    func otherDecider() {
        #expect(kinds([[cell(5)], [hold("a", 1, sequence: 1), cell(5, direct: 1)]], mode: 2) == [.fence])
        #expect(kinds([[cell(5)], [hold("a", 1, sequence: 0), cell(5, direct: 1)]], mode: 2) == [])
    }

    @Test("a promise of PostgreSQL while Redis decides is found")
    func ledgerOutOfTurn() { #expect(kinds([[cell(5)], [hold("a", 1, sequence: 0)]]) == [.fence]) }

    @Test("a cell whose own sum of reservations is wrong while PostgreSQL decides is found")
    func ownSum() { #expect(kinds([[cell(5)], [hold("a", 1, sequence: 0)]], mode: 2) == [.books]) }

    @Test("an admitting call that two transactions use is found")
    func callTwice() {
        #expect(kinds([[cell(5)], [hold("a", 1, sequence: 1)], [hold("b", 1, sequence: 1)]]) == [.fence])
    }

    @Test("a promise whose admitting call is not journalled with it is found")
    func notJournalled() { #expect(kinds([[cell(5)], [hold("a", 1, sequence: 1)]], isJournalled: false) == [.fence]) }

    @Test("a final state that changes is found")
    func finalState() {
        #expect(
            kinds([
                [cell(5)], [hold("a", 1, sequence: 1)], [hold("a", 1, state: 3, sequence: 1)],
                [hold("a", 1, state: 2, sequence: 1)],
            ]) == [.illegalState])
    }

    @Test("a live reservation that vanishes is found; a closed one may go")
    func removed() {
        let gone = Change.holdRemoved(id: "a", kind: 1)
        #expect(kinds([[cell(5)], [hold("a", 1, sequence: 1)], [gone]]) == [.lost])
        #expect(kinds([[cell(5)], [hold("a", 1, sequence: 1)], [hold("a", 1, state: 3, sequence: 1)], [gone]]) == [])
    }
}

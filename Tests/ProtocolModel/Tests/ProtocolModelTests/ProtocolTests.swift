import Foundation
import ProtocolModel
import Testing

/// One search at a time: each is bound by memory, not by cores.
@Suite("The two-store protocol", .serialized)
struct ProtocolTests {
    @Test("whole, it keeps every promise in every state of a configuration", arguments: SoundExpectation.all)
    func exhausts(_ expected: SoundExpectation) {
        let result = Model(expected.configuration).check()
        switch result.verdict {
        case .exhausted:
            print("\(expected.configuration.name): exhausted, \(result.states) states, depth \(result.depth)")
        case .boundReached: Issue.record("the bound came first: nothing is proven")
        case .violated(let counterExample): Issue.record("\(counterExample)")
        }
        #expect(result.states == expected.states)
        #expect(result.depth == expected.depth)
        #expect(expected.shows.isSubset(of: result.kinds), "missing: \(expected.shows.subtracting(result.kinds))")
        // Redis never frees units first, nothing is summed before the fence, and a transfer's guard in PostgreSQL is for a
        // Redis that lies or, where PostgreSQL decides, for a unit that is not there: then nothing changes.
        #expect(result.kinds.isDisjoint(with: [.freeInRedis, .sumAhead, .transferGuarded]))
    }

    @Test("without one of its rules it breaks a promise, by the shortest way", arguments: MutantExpectation.all)
    func refutes(_ expected: MutantExpectation) {
        let result = Model(expected.mutant.configuration, mutant: expected.mutant).check()
        switch (result.verdict, expected.broken) {
        case (.violated(let counterExample), let broken?):
            print("\(expected.mutant): \(counterExample)\n")
            #expect(counterExample.violation == broken.violation)
            #expect(counterExample.length == broken.steps)
        case (.exhausted, nil): break
        case (let verdict, let broken): Issue.record("\(verdict) where \(String(describing: broken)) was expected")
        }
    }

    @Test(
        "without one of its rules a unit is really promised twice, or never is",
        arguments: MutantExpectation.all.filter { $0.broken != nil })
    func oversells(_ expected: MutantExpectation) {
        let result = Model(expected.mutant.configuration, mutant: expected.mutant, promises: [.oversell]).check()
        switch (result.verdict, expected.oversell) {
        case (.violated(let counterExample), let steps?):
            #expect(counterExample.violation == .oversell)
            #expect(counterExample.length == steps)
        case (.exhausted, nil): break
        case (let verdict, let steps): Issue.record("\(verdict) where \(String(describing: steps)) steps were expected")
        }
    }

    @Test(
        "the check of figures calls a figure too high where a missing rule makes it so",
        arguments: [Mutant.settleBlindIncrement, .baseWithoutVersion, .orphanWithoutTombstone, .untakeAfterExists])
    func alarms(_ mutant: Mutant) {
        let result = Model(.figureCheck, mutant: mutant, promises: [.alarm]).check()
        guard case .violated(let counterExample) = result.verdict else {
            Issue.record("no alarm in \(result.states) states")
            return
        }
        #expect(counterExample.violation == .alarm)
    }

    @Test(
        "folding states that differ in names only loses none: the same depth, the same verdicts",
        arguments: [Configuration.oneCell, .twoSpanning, .fence])
    func foldsOnlyNames(_ configuration: Configuration) {
        let whole = Model(configuration, foldsSymmetry: false).check()
        let folded = Model(configuration).check()
        guard case .exhausted = whole.verdict, case .exhausted = folded.verdict else {
            Issue.record("\(whole.verdict), folded \(folded.verdict)")
            return
        }
        #expect(folded.depth == whole.depth)
        #expect(folded.kinds == whole.kinds)
        #expect(folded.states < whole.states)
        for mutant in Mutant.allCases where mutant.configuration.name == configuration.name {
            let promises: [Set<Violation>] = [Set(Violation.allCases), [.oversell]]
            for watched in promises {
                let whole = Model(configuration, mutant: mutant, promises: watched, foldsSymmetry: false).check()
                guard case .violated(let counterExample) = whole.verdict else { continue }
                guard
                    case .violated(let found) = Model(configuration, mutant: mutant, promises: watched).check().verdict
                else {
                    Issue.record("\(mutant) is not refuted where names are folded")
                    continue
                }
                #expect(found.length == counterExample.length, "\(mutant)")
                #expect(found.violation == counterExample.violation, "\(mutant)")
            }
        }
    }

    @Test("every rule of the list is removed once, every step of the protocol is exercised by a configuration")
    func coversEverything() {
        #expect(MutantExpectation.all.map(\.mutant) == Mutant.allCases)
        #expect(SoundExpectation.all.map(\.configuration.name) == Configuration.all.map(\.name))
        let shown = SoundExpectation.all.reduce(into: Set<StepKind>()) { $0.formUnion($1.shows) }
        let missing = Set(StepKind.allCases).subtracting(shown)
        #expect(missing == [.freeInRedis, .sumAhead, .transferGuarded])
    }

    @Test("the README's tables say what the searches find")
    func documentsItself() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let readme = try String(contentsOf: root.appending(path: "README.md"), encoding: .utf8)
        for expected in SoundExpectation.all {
            let row = Tables.row(expected.configuration, states: expected.states, depth: expected.depth)
            #expect(readme.contains(row), "missing: \(row)")
        }
        for expected in MutantExpectation.all {
            let row = Tables.row(expected.mutant, broken: expected.broken, oversell: expected.oversell)
            #expect(readme.contains(row), "missing: \(row)")
        }
        let result = Model(.oneCell, mutant: .orphanWithoutTombstone).check()
        guard case .violated(let example) = result.verdict else {
            Issue.record("the example was not refuted")
            return
        }
        let shown = "one-cell without a rule: orphanWithoutTombstone: violated, \(result.states) states met\n\(example)"
        let block = shown.split(separator: "\n").map { "    " + $0 }.joined(separator: "\n")
        #expect(readme.contains(block))
    }

    @Test("a search that meets its bound says so and proves nothing")
    func reportsTheBound() {
        let result = Model(.oneCell).check(bound: 1_000)
        guard case .boundReached = result.verdict else {
            Issue.record("the bound was not reported: \(result.verdict)")
            return
        }
    }

    @Test("a counter-example reads step by step, with what each step left behind")
    func readsWell() {
        guard case .violated(let found) = Model(.oneCell, mutant: .orphanWithoutTombstone).check().verdict else {
            Issue.record("the mutant was not refuted")
            return
        }
        #expect(
            found.description == """
                redisAbovePostgres after 3 steps
                   0  the beginning
                        postgres  cell 1: epoch 1, base 1 at ver 1, ATP 1
                        redis     cell 1: armed 1, epoch 1, ATP 1 at ver 1
                   1  reservation A, attempt 1: take of cell 1 at redis, epoch 1 -> NEW
                        redis     cell 1: armed 1, epoch 1, ATP 0 at ver 1; reservation A (nonce 1)
                   2  redis frees cell 1 of reservation A first
                        redis     cell 1: armed 1, epoch 1, ATP 1 at ver 1
                   3  reservation A, attempt 1: journal arrives at PostgreSQL -> committed, acknowledged
                        postgres  cell 1: epoch 1, base 1 at ver 1, ATP 0; reservation A held
                """)
    }
}

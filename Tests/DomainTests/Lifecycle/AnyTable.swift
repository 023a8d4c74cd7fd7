import Domain
import Testing

/// A state table of any kind, with the checks that every table must pass.
protocol TableChecks: Sendable {
    var name: String { get }
    var stateNumbers: [Int16] { get }
    var eventNumbers: [Int16] { get }
    func checkMatrix()
    func checkReachability()
    func checkActors()
    func walk(steps: Int, using generator: inout SplitMix64)
    func page() -> TablePage
}

struct AnyTable: Sendable, CustomTestStringConvertible {
    let checks: any TableChecks

    var testDescription: String { checks.name }
    var stateNumbers: [Int16] { checks.stateNumbers }
    var eventNumbers: [Int16] { checks.eventNumbers }
    func checkMatrix() { checks.checkMatrix() }
    func checkReachability() { checks.checkReachability() }
    func checkActors() { checks.checkActors() }

    static let all: [AnyTable] = [
        AnyTable(checks: Named("line", Lifecycle.line)),
        AnyTable(checks: Named("fulfilment", Lifecycle.fulfilment)),
        AnyTable(checks: Named("pickup", Lifecycle.pickup)),
        AnyTable(checks: Named("drop-ship", Lifecycle.dropShip)),
        AnyTable(checks: Named("late cancel", Lifecycle.lateCancel)),
        AnyTable(checks: Named("review", Lifecycle.review)),
        AnyTable(checks: Named("draft", Lifecycle.draft)),
        AnyTable(checks: Named("payment", Lifecycle.payment)),
        AnyTable(checks: Named("payment attempt", Lifecycle.paymentAttempt)),
        AnyTable(checks: Named("return", Lifecycle.returnOrder)),
    ]
}

private struct Named<State: LifecycleWord, Event: LifecycleWord>: TableChecks {
    let name: String
    let table: StateTable<State, Event>

    init(_ name: String, _ table: StateTable<State, Event>) {
        self.name = name
        self.table = table
    }

    var stateNumbers: [Int16] { State.allCases.map(\.rawValue) }
    var eventNumbers: [Int16] { Event.allCases.map(\.rawValue) }
    private var states: [State?] { [nil] + State.allCases.map { $0 } }
    private static var everybody: Set<LifecycleActor> { Set(Role.allCases.map { .role($0) }).union([.system]) }

    func checkMatrix() {
        var rows = 0
        for state in states {
            let known = table.transitions.filter { $0.from == state }
            for event in Event.allCases {
                let row = known.first { $0.event == event }
                do throws(Refusal) {
                    let decided = try table.decide(event, in: state, by: Self.everybody, naming: "7")
                    #expect(decided == row)
                    #expect(decided == table[state, event])
                    rows += 1
                    for actor in decided.actors {
                        #expect(try table.decide(event, in: state, by: [actor], naming: "7") == decided)
                    }
                    for actor in Self.everybody.subtracting(decided.actors) {
                        #expect(throws: Refusal.eventNotGranted(table.subject, event: event.word)) {
                            try table.decide(event, in: state, by: [actor], naming: "7")
                        }
                    }
                } catch {
                    #expect(row == nil)
                    #expect(table[state, event] == nil)
                    #expect(
                        error
                            == .eventNotKnown(
                                table.subject, "7", state: state?.word ?? "new", event: event.word,
                                allowed: known.map(\.event.word)))
                }
            }
        }
        #expect(rows == table.transitions.count)
    }

    func checkReachability() {
        var reached: Set<State> = Set(table.transitions.filter { $0.from == nil }.map(\.to))
        var ending = table.final
        for _ in State.allCases {
            for row in table.transitions {
                if let from = row.from, reached.contains(from) { reached.insert(row.to) }
                if let from = row.from, ending.contains(row.to) { ending.insert(from) }
            }
        }
        #expect(reached == Set(State.allCases))
        #expect(ending == Set(State.allCases))
        for state in State.allCases {
            let leads = table.transitions.contains { $0.from == state && $0.to != state }
            #expect(leads != table.final.contains(state), "\(state)")
            if table.final.contains(state) { #expect(table.allowed(in: state).isEmpty) }
        }
    }

    func checkActors() {
        #expect(Set(table.transitions.map(\.event)) == Set(Event.allCases))
        for row in table.transitions {
            #expect(row.actors == .systemAlone || row.actors.contains(.role(.admin)), "\(row)")
        }
    }

    /// Any events in any order, by anybody: the thing stands in a state of the table, and moves by its rows only.
    func walk(steps: Int, using generator: inout SplitMix64) {
        var state: State?
        let events = Array(Event.allCases)
        for _ in 0..<steps {
            let event = events[Int.random(in: 0..<events.count, using: &generator)]
            let row = table[state, event]
            if let row {
                if row.from != state || state.map(table.final.contains) == true {
                    Issue.record("\(name): \(event) leads on from \(String(describing: state))")
                }
                state = row.to
            } else if table.allowed(in: state).contains(event) {
                Issue.record("\(name): \(event) is said to be allowed")
            }
        }
    }

    func page() -> TablePage {
        TablePage(
            states: State.allCases.map { (number: $0.rawValue, word: $0.word, isFinal: table.final.contains($0)) },
            rows: table.transitions.map { row in
                TablePage.Row(
                    from: row.from?.word, event: row.event.word, number: row.event.rawValue, to: row.to.word,
                    effect: row.effect, actors: row.actors)
            })
    }
}

import Domain
import Testing

@Suite("Where a fulfilment of any kind stands")
struct FulfilmentStandingTests {
    private static let everybody = Set(Role.allCases.map { LifecycleActor.role($0) }).union([.system])
    private static let standings = FulfilmentKind.allCases.flatMap { FulfilmentStanding.all(of: $0) }

    /// What a table says of a state and an event by its word: the word of the state after it, and its effect.
    private static func row<State, Event>(
        _ table: StateTable<State, Event>, _ state: State, _ word: String
    ) -> (String, LifecycleEffect)? {
        guard let event = Event.allCases.first(where: { $0.word == word }), let row = table[state, event] else {
            return nil
        }
        return (row.to.word, row.effect)
    }

    private static func row(_ standing: FulfilmentStanding, _ word: String) -> (String, LifecycleEffect)? {
        switch standing {
        case .ship(let state): row(Lifecycle.fulfilment, state, word)
        case .pickup(let state): row(Lifecycle.pickup, state, word)
        case .dropShip(let state): row(Lifecycle.dropShip, state, word)
        }
    }

    @Test(
        "Every step in every standing is what the table of its kind says, or refused with what is allowed",
        arguments: standings)
    func matrix(standing: FulfilmentStanding) throws {
        for step in FulfilmentStep.allCases {
            do {
                let next = try standing.after(step, by: Self.everybody, naming: "F")
                let row = try #require(Self.row(standing, step.word))
                #expect(next.standing.word == row.0)
                #expect(next.standing.kind == standing.kind)
                #expect(next.effect == row.1)
            } catch Refusal.eventNotKnown(let subject, "F", let state, let event, let allowed) {
                #expect(Self.row(standing, step.word) == nil)
                #expect((subject, state, event) == (standing.kind.subject, standing.word, step.word))
                #expect(allowed.isEmpty == standing.isFinal)
                #expect(allowed.allSatisfy { Self.row(standing, $0) != nil })
            }
        }
    }

    @Test("The steps are the events of the three tables by their words, and no others")
    func words() {
        let words = Set(FulfilmentEvent.allCases.map(\.word)).union(PickupEvent.allCases.map(\.word))
            .union(DropShipEvent.allCases.map(\.word))
        #expect(Set(FulfilmentStep.allCases.map(\.word)) == words)
        #expect(FulfilmentStep.allCases.map(\.rawValue) == Array(1...Int16(FulfilmentStep.allCases.count)))
    }

    @Test(
        "Units stand as the transitions leave them: whoever moves them from a standing finds them there",
        arguments: standings)
    func units(standing: FulfilmentStanding) throws {
        #expect(FulfilmentStanding(standing.kind, stored: standing.stored) == standing)
        for step in FulfilmentStep.allCases {
            guard Self.row(standing, step.word) != nil else { continue }
            let next = try standing.after(step, by: Self.everybody, naming: "F")
            let from = try #require(standing.units)
            guard let event = next.effect.units.first else {
                #expect(next.standing.units == from)
                continue
            }
            let move = try #require(Lifecycle.line[from, event], "\(standing) \(step)")
            // What is not with the fulfilment any more stands where no fulfilment looks.
            if let units = next.standing.units { #expect(units == move.to, "\(standing) \(step)") }
        }
    }

    @Test("A release begins each kind, and only who may release begins one")
    func released() throws {
        #expect(try FulfilmentStanding.released(.ship, by: [.system], naming: "F") == .ship(.released))
        #expect(try FulfilmentStanding.released(.pickup, by: [.system], naming: "F") == .pickup(.released))
        #expect(try FulfilmentStanding.released(.dropShip, by: [.system], naming: "F") == .dropShip(.sent))
        for kind in FulfilmentKind.allCases {
            #expect(throws: Refusal.self) {
                try FulfilmentStanding.released(kind, by: [.role(.kiosk)], naming: "F")
            }
        }
        #expect(FulfilmentStanding(.ship, stored: 99) == nil)
    }

    @Test("Holdfast acts as the system, and has no role of a caller")
    func system() {
        #expect(Caller.system.actors == [.system])
        #expect(Caller.system.roles.isEmpty)
        #expect(!Caller.anonymous.actors.contains(.system))
    }
}

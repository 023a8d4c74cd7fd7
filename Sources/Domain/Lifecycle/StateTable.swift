/// The states of one kind of thing, the events that lead from one to another, and what each does.
///
/// A table is a value: pure, immutable, compared with nothing but itself. What it does not contain is refused with the
/// state as it is and the events that are known there, so nothing changes by an event that was not thought of. The
/// table decides; who applies an effect does so in the transaction that stores the new state, so a crash leaves both
/// or none.
public struct StateTable<State: LifecycleWord, Event: LifecycleWord>: Sendable {
    /// One row: in a state, an event leads to a state and has an effect.
    public struct Transition: Hashable, Sendable {
        /// Where it starts; nil where the thing comes into being.
        public var from: State?
        /// What happens.
        public var event: Event
        /// Where it leads; may be where it started.
        public var to: State
        /// What else it does.
        public var effect: LifecycleEffect
        /// Who may cause it.
        public var actors: Set<LifecycleActor>
    }

    /// Rows that are alike but for the state where they start, as a table is written.
    public struct Rows: Sendable {
        let transitions: [Transition]

        /// The thing comes into being.
        public static func entering(
            _ event: Event, _ to: State, _ effect: LifecycleEffect = .none, by actors: Set<LifecycleActor>
        ) -> Rows {
            Rows(transitions: [Transition(from: nil, event: event, to: to, effect: effect, actors: actors)])
        }

        /// Each of the states is left for another one.
        public static func moving(
            _ states: [State], _ event: Event, _ to: State, _ effect: LifecycleEffect = .none,
            by actors: Set<LifecycleActor>
        ) -> Rows {
            Rows(
                transitions: states.map {
                    Transition(from: $0, event: event, to: to, effect: effect, actors: actors)
                })
        }

        /// The state stays what it is.
        public static func staying(
            _ states: [State], _ event: Event, _ effect: LifecycleEffect = .none, by actors: Set<LifecycleActor>
        ) -> Rows {
            Rows(
                transitions: states.map {
                    Transition(from: $0, event: event, to: $0, effect: effect, actors: actors)
                })
        }
    }

    /// What the table is about.
    public let subject: Refusal.Subject
    /// States that nothing leads out of.
    public let final: Set<State>
    /// The rows, in the order in which they were given.
    public let transitions: [Transition]
    /// Index of the row of each state (0 where the thing comes into being) and event; -1 where there is none.
    private let places: [Int]
    private let columns: Int
    /// The events of each state, by its number.
    private let events: [[Event]]
    /// The states that know each event, by its number.
    private let states: [[State]]

    /// Makes a table.
    ///
    /// - Parameters:
    ///   - subject: what it is about.
    ///   - final: states that nothing leads out of.
    ///   - rows: the transitions.
    /// - Precondition: no state has two rows for one event, final states have none, and numbers are at least 1. A table
    ///   is a constant of the program, so these are mistakes in its source.
    public init(_ subject: Refusal.Subject, final: Set<State>, _ rows: [Rows]) {
        let transitions = rows.flatMap(\.transitions)
        let columns = Int(Event.allCases.map(\.rawValue).max() ?? 0) + 1
        let lines = Int(State.allCases.map(\.rawValue).max() ?? 0) + 1
        var places = Array(repeating: -1, count: lines * columns)
        var events = Array(repeating: [Event](), count: lines)
        var states = Array(repeating: [State](), count: columns)
        for (index, transition) in transitions.enumerated() {
            precondition(transition.event.rawValue > 0 && transition.to.rawValue > 0, "numbers start at 1")
            precondition(transition.from.map { !final.contains($0) } ?? true, "a final state is left")
            let place = Int(transition.from?.rawValue ?? 0) * columns + Int(transition.event.rawValue)
            precondition(places[place] < 0, "a state has two rows for one event")
            places[place] = index
            events[Int(transition.from?.rawValue ?? 0)].append(transition.event)
            if let from = transition.from { states[Int(transition.event.rawValue)].append(from) }
        }
        self.subject = subject
        self.final = final
        self.transitions = transitions
        self.places = places
        self.columns = columns
        self.events = events
        self.states = states
    }

    /// The row of a state, or of nothing yet, and an event; nil where the table has none.
    public subscript(from: State?, event: Event) -> Transition? {
        let place = places[Int(from?.rawValue ?? 0) * columns + Int(event.rawValue)]
        return place < 0 ? nil : transitions[place]
    }

    /// The events that the table knows in a state, in the order of its rows.
    public func allowed(in state: State?) -> [Event] {
        events[Int(state?.rawValue ?? 0)]
    }

    /// The states that know an event, in the order of the table's rows.
    public func states(knowing event: Event) -> [State] {
        states[Int(event.rawValue)]
    }

    /// The roles that may cause an event in any state that knows it.
    public func roles(for event: Event) -> Set<Role> {
        actors(for: event).roles
    }

    /// The roles that may bring a thing into being by an event.
    public func roles(entering event: Event) -> Set<Role> {
        self[nil, event]?.actors.roles ?? []
    }

    /// What an event does in a state.
    ///
    /// - Parameters:
    ///   - event: what is to happen.
    ///   - state: where the thing stands; nil where it is to come into being.
    ///   - actors: as whom the caller acts.
    ///   - name: the thing's name, for a refusal.
    /// - Returns: the row of the table.
    /// - Throws: ``Refusal/eventNotGranted(_:event:)`` where none of the actors may cause it, and
    ///   ``Refusal/eventNotKnown(_:_:state:event:allowed:)`` where the table has no such row.
    public func decide(_ event: Event, in state: State?, by actors: Set<LifecycleActor>, naming name: String)
        throws(Refusal) -> Transition
    {
        guard let transition = self[state, event] else {
            // Who may never cause the event learns nothing of the state.
            if self.actors(for: event).isDisjoint(with: actors) {
                throw .eventNotGranted(subject, event: event.word)
            }
            throw .eventNotKnown(
                subject, name, state: state?.word ?? "new", event: event.word, allowed: allowed(in: state).map(\.word))
        }
        if transition.actors.isDisjoint(with: actors) { throw .eventNotGranted(subject, event: event.word) }
        return transition
    }

    private func actors(for event: Event) -> Set<LifecycleActor> {
        transitions.reduce(into: []) { if $1.event == event { $0.formUnion($1.actors) } }
    }
}

/// The tables of an order's life, one for each thing that has states.
public enum Lifecycle {}

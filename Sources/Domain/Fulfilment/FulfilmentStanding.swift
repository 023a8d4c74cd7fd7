/// How one location's part of an order reaches the customer.
///
/// Raw values are stored.
public enum FulfilmentKind: Int16, LifecycleWord {
    /// A carrier brings it.
    case ship = 1
    /// The customer collects it.
    case pickup = 2
    /// A supplier sends it.
    case dropShip = 3

    /// What a refusal calls it.
    public var subject: Refusal.Subject {
        switch self {
        case .ship: .fulfilment
        case .pickup: .pickup
        case .dropShip: .supplierOrder
        }
    }
}

/// What happens to one location's part of an order, whatever its kind: the events of ``Lifecycle/fulfilment``,
/// ``Lifecycle/pickup`` and ``Lifecycle/dropShip`` by their words.
public enum FulfilmentStep: Int16, LifecycleWord {
    /// It is given to a location.
    case release = 1
    /// It is put on a pick list.
    case startPicking = 2
    /// Picking ends, with all units or some.
    case pick = 3
    /// Picking ends and nothing was found.
    case findNothing = 4
    /// It is packed.
    case pack = 5
    /// It leaves.
    case ship = 6
    /// It arrives.
    case deliver = 7
    /// A cancellation is accepted where it is.
    case cancel = 8
    /// The location gives it up.
    case decline = 9
    /// It is lost on the way.
    case lose = 10
    /// It comes back undelivered.
    case comeBack = 11
    /// It leaves for the store where it is collected.
    case sendToStore = 12
    /// It is at the counter.
    case makeReady = 13
    /// The customer is reminded.
    case remind = 14
    /// The customer is given more time.
    case extend = 15
    /// The customer takes it.
    case collect = 16
    /// Its time is over.
    case expire = 17
    /// It is put back on the shelf.
    case restock = 18
    /// It is sent to the supplier.
    case send = 19
    /// The supplier acknowledges it.
    case acknowledge = 20
    /// The supplier rejects it.
    case reject = 21
}

/// Where one location's part of an order stands: the state of the table of its kind.
public enum FulfilmentStanding: Hashable, Sendable {
    /// Of a fulfilment that is sent.
    case ship(FulfilmentState)
    /// Of a fulfilment that is collected.
    case pickup(PickupState)
    /// Of an order to a supplier.
    case dropShip(DropShipState)

    /// A standing as it was stored; nil where the kind has no such state.
    public init?(_ kind: FulfilmentKind, stored: Int16) {
        switch kind {
        case .ship:
            guard let state = FulfilmentState(rawValue: stored) else { return nil }
            self = .ship(state)
        case .pickup:
            guard let state = PickupState(rawValue: stored) else { return nil }
            self = .pickup(state)
        case .dropShip:
            guard let state = DropShipState(rawValue: stored) else { return nil }
            self = .dropShip(state)
        }
    }

    /// The standings of a kind, in the order of their numbers.
    public static func all(of kind: FulfilmentKind) -> [FulfilmentStanding] {
        switch kind {
        case .ship: FulfilmentState.allCases.map { .ship($0) }
        case .pickup: PickupState.allCases.map { .pickup($0) }
        case .dropShip: DropShipState.allCases.map { .dropShip($0) }
        }
    }

    /// The kind.
    public var kind: FulfilmentKind {
        switch self {
        case .ship: .ship
        case .pickup: .pickup
        case .dropShip: .dropShip
        }
    }

    /// The number under which it is stored.
    public var stored: Int16 {
        switch self {
        case .ship(let state): state.rawValue
        case .pickup(let state): state.rawValue
        case .dropShip(let state): state.rawValue
        }
    }

    /// Its name as callers read it.
    public var word: String {
        switch self {
        case .ship(let state): state.word
        case .pickup(let state): state.word
        case .dropShip(let state): state.word
        }
    }

    /// Whether nothing leads out of it.
    public var isFinal: Bool {
        switch self {
        case .ship(let state): Lifecycle.fulfilment.final.contains(state)
        case .pickup(let state): Lifecycle.pickup.final.contains(state)
        case .dropShip(let state): Lifecycle.dropShip.final.contains(state)
        }
    }

    /// The status that its units have; nil where it has none any more.
    public var units: LineStatus? {
        switch self {
        case .ship(.released), .ship(.picking), .pickup(.released), .pickup(.picking), .dropShip(.sent),
            .dropShip(.acknowledged):
            .released
        case .ship(.picked), .pickup(.picked), .pickup(.underWay): .picked
        case .ship(.packed), .pickup(.readyForPickup), .pickup(.expired): .packed
        case .ship(.shipped), .dropShip(.shipped): .shipped
        case .ship(.delivered), .pickup(.collected), .dropShip(.delivered): .delivered
        case .ship(.cancelled), .ship(.declined), .ship(.lost), .ship(.returned), .pickup(.restocked),
            .pickup(.cancelled), .pickup(.declined), .pickup(.lost), .dropShip(.rejected), .dropShip(.cancelled),
            .dropShip(.lost), .dropShip(.returned):
            nil
        }
    }

    /// Whether its goods are at the store where they are collected, wherever they were picked.
    public var isAtStore: Bool { self == .pickup(.readyForPickup) || self == .pickup(.expired) }

    /// Where a fulfilment of a kind stands once it is released, and what that does to its units.
    ///
    /// - Parameters:
    ///   - kind: how the goods reach the customer.
    ///   - actors: as whom the caller acts.
    ///   - name: what a refusal calls it.
    /// - Returns: the standing.
    /// - Throws: ``Refusal/eventNotGranted(_:event:)`` where none of the actors may release.
    public static func released(
        _ kind: FulfilmentKind, by actors: Set<LifecycleActor>, naming name: String
    ) throws(Refusal) -> FulfilmentStanding {
        switch kind {
        case .ship: .ship(try Lifecycle.fulfilment.decide(.release, in: nil, by: actors, naming: name).to)
        case .pickup: .pickup(try Lifecycle.pickup.decide(.release, in: nil, by: actors, naming: name).to)
        case .dropShip: .dropShip(try Lifecycle.dropShip.decide(.send, in: nil, by: actors, naming: name).to)
        }
    }

    /// Where a step leads.
    ///
    /// - Parameters:
    ///   - step: what is to happen.
    ///   - actors: as whom the caller acts.
    ///   - name: what a refusal calls the fulfilment.
    /// - Returns: the standing after it, and what it does to the units.
    /// - Throws: ``Refusal/eventNotGranted(_:event:)`` where none of the actors may cause it, and
    ///   ``Refusal/eventNotKnown(_:_:state:event:allowed:)`` where the table of the kind has no such row.
    public func after(
        _ step: FulfilmentStep, by actors: Set<LifecycleActor>, naming name: String
    ) throws(Refusal) -> (standing: FulfilmentStanding, effect: LifecycleEffect) {
        switch self {
        case .ship(let state):
            let row = try FulfilmentStanding.row(Lifecycle.fulfilment, step, in: state, by: actors, naming: name)
            return (.ship(row.to), row.effect)
        case .pickup(let state):
            let row = try FulfilmentStanding.row(Lifecycle.pickup, step, in: state, by: actors, naming: name)
            return (.pickup(row.to), row.effect)
        case .dropShip(let state):
            let row = try FulfilmentStanding.row(Lifecycle.dropShip, step, in: state, by: actors, naming: name)
            return (.dropShip(row.to), row.effect)
        }
    }

    /// The roles that may make a step of a fulfilment of any kind.
    public static func roles(for step: FulfilmentStep) -> Set<Role> {
        func roles<State, Event>(_ table: StateTable<State, Event>) -> Set<Role> {
            Event.allCases.first { $0.word == step.word }.map { table.roles(for: $0) } ?? []
        }
        return roles(Lifecycle.fulfilment).union(roles(Lifecycle.pickup)).union(roles(Lifecycle.dropShip))
    }

    private static func row<State, Event>(
        _ table: StateTable<State, Event>, _ step: FulfilmentStep, in state: State, by actors: Set<LifecycleActor>,
        naming name: String
    ) throws(Refusal) -> StateTable<State, Event>.Transition {
        guard let event = Event.allCases.first(where: { $0.word == step.word }) else {
            throw .eventNotKnown(
                table.subject, name, state: state.word, event: step.word, allowed: table.allowed(in: state).map(\.word))
        }
        return try table.decide(event, in: state, by: actors, naming: name)
    }
}

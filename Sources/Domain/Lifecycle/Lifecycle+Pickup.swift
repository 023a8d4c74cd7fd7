/// Where one location's part of an order stands that the customer collects.
///
/// Raw values are stored.
public enum PickupState: Int16, LifecycleWord {
    /// The location is to make it ready.
    case released = 1
    /// Somebody is taking the goods from the shelves.
    case picking = 2
    /// What could be found is taken.
    case picked = 3
    /// Between the location that picked it and the store where it is collected.
    case underWay = 4
    /// At the counter.
    case readyForPickup = 5
    /// With the customer.
    case collected = 6
    /// Not collected in time; still at the counter.
    case expired = 7
    /// Back on the shelf after its time.
    case restocked = 8
    /// A cancellation was accepted before it was collected.
    case cancelled = 9
    /// The location does not serve it.
    case declined = 10
    /// Lost on the way to the store.
    case lost = 11
}

/// What happens to a pickup.
///
/// Raw values are stored.
public enum PickupEvent: Int16, LifecycleWord {
    /// It is given to a location.
    case release = 1
    /// It is put on a pick list.
    case startPicking = 2
    /// Picking ends, with all units or some.
    case pick = 3
    /// Picking ends and nothing was found.
    case findNothing = 4
    /// It leaves for the store where it is collected.
    case sendToStore = 5
    /// It is at the counter.
    case makeReady = 6
    /// The customer is reminded.
    case remind = 7
    /// The customer is given more time.
    case extend = 8
    /// The customer takes it.
    case collect = 9
    /// Its time is over.
    case expire = 10
    /// It is put back on the shelf.
    case restock = 11
    /// The location accepts a cancellation.
    case cancel = 12
    /// The location gives it up.
    case decline = 13
    /// It is lost on the way to the store.
    case lose = 14
}

extension Lifecycle {
    /// The table of fulfilments that are collected.
    ///
    /// Goods that expired stay the customer's until they are back on the shelf: who comes late still collects them.
    public static let pickup = StateTable<PickupState, PickupEvent>(
        .pickup, final: [.collected, .restocked, .cancelled, .declined, .lost],
        [
            .entering(.release, .released, .units(.release), by: .peopleOrSystem(.support)),
            .moving([.released], .startPicking, .picking, by: .people(.pos, .warehouse)),
            .moving(
                [.picking], .pick, .picked, .units(.pick, .reallocate, .backorder, .recall),
                by: .people(.pos, .warehouse)),
            .moving(
                [.picking], .findNothing, .declined, .units(.reallocate, .backorder, .recall),
                by: .people(.pos, .warehouse)),
            .moving([.picked], .sendToStore, .underWay, by: .people(.warehouse)),
            .moving([.picked, .underWay], .makeReady, .readyForPickup, .units(.pack), by: .people(.pos, .warehouse)),
            .staying([.readyForPickup], .remind, by: .peopleOrSystem(.pos, .support)),
            .staying([.readyForPickup], .extend, by: .people(.pos, .support)),
            .moving([.expired], .extend, .readyForPickup, by: .people(.pos, .support)),
            .moving(
                [.readyForPickup, .expired], .collect, .collected, .units(.handOver), by: .people(.pos, .warehouse)),
            .moving([.readyForPickup], .expire, .expired, by: .systemAlone),
            .moving([.expired], .restock, .restocked, .units(.recall), by: .people(.pos, .warehouse)),
            .moving(
                [.released, .picking, .picked, .readyForPickup], .cancel, .cancelled, .units(.recall),
                by: .peopleOrSystem(.pos, .warehouse)),
            .moving(
                [.released, .picking, .picked], .decline, .declined, .units(.withdraw),
                by: .peopleOrSystem(.pos, .warehouse)),
            .moving(
                [.underWay], .lose, .lost, .units(.reallocate, .recall), by: .peopleOrSystem(.warehouse, .support)),
        ])
}

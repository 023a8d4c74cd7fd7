/// Where one location's part of an order stands that is sent to the customer.
///
/// Raw values are stored.
public enum FulfilmentState: Int16, LifecycleWord {
    /// The location is to fulfil it.
    case released = 1
    /// Somebody is taking the goods from the shelves.
    case picking = 2
    /// What could be found is taken.
    case picked = 3
    /// In packages.
    case packed = 4
    /// With the carrier.
    case shipped = 5
    /// With the customer.
    case delivered = 6
    /// A cancellation was accepted before it left.
    case cancelled = 7
    /// The location does not serve it.
    case declined = 8
    /// The carrier lost it.
    case lost = 9
    /// It could not be delivered and came back.
    case returned = 10
}

/// What happens to a fulfilment.
///
/// Raw values are stored.
public enum FulfilmentEvent: Int16, LifecycleWord {
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
    /// The location accepts a cancellation.
    case cancel = 8
    /// The location gives it up.
    case decline = 9
    /// The carrier loses it.
    case lose = 10
    /// It comes back undelivered.
    case comeBack = 11
}

extension Lifecycle {
    /// The table of fulfilments that are sent.
    ///
    /// A short pick is no state: units that were found are picked, each of the others is re-sourced, backordered or
    /// cancelled by its own event.
    public static let fulfilment = StateTable<FulfilmentState, FulfilmentEvent>(
        .fulfilment, final: [.delivered, .cancelled, .declined, .lost, .returned],
        [
            .entering(.release, .released, .units(.release), by: .peopleOrSystem(.support)),
            .moving([.released], .startPicking, .picking, by: .people(.warehouse)),
            .moving(
                [.picking], .pick, .picked, .units(.pick, .reallocate, .backorder, .recall), by: .people(.warehouse)),
            .moving(
                [.picking], .findNothing, .declined, .units(.reallocate, .backorder, .recall),
                by: .people(.warehouse)),
            .moving([.picked], .pack, .packed, .units(.pack), by: .people(.warehouse)),
            .moving([.packed], .ship, .shipped, .units(.ship), by: .peopleOrSystem(.warehouse)),
            .moving(
                [.shipped], .deliver, .delivered, .units(.deliver),
                by: .peopleOrSystem(.backend, .warehouse, .support)),
            .moving(
                [.released, .picking, .picked, .packed], .cancel, .cancelled, .units(.recall),
                by: .peopleOrSystem(.warehouse)),
            .moving(
                [.released, .picking, .picked, .packed], .decline, .declined, .units(.withdraw),
                by: .peopleOrSystem(.warehouse)),
            .moving([.shipped], .lose, .lost, .units(.lose), by: .peopleOrSystem(.warehouse, .support)),
            .moving([.shipped], .comeBack, .returned, .units(.takeBack), by: .peopleOrSystem(.pos, .warehouse)),
        ])
}

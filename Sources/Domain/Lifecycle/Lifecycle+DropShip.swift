/// Where an order to a supplier stands that sends the goods to the customer.
///
/// Raw values are stored.
public enum DropShipState: Int16, LifecycleWord {
    /// The supplier was asked.
    case sent = 1
    /// The supplier will send it.
    case acknowledged = 2
    /// The supplier will not.
    case rejected = 3
    /// The supplier has announced the shipment.
    case shipped = 4
    /// With the customer.
    case delivered = 5
    /// The supplier accepted a cancellation.
    case cancelled = 6
    /// The carrier lost it.
    case lost = 7
    /// It could not be delivered and came back.
    case returned = 8
}

/// What happens to an order to a supplier.
///
/// Raw values are stored.
public enum DropShipEvent: Int16, LifecycleWord {
    /// It is sent to the supplier.
    case send = 1
    /// The supplier acknowledges it.
    case acknowledge = 2
    /// The supplier rejects it, or can no longer send it.
    case reject = 3
    /// The supplier's advance ship notice comes.
    case ship = 4
    /// It arrives.
    case deliver = 5
    /// The supplier accepts a cancellation.
    case cancel = 6
    /// The carrier loses it.
    case lose = 7
    /// It comes back undelivered.
    case comeBack = 8
}

extension Lifecycle {
    /// The table of orders to suppliers.
    ///
    /// A ship notice without an acknowledgement is taken for both: suppliers leave the first out. Suppliers act as
    /// `warehouse`, held to their location.
    public static let dropShip = StateTable<DropShipState, DropShipEvent>(
        .supplierOrder, final: [.rejected, .delivered, .cancelled, .lost, .returned],
        [
            .entering(.send, .sent, .units(.release), by: .peopleOrSystem(.support)),
            .moving([.sent], .acknowledge, .acknowledged, by: .peopleOrSystem(.warehouse)),
            .moving(
                [.sent, .acknowledged], .reject, .rejected, .units(.reallocate, .backorder, .recall),
                by: .peopleOrSystem(.warehouse)),
            .moving(
                [.sent, .acknowledged], .ship, .shipped, .units(.dropShip, money: [.supplierOwed]),
                by: .peopleOrSystem(.warehouse)),
            .moving(
                [.shipped], .deliver, .delivered, .units(.deliver),
                by: .peopleOrSystem(.backend, .warehouse, .support)),
            .moving(
                [.sent, .acknowledged], .cancel, .cancelled, .units(.recall), by: .peopleOrSystem(.warehouse)),
            .moving([.shipped], .lose, .lost, .units(.lose), by: .peopleOrSystem(.warehouse, .support)),
            .moving([.shipped], .comeBack, .returned, .units(.takeBack), by: .peopleOrSystem(.pos, .warehouse)),
        ])
}

/// Where units of a line stand.
///
/// Raw values are stored, and are the contract's where it has the status. In the order in which units pass them.
public enum LineStatus: Int16, LifecycleWord {
    /// Sold, and waiting for supply.
    case backordered = 4
    /// Stock is set aside, or the product needs none.
    case allocated = 1
    /// Given to a location to be fulfilled.
    case released = 5
    /// Taken from the shelf.
    case picked = 6
    /// In a package, or ready at the counter.
    case packed = 7
    /// On the way.
    case shipped = 8
    /// With the customer.
    case delivered = 2
    /// Not to be delivered: cancelled before, or lost on the way.
    case cancelled = 3
    /// Given back.
    case returned = 9
}

/// What happens to units of a line.
///
/// Raw values are stored.
public enum LineEvent: Int16, LifecycleWord {
    /// A cell sets them aside.
    case allocate = 1
    /// They wait for supply.
    case backorder = 2
    /// The customer takes them at a counter.
    case handOver = 3
    /// They are cancelled before a location has them to fulfil.
    case cancel = 4
    /// A location is to fulfil them.
    case release = 5
    /// Another cell serves them: re-sourced.
    case reallocate = 6
    /// The location gives them up, and they stay set aside.
    case withdraw = 7
    /// They are taken from the shelf.
    case pick = 8
    /// They are put into a package, or made ready at the counter.
    case pack = 9
    /// They leave with a carrier.
    case ship = 10
    /// A supplier sends them to the customer.
    case dropShip = 11
    /// They arrive.
    case deliver = 12
    /// A cancellation after the release is accepted where they are.
    case recall = 13
    /// They are lost on the way.
    case lose = 14
    /// They come back and are accepted.
    case takeBack = 15
}

extension Lifecycle {
    /// The table of units of order lines.
    ///
    /// The sum over all states is the quantity ordered, at all times; ``LineQuantities`` applies the table.
    public static let line = StateTable<LineStatus, LineEvent>(
        .orderLine, final: [.cancelled, .returned],
        [
            .entering(
                .allocate, .allocated, .init(stock: .allocate, money: [.owed]), by: .peopleOrSystem(.pos, .backend)),
            .entering(.backorder, .backordered, .money(.owed), by: .peopleOrSystem(.pos, .backend)),
            .entering(
                .handOver, .delivered, .init(stock: .sell, money: [.owed, .earned]),
                by: .peopleOrSystem(.pos, .backend)),
            .moving([.backordered], .allocate, .allocated, .init(stock: .allocate), by: .peopleOrSystem()),
            .moving(
                [.allocated, .released], .backorder, .backordered, .init(stock: .free),
                by: .peopleOrSystem(.warehouse)),
            .moving(
                [.allocated, .released, .picked, .packed], .reallocate, .allocated, .init(stock: .move),
                by: .peopleOrSystem(.warehouse, .support)),
            .moving([.allocated], .release, .released, by: .peopleOrSystem(.support)),
            .moving([.released, .picked, .packed], .withdraw, .allocated, by: .peopleOrSystem(.pos, .warehouse)),
            .moving([.released], .pick, .picked, by: .people(.pos, .warehouse)),
            .moving([.picked], .pack, .packed, by: .people(.pos, .warehouse)),
            .moving(
                [.packed], .ship, .shipped, .init(stock: .issue, money: [.earned]), by: .peopleOrSystem(.warehouse)),
            .moving(
                [.released], .dropShip, .shipped, .init(stock: .issue, money: [.earned]),
                by: .peopleOrSystem(.warehouse)),
            .moving([.shipped], .deliver, .delivered, by: .peopleOrSystem(.backend, .warehouse, .support)),
            .moving(
                [.packed], .handOver, .delivered, .init(stock: .issue, money: [.earned]), by: .people(.pos, .warehouse)
            ),
            .moving(
                [.backordered], .cancel, .cancelled, .money(.notOwed),
                by: .peopleOrSystem(.pos, .backend, .support)),
            .moving(
                [.allocated], .cancel, .cancelled, .init(stock: .free, money: [.notOwed]),
                by: .peopleOrSystem(.pos, .backend, .support)),
            .moving(
                [.released, .picked, .packed], .recall, .cancelled, .init(stock: .free, money: [.notOwed]),
                by: .peopleOrSystem(.pos, .warehouse)),
            .moving([.shipped], .lose, .cancelled, .money(.refundDue), by: .peopleOrSystem(.warehouse, .support)),
            .moving(
                [.shipped, .delivered], .takeBack, .returned, .init(stock: .byDisposition, money: [.refundDue]),
                by: .peopleOrSystem(.pos, .warehouse)),
        ])
}

/// A row of the table of units of order lines.
public typealias LineTransition = StateTable<LineStatus, LineEvent>.Transition

extension Lifecycle {
    /// How the units of a captured line come into being: set aside, or in the customer's hands.
    ///
    /// - Parameter goodsInHand: true where the customer already holds the goods.
    /// - Returns: the table's row.
    public static func capture(goodsInHand: Bool) -> LineTransition { goodsInHand ? handedOver : setAside }

    // Found once: every captured order asks.
    private static let handedOver = entered(by: .handOver)
    private static let setAside = entered(by: .allocate)

    private static func entered(by event: LineEvent) -> LineTransition {
        guard let transition = line[nil, event] else {
            preconditionFailure("no units come into being by \(event.word)")
        }
        return transition
    }
}

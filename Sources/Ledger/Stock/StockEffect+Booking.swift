import Domain

extension StockEffect {
    /// How one cell books it, per unit: the kind of its movement and the change of its figures; nil for no change.
    ///
    /// - Precondition: the effect is on one cell, and there is a kind of movement for it.
    fileprivate var booking: (kind: MovementKind, delta: StockDelta)? {
        switch self {
        case .none: nil
        case .allocate: delta.map { (.allocation, $0) }
        case .free: delta.map { (.deallocation, $0) }
        case .sell: delta.map { (.sale, $0) }
        case .issue: delta.map { (.shipment, $0) }
        case .move, .byDisposition: preconditionFailure("no movement books \(word) on one cell")
        }
    }
}

extension LockedCell {
    /// Applies what a transition does to the stock of so many units.
    mutating func apply(_ effect: StockEffect, _ quantity: Int64) {
        guard let booking = effect.booking else { return }
        let delta = booking.delta * quantity
        apply(onHand: delta.onHand, allocated: delta.allocated)
    }
}

extension MovementColumns {
    /// Records what a transition did to the stock of so many units of a cell.
    mutating func append(_ effect: StockEffect, _ cell: CellID, _ quantity: Int64, cause: EntityID, reason: String) {
        guard let booking = effect.booking else { return }
        let delta = booking.delta * quantity
        append(booking.kind, cell, onHand: delta.onHand, allocated: delta.allocated, cause: cause, reason: reason)
    }
}

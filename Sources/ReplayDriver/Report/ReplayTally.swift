package import Replay

/// Adds up what became of the operations, in whatever order they end.
package struct ReplayTally: Sendable {
    /// What the service has.
    package private(set) var accepted = AcceptedFigures()
    /// What it refused, by reason.
    package private(set) var refused: [String: RefusedFigures] = [:]
    /// Orders that this run placed.
    package private(set) var ordersPlaced = 0

    private var orders: [ReplayID: InvoiceOrder] = [:]
    private var placed: [ReplayID: PlacedOrder] = [:]

    /// Nothing yet.
    package init() {}

    /// The accepted order with this id; nil where there is none so far.
    package func placedOrder(_ id: ReplayID) -> PlacedOrder? { placed[id] }

    /// Adds an outcome; an order's comes before those of its cancellations.
    package mutating func add(_ outcome: OperationOutcome) {
        switch outcome {
        case .received(let receipt):
            let units = receipt.lines.reduce(0) { $0 + $1.quantity }
            if receipt.origin == .customerReturn {
                accepted.returned.add(units: units)
            } else {
                accepted.received.add(units: units)
            }
        case .corrected(let correction, nil):
            accepted.corrected.add(units: correction.lines.reduce(0) { $0 - $1.delta })
        case .corrected(let correction, let reason?):
            for line in correction.lines { refused[reason.name, default: .init()].add(units: -line.delta) }
        case .accepted(let order, let placed, let reason): add(order, placed, dropped: reason)
        case .refused(let order, let reason):
            orders[order.id] = order
            refused[reason.name, default: .init()].orders += 1
            for line in order.lines { refuse(line, reason) }
        case .cancelled(let cancellation, let fill, let reason): add(cancellation, fill, refused: reason)
        }
    }

    private mutating func add(_ order: InvoiceOrder, _ placed: PlacedOrder, dropped reason: RefusalReason) {
        orders[order.id] = order
        self.placed[order.id] = placed
        accepted.orders += 1
        if !placed.isWhole { accepted.ordersInPart += 1 }
        if placed.isNew { ordersPlaced += 1 } else { accepted.ordersFound += 1 }
        let isAdjustment = order.invoice.hasPrefix("A")
        if isAdjustment { accepted.adjustments += 1 }
        for (line, number) in zip(order.lines, placed.numbers) {
            guard number != nil else {
                refuse(line, reason)
                continue
            }
            if line.isGoods { accepted.openGoodsUnits += line.quantity }
            let value = line.unitPrice.times(line.quantity)
            if isAdjustment {
                accepted.adjustmentLines += 1
                accepted.adjustmentValue += value
            } else if line.unitPrice.billionths == 0 {
                accepted.freeLines += 1
                accepted.freeUnits += line.quantity
            } else {
                accepted.saleLines += 1
                accepted.saleUnits += line.quantity
                accepted.grossSales += value
            }
        }
    }

    private mutating func add(
        _ cancellation: OrderCancellation, _ fill: CancellationFill, refused reason: RefusalReason?
    ) {
        guard let order = orders[cancellation.orderID] else {
            preconditionFailure("an order's outcome comes before those of its cancellations")
        }
        for line in fill.neverAccepted {
            refused[RefusalReason.neverAccepted.name, default: .init()].add(
                units: line.quantity, value: order.lines[line.number - 1].unitPrice.times(line.quantity))
        }
        if reason == nil, !fill.accepted.isEmpty { accepted.cancelled.count += 1 }
        for cancelled in fill.accepted {
            let line = order.lines[cancelled.planned - 1]
            let value = line.unitPrice.times(cancelled.quantity)
            if let reason {
                refused[reason.name, default: .init()].add(units: cancelled.quantity, value: value)
                continue
            }
            accepted.cancelled.units += cancelled.quantity
            accepted.cancelledValue += value
            if line.isGoods { accepted.openGoodsUnits -= cancelled.quantity }
        }
    }

    private mutating func refuse(_ line: InvoiceOrder.Line, _ reason: RefusalReason) {
        refused[reason.name, default: .init()].add(
            units: line.quantity, value: line.unitPrice.times(line.quantity))
    }
}

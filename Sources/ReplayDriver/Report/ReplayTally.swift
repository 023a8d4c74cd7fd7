package import Replay

/// Adds up what became of the operations, in whatever order they end.
package struct ReplayTally: Sendable {
    /// What the service has.
    package private(set) var accepted = AcceptedFigures()
    /// What it refused, by reason.
    package private(set) var refused: [String: RefusedFigures] = [:]
    /// Orders that this run placed.
    package private(set) var ordersPlaced = 0

    /// What became of accepted orders after their capture, as far as the plan tells it.
    package private(set) var life = LifeFigures()

    private var orders: [ReplayID: InvoiceOrder] = [:]
    private var standings: [ReplayID: OrderStanding] = [:]

    /// Nothing yet.
    package init() {}

    /// How far the accepted order with this id has come; nil where there is none so far.
    package func standing(_ id: ReplayID) -> OrderStanding? { standings[id] }

    /// The accepted order with this id; nil where there is none so far.
    package func placedOrder(_ id: ReplayID) -> PlacedOrder? { standings[id]?.placed }

    /// Every accepted order, by id, with the number that people know it by.
    package var acceptedOrders: [(id: ReplayID, name: String)] {
        standings.keys.map { ($0, orders[$0]?.invoice ?? "\($0)") }.sorted { ($0.1, $0.0.high) < ($1.1, $1.0.high) }
    }

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
            for line in order.lines {
                if line.isGoods { life.asked.add(units: line.quantity) }
                refuse(line, reason)
            }
        case .cancelled(let cancellation, let fill, let reason): add(cancellation, fill, refused: reason)
        case .fulfilled(let fulfilment, let reason): add(fulfilment, refused: reason)
        case .tookBack(let cancellation, let fill, let reason):
            add(cancellation, fill, refused: reason, isReturn: true)
        }
    }

    private mutating func add(_ order: InvoiceOrder, _ placed: PlacedOrder, dropped reason: RefusalReason) {
        orders[order.id] = order
        var openGoods: Int64 = 0
        accepted.orders += 1
        if !placed.isWhole { accepted.ordersInPart += 1 }
        if placed.isNew { ordersPlaced += 1 } else { accepted.ordersFound += 1 }
        let isAdjustment = order.invoice.hasPrefix("A")
        if isAdjustment { accepted.adjustments += 1 }
        for (line, number) in zip(order.lines, placed.numbers) {
            if line.isGoods { life.asked.add(units: line.quantity) }
            guard number != nil else {
                refuse(line, reason)
                continue
            }
            if line.isGoods {
                life.filled.add(units: line.quantity)
                openGoods += line.quantity
            }
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
        accepted.openGoodsUnits += openGoods
        standings[order.id] = OrderStanding(placed: placed, openGoods: openGoods, hasLeft: false)
    }

    private mutating func add(_ fulfilment: OrderFulfilment, refused reason: RefusalReason?) {
        guard let standing = standings[fulfilment.orderID], standing.openGoods > 0 else { return }
        if let reason {
            refused[reason.name, default: .init()].orders += 1
            return
        }
        life.secondsToShip.append(fulfilment.secondsToShip)
        life.sent.add(units: standing.openGoods)
        accepted.openGoodsUnits -= standing.openGoods
        standings[fulfilment.orderID]?.openGoods = 0
        standings[fulfilment.orderID]?.hasLeft = true
    }

    private mutating func add(
        _ cancellation: OrderCancellation, _ fill: CancellationFill, refused reason: RefusalReason?,
        isReturn: Bool = false
    ) {
        guard let order = orders[cancellation.orderID] else {
            preconditionFailure("an order's outcome comes before those of its cancellations")
        }
        for line in fill.neverAccepted {
            refused[RefusalReason.neverAccepted.name, default: .init()].add(
                units: line.quantity, value: order.lines[line.number - 1].unitPrice.times(line.quantity))
        }
        if reason == nil, !fill.accepted.isEmpty {
            if isReturn { life.takenBack.count += 1 } else { accepted.cancelled.count += 1 }
        }
        for cancelled in fill.accepted {
            let line = order.lines[cancelled.planned - 1]
            let value = line.unitPrice.times(cancelled.quantity)
            if let reason {
                refused[reason.name, default: .init()].add(units: cancelled.quantity, value: value)
                continue
            }
            if isReturn {
                life.takenBack.units += cancelled.quantity
                life.takenBackValue += value
                continue
            }
            accepted.cancelled.units += cancelled.quantity
            accepted.cancelledValue += value
            if line.isGoods {
                accepted.openGoodsUnits -= cancelled.quantity
                standings[cancellation.orderID]?.openGoods -= cancelled.quantity
            }
        }
    }

    private mutating func refuse(_ line: InvoiceOrder.Line, _ reason: RefusalReason) {
        refused[reason.name, default: .init()].add(
            units: line.quantity, value: line.unitPrice.times(line.quantity))
    }
}

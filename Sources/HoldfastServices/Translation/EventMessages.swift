import Domain
import HoldfastAPI
import SwiftProtobuf

extension Holdfast_V1_Event {
    /// An event with its facts; without any where this version does not know its topic.
    init(_ entry: OutboxEntry, _ facts: EventFacts?) {
        self.init()
        eventID = entry.id.description
        topic = entry.topic
        subjectID = entry.subject.description
        sequence = entry.sequence
        causeID = entry.cause.description
        if let stamp = Google_Protobuf_Timestamp(entry.at) { at = stamp }
        channel = entry.channel ?? ""
        switch facts {
        case .orderPlaced(let placed): orderPlaced = Holdfast_V1_OrderPlaced(placed)
        case .orderCancelled(let cancelled): orderCancelled = Holdfast_V1_OrderCancelled(cancelled)
        case .orderAdvanced(let advance): orderAdvanced = Holdfast_V1_OrderAdvanced(advance)
        case .stockChanged(let movements):
            stockChanged.movements = movements.map { Holdfast_V1_StockMovement($0) }
        case nil: break
        }
    }
}

extension Holdfast_V1_OrderPlaced {
    init(_ order: PlacedOrderFacts) {
        self.init()
        externalID = order.externalID
        customerID = order.customerID
        lines = order.lines.map { line in
            var message = Line()
            message.lineNumber = line.number
            message.sku = line.sku
            message.description_p = line.description
            message.quantity = line.quantity
            message.unitPrice = Holdfast_V1_UnitPrice(line.unitPrice, order.currency)
            message.amount = Holdfast_V1_Money(line.amountMinor, order.currency)
            message.allocations = line.allocations.map { Holdfast_V1_Allocation($0) }
            return message
        }
        subtotal = Holdfast_V1_Money(order.subtotal, order.currency)
        addedTax = Holdfast_V1_Money(order.addedTax, order.currency)
        total = Holdfast_V1_Money(order.subtotal + order.addedTax, order.currency)
        if let stamp = Google_Protobuf_Timestamp(order.orderedAt) { orderedAt = stamp }
        if let reservation = order.reservation { reservationID = reservation.description }
        goodsInHand = order.goodsInHand
        shortage = order.shortage
    }
}

extension Holdfast_V1_OrderCancelled {
    init(_ units: CancelledOrderFacts) {
        self.init()
        lines = units.lines.map { line in
            var message = Line()
            message.lineNumber = line.number
            message.sku = line.sku
            message.quantity = line.quantity
            message.amount = Holdfast_V1_Money(line.amountMinor, units.currency)
            return message
        }
        reason = units.reason
        if let status = units.status { self.status = Holdfast_V1_OrderStatus(status) }
    }
}

extension Holdfast_V1_OrderAdvanced {
    init(_ advance: OrderAdvance) {
        self.init()
        units = advance.units.map { units in
            var message = Units()
            message.lineNumber = units.line
            message.sku = units.sku
            if let from = units.from { message.from = Holdfast_V1_LineStatus(from) }
            message.to = Holdfast_V1_LineStatus(units.to)
            message.quantity = units.quantity
            message.amount = Holdfast_V1_Money(units.amountMinor, advance.currency)
            message.location = units.location
            return message
        }
        status = Holdfast_V1_OrderStatus(advance.status)
        if let thing = advance.thing {
            let words = thing.words
            self.thing.kind = thing.kind.word
            self.thing.id = thing.id.description
            self.thing.stateBefore = words.before
            self.thing.stateAfter = words.after
        }
        if let minor = advance.amountMinor { amount = Holdfast_V1_Money(minor, advance.currency) }
        reason = advance.reason
        details = advance.details
    }
}

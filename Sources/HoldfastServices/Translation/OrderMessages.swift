import Domain
import HoldfastAPI
import SwiftProtobuf

extension Holdfast_V1_Money {
    init(_ minorUnits: Int64, _ currency: Currency) {
        self.init()
        currencyCode = currency.code
        amountMinor = minorUnits
    }
}

extension Holdfast_V1_UnitPrice {
    init(_ price: UnitPrice, _ currency: Currency) {
        self.init()
        currencyCode = currency.code
        units = price.units
        nanos = price.nanos
    }
}

extension Holdfast_V1_Tax {
    init(_ tax: Tax, _ currency: Currency) {
        self.init()
        name = tax.name
        amount = Holdfast_V1_Money(tax.amountMinor, currency)
        included = tax.included
    }
}

extension Holdfast_V1_OrderStatus {
    /// The numbers are the same.
    init(_ status: OrderStatus) {
        self = Holdfast_V1_OrderStatus(rawValue: Int(status.rawValue)) ?? .unspecified
    }
}

extension Holdfast_V1_LineStatus {
    /// The numbers are the same, as those of ``Holdfast_V1_OrderStatus``.
    init(_ status: LineStatus) {
        self = Holdfast_V1_LineStatus(rawValue: Int(status.rawValue)) ?? .unspecified
    }
}

extension Holdfast_V1_PlaceOrderResponse {
    init(_ order: CapturedOrder) {
        self.init()
        orderID = order.id.description
        subtotal = Holdfast_V1_Money(order.subtotal, order.currency)
        addedTax = Holdfast_V1_Money(order.addedTax, order.currency)
        total = Holdfast_V1_Money(order.subtotal + order.addedTax, order.currency)
        lines = order.lines.map { line in
            var message = Line()
            message.amount = Holdfast_V1_Money(line.amountMinor, order.currency)
            message.allocations = line.allocations.map { Holdfast_V1_Allocation($0) }
            message.backordered = line.backordered
            return message
        }
        if let stamp = Google_Protobuf_Timestamp(order.placedAt) { placedAt = stamp }
        shortage = order.shortage
    }
}

extension Holdfast_V1_Order {
    init(_ order: Order) {
        self.init()
        orderID = order.id.description
        channel = order.channel
        externalID = order.externalID
        status = Holdfast_V1_OrderStatus(order.status)
        customer.customerID = order.customer.id
        customer.name = order.customer.name
        customer.email = order.customer.email
        customer.country = order.customer.country
        lines = order.lines.map { Holdfast_V1_OrderLine($0, order.currency) }
        subtotal = Holdfast_V1_Money(order.subtotal, order.currency)
        addedTax = Holdfast_V1_Money(order.addedTax, order.currency)
        total = Holdfast_V1_Money(order.subtotal + order.addedTax, order.currency)
        if let stamp = Google_Protobuf_Timestamp(order.orderedAt) { orderedAt = stamp }
        if let stamp = Google_Protobuf_Timestamp(order.placedAt) { placedAt = stamp }
        if let reservation = order.reservation { reservationID = reservation.description }
        goodsInHand = order.goodsInHand
        if let delivery = order.delivery { self.delivery = Holdfast_V1_Delivery(delivery) }
        holds = order.holds.map { Holdfast_V1_OrderHold($0) }
        if let review = order.review { self.review = Holdfast_V1_OrderReview(review) }
        events = order.events.map { event in
            var message = Holdfast_V1_OrderEvent()
            message.sequence = event.sequence
            message.type = event.kind.word
            if let stamp = Google_Protobuf_Timestamp(event.at) { message.at = stamp }
            message.causeID = event.cause.description
            return message
        }
    }
}

extension Holdfast_V1_OrderLine {
    init(_ line: Order.Line, _ currency: Currency) {
        self.init()
        lineNumber = line.number
        sku = line.sku
        description_p = line.description
        quantity = line.quantity
        unitPrice = Holdfast_V1_UnitPrice(line.unitPrice, currency)
        amount = Holdfast_V1_Money(line.amountMinor, currency)
        taxes = line.taxes.map { Holdfast_V1_Tax($0, currency) }
        quantities = LineStatus.allCases.compactMap { status in
            guard let quantity = line.quantities[status], quantity > 0 else { return nil }
            var message = Holdfast_V1_LineQuantity()
            message.status = Holdfast_V1_LineStatus(status)
            message.quantity = quantity
            return message
        }
        allocations = line.allocations.map { Holdfast_V1_Allocation($0) }
    }
}

extension Holdfast_V1_CancelOrderResponse {
    init(_ cancellation: Cancellation) {
        self.init()
        lines = cancellation.lines.map { line in
            var message = Line()
            message.lineNumber = line.number
            message.quantity = line.quantity
            message.amount = Holdfast_V1_Money(line.amountMinor, cancellation.currency)
            return message
        }
        status = Holdfast_V1_OrderStatus(cancellation.status)
        sequence = cancellation.sequence
    }
}

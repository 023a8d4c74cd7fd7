import Domain
import HoldfastAPI

extension Holdfast_V1_AmendOrderResponse {
    init(_ amendment: Amendment) {
        self.init()
        added = amendment.added.map { line in
            var message = Line()
            message.lineNumber = line.number
            message.extendsLine = line.extends ?? 0
            message.amount = Holdfast_V1_Money(line.amountMinor, amendment.currency)
            message.allocations = line.allocations.map { Holdfast_V1_Allocation($0) }
            return message
        }
        cancelled = amendment.cancelled.map { Holdfast_V1_CancelOrderResponse.Line($0, amendment.currency) }
        oldTotal = Holdfast_V1_Money(amendment.oldTotal, amendment.currency)
        newTotal = Holdfast_V1_Money(amendment.newTotal, amendment.currency)
        difference = Holdfast_V1_Money(amendment.newTotal - amendment.oldTotal, amendment.currency)
        status = Holdfast_V1_OrderStatus(amendment.status)
        sequence = amendment.sequence
        if let review = amendment.review { self.review = Holdfast_V1_OrderReview(review) }
    }
}

extension Holdfast_V1_CancelOrderResponse.Line {
    init(_ line: Cancellation.Line, _ currency: Currency) {
        self.init()
        lineNumber = line.number
        quantity = line.quantity
        amount = Holdfast_V1_Money(line.amountMinor, currency)
    }
}

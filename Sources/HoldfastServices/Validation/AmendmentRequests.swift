import Domain
import HoldfastAPI
import Ledger

/// Requests to change orders after their capture, translated and validated.
enum AmendmentRequests {
    /// What is to be changed.
    static func amend(
        _ request: Holdfast_V1_AmendOrderRequest, body: [UInt8], by caller: Caller
    ) throws(Refusal) -> AmendmentRequest {
        var validation = RequestValidation()
        let id = validation.id(request.amendmentID, "amendment_id")
        let order = validation.id(request.orderID, "order_id")
        validation.text(request.reason, to: OrderRequests.textBound, "reason")
        validation.number(request.expectedSequence, in: 0...Int32.max, "expected_sequence")
        if request.add.isEmpty && request.change.isEmpty && !request.hasDelivery {
            validation.refuse("add", "is required where neither change nor delivery is given")
        }
        var currency: Currency?
        var added: [OrderRequest.Line] = []
        if !request.add.isEmpty, validation.count(request.add.count, "add") {
            currency = validation.currency(
                request.add[0].unitPrice.currencyCode, "add[0].unit_price.currency_code")
            added = OrderRequests.lines(request.add, currency, "add", &validation)
            for (index, line) in request.add.enumerated() where line.allowBackorder {
                validation.refuse(
                    "add[\(index)].allow_backorder", "must be unset: what an amendment adds is set aside at once")
            }
        }
        var changes: [AmendmentRequest.Change] = []
        if !request.change.isEmpty, validation.count(request.change.count, "change") {
            for (index, change) in request.change.enumerated() {
                validation.number(
                    change.lineNumber, in: 1...Int32(CallBounds.lines), "change[\(index)].line_number")
                validation.number(change.quantity, in: 0...Quantity.bound, "change[\(index)].quantity")
                validation.codeOrEmpty(change.location, "change[\(index)].location")
                changes.append(
                    .init(
                        line: change.lineNumber, quantity: change.quantity, location: change.location,
                        allowSplit: change.allowSplit))
            }
            validation.unique(changes.lazy.map(\.line), "this line_number") { "change[\($0)].line_number" }
        }
        let delivery =
            request.hasDelivery ? DeliveryFields.delivery(request.delivery, "delivery", &validation) : nil
        try validation.finish()
        for line in added { try caller.scope.admit(location: line.demand.location) }
        for change in changes { try caller.scope.admit(location: change.location) }
        return AmendmentRequest(
            id: id, order: order, add: added, currency: currency, change: changes, delivery: delivery,
            reason: request.reason, expectedSequence: request.expectedSequence, body: body, caller: caller)
    }
}

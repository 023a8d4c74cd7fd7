import Domain
import HoldfastAPI

/// Requests about orders, translated and validated.
enum OrderRequests {
    /// Most taxes of one line.
    static let taxBound = 32
    /// Most bytes of a text shown to people.
    static let textBound = 256
    /// Most bytes of a channel's number.
    static let externalIDBound = 128

    /// What is to be captured.
    ///
    /// Which products are tracked is not known here: that goods in hand name their location where they need one, and that
    /// the currency is the channel's, is checked by order promising.
    static func place(
        _ request: Holdfast_V1_PlaceOrderRequest, body: [UInt8], by caller: Caller
    ) throws(Refusal) -> OrderRequest {
        var validation = RequestValidation()
        let id = validation.id(request.orderID, "order_id")
        validation.code(request.channel, "channel")
        validation.text(request.externalID, from: 1, to: externalIDBound, "external_id")
        let reservation = validation.idOrNil(request.reservationID, "reservation_id")
        let customer = customer(request.customer, &validation)
        let delivery = request.hasDelivery ? DeliveryFields.delivery(request.delivery, "delivery", &validation) : nil
        if request.hasDelivery && request.goodsInHand {
            validation.refuse("delivery", "must be absent where the goods are in the customer's hands")
        }
        let orderedAt = request.hasOrderedAt ? validation.instant(request.orderedAt, "ordered_at") : nil
        let currency = currency(request, &validation)
        let lines =
            validation.count(request.lines.count, "lines") ? lines(request.lines, currency, "lines", &validation) : []
        if request.goodsInHand {
            for (index, line) in request.lines.enumerated() where line.allowBackorder {
                validation.refuse(
                    "lines[\(index)].allow_backorder", "must be false where the customer has the goods already")
            }
        }
        let totals = totals(lines, &validation)
        try validation.finish()
        guard let currency else { throw Refusal.invalid([FieldViolation("currency_code", "is required")]) }
        try caller.scope.admit(channel: request.channel)
        for line in lines { try caller.scope.admit(location: line.demand.location) }
        return OrderRequest(
            id: id, channel: request.channel, externalID: request.externalID, reservation: reservation,
            customer: customer, lines: lines, goodsInHand: request.goodsInHand, orderedAt: orderedAt,
            currency: currency, subtotal: totals.subtotal, addedTax: totals.addedTax, body: body, caller: caller,
            delivery: delivery, currencyField: currencyField(request))
    }

    private static func customer(_ customer: Holdfast_V1_Customer, _ validation: inout RequestValidation) -> Customer {
        validation.text(customer.customerID, to: 64, "customer.customer_id")
        validation.text(customer.name, to: textBound, "customer.name")
        validation.text(customer.email, to: 254, "customer.email")
        validation.text(customer.country, to: 64, "customer.country")
        return Customer(
            id: customer.customerID, name: customer.name, email: customer.email, country: customer.country)
    }

    /// The order's currency: the one it names, else the one of its first price.
    ///
    /// Every price must have it. Nil where it was refused, or where there is no line to tell it.
    private static func currency(
        _ request: Holdfast_V1_PlaceOrderRequest, _ validation: inout RequestValidation
    ) -> Currency? {
        if !request.currencyCode.isEmpty { return validation.currency(request.currencyCode, currencyField(request)) }
        guard let first = request.lines.first else { return nil }
        return validation.currency(first.unitPrice.currencyCode, currencyField(request))
    }

    /// The field that names the order's currency.
    private static func currencyField(_ request: Holdfast_V1_PlaceOrderRequest) -> String {
        request.currencyCode.isEmpty ? "lines[0].unit_price.currency_code" : "currency_code"
    }

    /// The lines of a list, by its path; those that were refused are left out.
    static func lines(
        _ lines: [Holdfast_V1_PlaceOrderRequest.Line], _ currency: Currency?, _ list: String,
        _ validation: inout RequestValidation
    ) -> [OrderRequest.Line] {
        var read: [OrderRequest.Line] = []
        read.reserveCapacity(lines.count)
        for (index, line) in lines.enumerated() {
            if let line = self.line(line, index, currency, list, &validation) { read.append(line) }
        }
        return read
    }

    private static func line(
        _ line: Holdfast_V1_PlaceOrderRequest.Line, _ index: Int, _ currency: Currency?, _ list: String,
        _ validation: inout RequestValidation
    ) -> OrderRequest.Line? {
        validation.code(line.sku, "\(list)[\(index)].sku")
        validation.codeOrEmpty(line.location, "\(list)[\(index)].location")
        validation.quantity(line.quantity, "\(list)[\(index)].quantity")
        validation.text(line.description_p, to: textBound, "\(list)[\(index)].description")
        validation.number(
            line.backorderPriority, in: 0...(line.allowBackorder ? BackorderTerms.priorityBound : 0),
            "\(list)[\(index)].backorder_priority")
        let taxes = taxes(line.taxes, index, currency, list, &validation)
        guard line.hasUnitPrice else {
            validation.refuse("\(list)[\(index)].unit_price", "is required")
            return nil
        }
        if let currency, line.unitPrice.currencyCode != currency.code {
            validation.refuse(
                "\(list)[\(index)].unit_price.currency_code", "must be the order's currency, \(currency.code)")
        }
        guard let price = UnitPrice(units: line.unitPrice.units, nanos: line.unitPrice.nanos) else {
            validation.refuse(
                "\(list)[\(index)].unit_price",
                "must have units up to \(UnitPrice.unitsBound) and nanos up to 999999999, of one sign")
            return nil
        }
        guard !price.isNegative else {
            validation.refuse("\(list)[\(index)].unit_price", "must not be negative")
            return nil
        }
        guard let currency, (1...Quantity.bound).contains(line.quantity) else { return nil }
        guard let amount = price.amount(quantity: line.quantity, currency: currency) else {
            validation.refuse("\(list)[\(index)]", "quantity times price is too large an amount")
            return nil
        }
        return OrderRequest.Line(
            demand: Demand(
                sku: line.sku, location: line.location, quantity: line.quantity, allowSplit: line.allowSplit),
            unitPrice: price, amount: amount, taxes: taxes, description: line.description_p,
            backorder: line.allowBackorder ? BackorderTerms(priority: line.backorderPriority) : nil)
    }

    private static func taxes(
        _ taxes: [Holdfast_V1_Tax], _ line: Int, _ currency: Currency?, _ list: String,
        _ validation: inout RequestValidation
    ) -> [Tax] {
        guard taxes.count <= taxBound else {
            validation.refuse("\(list)[\(line)].taxes", "must have at most \(taxBound) entries, has \(taxes.count)")
            return []
        }
        return taxes.enumerated().map { index, tax in
            validation.text(tax.name, from: 1, to: 64, "\(list)[\(line)].taxes[\(index)].name")
            if !tax.hasAmount {
                validation.refuse("\(list)[\(line)].taxes[\(index)].amount", "is required")
            } else if let currency, tax.amount.currencyCode != currency.code {
                validation.refuse(
                    "\(list)[\(line)].taxes[\(index)].amount.currency_code",
                    "must be the order's currency, \(currency.code)")
            }
            // Prices are never negative here, so amounts are not either.
            if tax.amount.amountMinor < 0 {
                validation.refuse("\(list)[\(line)].taxes[\(index)].amount.amount_minor", "must not be negative")
            }
            return Tax(name: tax.name, amountMinor: tax.amount.amountMinor, included: tax.included)
        }
    }

    /// Sums of the lines, refused where they or their sum do not fit 64 bits.
    private static func totals(
        _ lines: [OrderRequest.Line], _ validation: inout RequestValidation
    ) -> (subtotal: Int64, addedTax: Int64) {
        var subtotal: Int128 = 0
        var addedTax: Int128 = 0
        for line in lines {
            subtotal += Int128(line.amount.minorUnits)
            for tax in line.taxes where !tax.included { addedTax += Int128(tax.amountMinor) }
        }
        guard let total = Int64(exactly: subtotal + addedTax), total >= 0 else {
            validation.refuse("lines", "add up to too large an amount")
            return (0, 0)
        }
        return (Int64(clamping: subtotal), Int64(clamping: addedTax))
    }

    /// What is to be cancelled.
    static func cancel(
        _ request: Holdfast_V1_CancelOrderRequest, body: [UInt8], by caller: Caller
    ) throws(Refusal) -> CancellationRequest {
        var validation = RequestValidation()
        let id = validation.id(request.cancellationID, "cancellation_id")
        let order = validation.id(request.orderID, "order_id")
        validation.text(request.reason, to: textBound, "reason")
        let lines = cancelled(request.lines, &validation)
        try validation.finish()
        return CancellationRequest(
            id: id, order: order, lines: lines, reason: request.reason, body: body, caller: caller)
    }

    /// Units of lines that are to be cancelled; none are all.
    static func cancelled(
        _ lines: [Holdfast_V1_CancelOrderRequest.Line], _ validation: inout RequestValidation
    ) -> [(number: Int32, quantity: Int64)] {
        var read: [(number: Int32, quantity: Int64)] = []
        guard !lines.isEmpty, validation.count(lines.count, "lines") else { return read }
        for (index, line) in lines.enumerated() {
            validation.number(line.lineNumber, in: 1...Int32(CallBounds.lines), "lines[\(index)].line_number")
            validation.quantity(line.quantity, "lines[\(index)].quantity")
            read.append((line.lineNumber, line.quantity))
        }
        validation.unique(read.lazy.map(\.number), "this line_number") { "lines[\($0)].line_number" }
        return read
    }

    /// How an order is named.
    enum Name: Equatable {
        /// By its id.
        case id(EntityID)
        /// By the channel's own number.
        case external(channel: String, number: String)
    }

    /// The order that is asked for.
    static func name(_ request: Holdfast_V1_GetOrderRequest, by caller: Caller) throws(Refusal) -> Name {
        var validation = RequestValidation()
        if request.channel.isEmpty && request.externalID.isEmpty {
            let id = validation.id(request.orderID, "order_id")
            try validation.finish()
            return .id(id)
        }
        if !request.orderID.isEmpty {
            validation.refuse("order_id", "must be empty where channel and external_id are given")
        }
        validation.code(request.channel, "channel")
        validation.text(request.externalID, from: 1, to: externalIDBound, "external_id")
        try validation.finish()
        try caller.scope.admit(channel: request.channel)
        return .external(channel: request.channel, number: request.externalID)
    }
}

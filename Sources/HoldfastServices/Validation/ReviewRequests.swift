import Domain
import HoldfastAPI
import Ledger
import SwiftProtobuf

/// Requests about reviews, translated and validated.
enum ReviewRequests {
    /// What order is to be held, and why.
    static func hold(
        _ request: Holdfast_V1_HoldOrderRequest, body: [UInt8], by caller: Caller
    ) throws(Refusal) -> OrderChange {
        var validation = RequestValidation()
        let id = validation.id(request.holdID, "hold_id")
        let order = validation.id(request.orderID, "order_id")
        validation.text(request.detail, from: 1, to: OrderRequests.textBound, "detail")
        try validation.finish()
        return OrderChange(id: id, order: order, kind: .review, body: body, caller: caller, reason: request.detail)
    }

    /// What order is to be approved, and in spite of what; no reasons are all.
    static func approve(
        _ request: Holdfast_V1_ApproveOrderRequest, body: [UInt8], by caller: Caller
    ) throws(Refusal) -> (OrderChange, [HoldReason]) {
        var validation = RequestValidation()
        let id = validation.id(request.approvalID, "approval_id")
        let order = validation.id(request.orderID, "order_id")
        validation.text(request.note, to: OrderRequests.textBound, "note")
        var reasons: [HoldReason] = []
        if request.reasons.count > HoldReason.allCases.count {
            validation.refuse("reasons", "must have each reason at most once")
        } else {
            for (index, reason) in request.reasons.enumerated() {
                guard let known = HoldReason(reason) else {
                    validation.refuse("reasons[\(index)]", "\(reason.rawValue) is no reason of a hold")
                    continue
                }
                reasons.append(known)
            }
            validation.unique(request.reasons.lazy.map(\.rawValue), "this reason") { "reasons[\($0)]" }
        }
        try validation.finish()
        return (
            OrderChange(id: id, order: order, kind: .review, body: body, caller: caller, reason: request.note),
            reasons
        )
    }

    /// What order is to be looked at.
    static func validate(
        _ request: Holdfast_V1_ValidateOrderRequest, body: [UInt8], by caller: Caller
    ) throws(Refusal) -> OrderChange {
        var validation = RequestValidation()
        let id = validation.id(request.validationID, "validation_id")
        let order = validation.id(request.orderID, "order_id")
        try validation.finish()
        return OrderChange(id: id, order: order, kind: .review, body: body, caller: caller)
    }

    /// A channel's own prices, with the caller's id and the currency they are all in; nil where none is set.
    static func prices(
        _ request: Holdfast_V1_SetPricesRequest, by caller: Caller
    ) throws(Refusal) -> (EntityID, Currency?, [ChannelPrice]) {
        var validation = RequestValidation()
        let id = validation.id(request.requestID, "request_id")
        validation.code(request.channel, "channel")
        var currency: Currency?
        var prices: [ChannelPrice] = []
        if validation.count(request.prices.count, "prices") {
            for (index, entry) in request.prices.enumerated() {
                validation.code(entry.sku, "prices[\(index)].sku")
                guard entry.hasPrice else {
                    prices.append(ChannelPrice(sku: entry.sku, price: nil))
                    continue
                }
                if currency == nil {
                    currency = validation.currency(entry.price.currencyCode, "prices[\(index)].price.currency_code")
                } else if currency?.code != entry.price.currencyCode {
                    validation.refuse("prices[\(index)].price.currency_code", "must be that of the other prices")
                }
                guard let price = UnitPrice(units: entry.price.units, nanos: entry.price.nanos), !price.isNegative
                else {
                    validation.refuse("prices[\(index)].price", "must not be negative, nor beyond bounds")
                    continue
                }
                prices.append(ChannelPrice(sku: entry.sku, price: price))
            }
            validation.unique(request.prices.lazy.map(\.sku), "this sku") { "prices[\($0)].sku" }
        }
        try validation.finish()
        try caller.scope.admit(channel: request.channel)
        return (id, currency, prices)
    }

    // MARK: - Rules of a channel

    /// What an upsert says of the review of a channel's orders.
    static func review(
        _ channel: Holdfast_V1_Channel, _ field: String, _ validation: inout RequestValidation
    ) -> Channel.Review {
        guard channel.hasReview else { return .kept }
        let message = channel.review
        if message.off {
            if message != .with({ $0.off = true }) {
                validation.refuse("\(field).off", "excludes every other rule")
            }
            return .off
        }
        var rules = ReviewRules(
            remorseSeconds: message.remorseSeconds, stock: message.stock, backordered: message.backordered,
            zeroPrice: message.zeroPrice, address: message.address, payment: message.payment)
        validation.number(message.remorseSeconds, in: 0...ReviewRules.remorseBound, "\(field).remorse_seconds")
        if message.hasPriceTolerancePercent {
            validation.number(message.priceTolerancePercent, in: 0...1_000, "\(field).price_tolerance_percent")
            rules.priceTolerancePercent = message.priceTolerancePercent
        }
        if message.hasMaximumAmount {
            if message.maximumAmount.currencyCode != channel.currencyCode {
                validation.refuse("\(field).maximum_amount.currency_code", "must be the channel's currency")
            }
            validation.number(
                message.maximumAmount.amountMinor, in: 0...Int64.max, "\(field).maximum_amount.amount_minor")
            rules.maximumAmountMinor = message.maximumAmount.amountMinor
        }
        if message.hasMaximumUnits {
            validation.quantity(message.maximumUnits, "\(field).maximum_units")
            rules.maximumUnits = message.maximumUnits
        }
        if message.hasFraudCheck {
            validation.number(
                message.fraudCheck.timeLimitMs, in: ReviewRules.FraudCheck.timeLimits,
                "\(field).fraud_check.time_limit_ms")
            rules.fraud = .init(
                timeLimitMilliseconds: message.fraudCheck.timeLimitMs,
                holdsWhenUnavailable: !message.fraudCheck.passWhenUnavailable)
        }
        rules.zones = zones(message.zones, "\(field).zones", &validation)
        return .rules(rules)
    }

    private static func zones(
        _ messages: [Holdfast_V1_ReviewRules.Zone], _ field: String, _ validation: inout RequestValidation
    ) -> [ReviewRules.Zone] {
        guard messages.count <= ReviewRules.zoneBound else {
            validation.refuse(field, "must have at most \(ReviewRules.zoneBound) entries, has \(messages.count)")
            return []
        }
        validation.unique(messages.lazy.map(\.country), "this country") { "\(field)[\($0)].country" }
        return messages.enumerated().map { index, zone in
            if !Country.isKnown(zone.country) {
                validation.refuse("\(field)[\(index)].country", "is no country code of ISO 3166-1")
            }
            if zone.postcodePrefixes.count > ReviewRules.prefixBound {
                validation.refuse(
                    "\(field)[\(index)].postcode_prefixes",
                    "must have at most \(ReviewRules.prefixBound) entries, has \(zone.postcodePrefixes.count)")
            }
            let prefixes = zone.postcodePrefixes.prefix(ReviewRules.prefixBound).map { ReviewRules.Zone.compact($0) }
            for (place, prefix) in prefixes.enumerated()
            where !(1...16).contains(prefix.utf8.count) || !prefix.utf8.allSatisfy(isLetterOrDigit) {
                validation.refuse(
                    "\(field)[\(index)].postcode_prefixes[\(place)]", "must be 1 to 16 letters and digits")
            }
            return ReviewRules.Zone(country: zone.country, postcodePrefixes: Array(prefixes))
        }
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}

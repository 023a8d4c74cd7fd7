import Domain
import HoldfastAPI
import SwiftProtobuf

extension Holdfast_V1_HoldReason {
    /// The numbers are the same.
    init(_ reason: HoldReason) {
        self = Holdfast_V1_HoldReason(rawValue: Int(reason.rawValue)) ?? .unspecified
    }
}

extension HoldReason {
    /// The reason of the contract's number; nil where that is none.
    init?(_ reason: Holdfast_V1_HoldReason) {
        guard let number = Int16(exactly: reason.rawValue), let known = HoldReason(rawValue: number) else { return nil }
        self = known
    }
}

extension Holdfast_V1_OrderHold {
    init(_ hold: OrderHold) {
        self.init()
        reason = Holdfast_V1_HoldReason(hold.reason)
        detail = hold.detail
        if let stamp = Google_Protobuf_Timestamp(hold.placedAt) { placedAt = stamp }
        if let lifted = hold.liftedAt, let stamp = Google_Protobuf_Timestamp(lifted) { liftedAt = stamp }
        liftedBy = hold.liftedBy
    }
}

extension Holdfast_V1_OrderReview {
    init(_ review: OrderReview) {
        self.init()
        state = Holdfast_V1_ReviewState(rawValue: Int(review.state.rawValue)) ?? .unspecified
        if let due = review.releaseDue, let stamp = Google_Protobuf_Timestamp(due) { releaseDue = stamp }
    }
}

extension Holdfast_V1_ReviewRules {
    init(_ rules: ReviewRules, _ currency: Currency) {
        self.init()
        remorseSeconds = rules.remorseSeconds
        stock = rules.stock
        backordered = rules.backordered
        zeroPrice = rules.zeroPrice
        if let tolerance = rules.priceTolerancePercent { priceTolerancePercent = tolerance }
        address = rules.address
        zones = rules.zones.map { zone in
            .with {
                $0.country = zone.country
                $0.postcodePrefixes = zone.postcodePrefixes
            }
        }
        payment = rules.payment
        if let amount = rules.maximumAmountMinor { maximumAmount = Holdfast_V1_Money(amount, currency) }
        if let units = rules.maximumUnits { maximumUnits = units }
        if let fraud = rules.fraud {
            fraudCheck = .with {
                $0.timeLimitMs = fraud.timeLimitMilliseconds
                $0.passWhenUnavailable = !fraud.holdsWhenUnavailable
            }
        }
    }
}

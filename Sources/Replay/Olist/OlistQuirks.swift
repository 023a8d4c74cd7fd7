/// What is odd in books of the Olist layout, counted; none of it stops a replay.
public struct OlistQuirks: Hashable, Sendable {
    /// Orders without an item, which cannot be replayed, by status.
    public private(set) var withoutItems: [OlistOrder.Status: Int] = [:]
    /// Orders without a payment.
    public private(set) var withoutPayment = 0
    /// Orders with more than one payment.
    public private(set) var severalPayments = 0
    /// Orders whose payments are more than price and freight.
    public private(set) var overpaid = 0
    /// What is paid beyond it, in hundredths.
    public private(set) var overpaidAmount: Int64 = 0
    /// Orders whose payments are less than price and freight.
    public private(set) var underpaid = 0
    /// What is missing, in hundredths.
    public private(set) var underpaidAmount: Int64 = 0
    /// Orders among those that differ by exactly a hundredth.
    public private(set) var differByOne = 0
    /// Payments of 0.
    public private(set) var emptyPayments = 0
    /// Orders with items of more than one seller.
    public private(set) var severalSellers = 0
    /// Orders that were handed over before the payment was approved.
    public private(set) var handedOverBeforeApproval = 0
    /// Orders that were delivered before they were handed over.
    public private(set) var deliveredBeforeHandOver = 0
    /// Delivered orders without a time of delivery.
    public private(set) var deliveredWithoutTime = 0
    /// Sent orders without a time of hand-over.
    public private(set) var sentWithoutTime = 0
    /// Cancelled orders that have a time of delivery: they are delivered, and come back.
    public private(set) var cancelledAfterDelivery = 0
    /// Cancelled orders that were handed over and not delivered: they are cancelled before they leave, for the files do not
    /// tell when.
    public private(set) var cancelledUnderWay = 0
    /// Orders whose customer's postcode has no point.
    public private(set) var customersWithoutPoint = 0
    /// Sellers whose postcode has no point.
    public private(set) var sellersWithoutPoint = 0
    /// Articles without a category.
    public private(set) var productsWithoutCategory = 0
    /// Articles without a weight or a length.
    public private(set) var productsWithoutSize = 0

    /// Counts what is odd in books.
    public init(_ books: OlistBooks) {
        for order in books.orders { count(order, books) }
        sellersWithoutPoint = books.sellers.values.count { books.points[$0.postcode] == nil }
        productsWithoutCategory = books.products.values.count { $0.category.isEmpty }
        productsWithoutSize = books.products.values.count {
            $0.grams == 0 || $0.length == 0 || $0.height == 0 || $0.width == 0
        }
    }

    private mutating func count(_ order: OlistOrder, _ books: OlistBooks) {
        if order.payments.isEmpty { withoutPayment += 1 }
        if order.payments.count > 1 { severalPayments += 1 }
        emptyPayments += order.payments.count { $0.value == 0 }
        if books.points[order.customer.postcode] == nil { customersWithoutPoint += 1 }
        if let handedOver = order.handedOverAt {
            if let approved = order.approvedAt, handedOver < approved { handedOverBeforeApproval += 1 }
            if let delivered = order.deliveredAt, delivered < handedOver { deliveredBeforeHandOver += 1 }
        }
        switch order.status {
        case .delivered:
            if order.deliveredAt == nil { deliveredWithoutTime += 1 }
            if order.handedOverAt == nil { sentWithoutTime += 1 }
        case .shipped: if order.handedOverAt == nil { sentWithoutTime += 1 }
        case .canceled, .unavailable:
            if order.deliveredAt != nil {
                cancelledAfterDelivery += 1
            } else if order.handedOverAt != nil {
                cancelledUnderWay += 1
            }
        default: break
        }
        guard !order.items.isEmpty else {
            withoutItems[order.status, default: 0] += 1
            return
        }
        if Set(order.items.map(\.seller)).count > 1 { severalSellers += 1 }
        let difference = order.paid - order.cost
        if abs(difference) == 1 { differByOne += 1 }
        if difference > 0 {
            overpaid += 1
            overpaidAmount += difference
        } else if difference < 0 {
            underpaid += 1
            underpaidAmount -= difference
        }
    }

    /// The counts by name, in a fixed order.
    public var counts: [(name: String, count: Int)] {
        [
            ("orders_without_items", withoutItems.values.reduce(0, +)),
            ("orders_without_payment", withoutPayment),
            ("orders_with_several_payments", severalPayments),
            ("orders_paid_more_than_price_and_freight", overpaid),
            ("orders_paid_less_than_price_and_freight", underpaid),
            ("orders_that_differ_by_a_hundredth", differByOne),
            ("payments_of_0", emptyPayments),
            ("orders_of_several_sellers", severalSellers),
            ("orders_handed_over_before_approval", handedOverBeforeApproval),
            ("orders_delivered_before_hand_over", deliveredBeforeHandOver),
            ("delivered_without_time_of_delivery", deliveredWithoutTime),
            ("sent_without_time_of_hand_over", sentWithoutTime),
            ("cancelled_after_delivery", cancelledAfterDelivery),
            ("cancelled_under_way", cancelledUnderWay),
            ("customers_without_point", customersWithoutPoint),
            ("sellers_without_point", sellersWithoutPoint),
            ("articles_without_category", productsWithoutCategory),
            ("articles_without_size", productsWithoutSize),
        ]
    }
}

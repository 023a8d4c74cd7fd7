/// An order of the Olist layout, with everything that the files say of it.
public struct OlistOrder: Hashable, Sendable {
    /// Where it stands.
    public enum Status: String, CaseIterable, Hashable, Sendable {
        /// Bought, the payment not approved.
        case created
        /// Paid.
        case approved
        /// The seller has written an invoice.
        case invoiced
        /// The seller packs it.
        case processing
        /// With the carrier.
        case shipped
        /// With the customer.
        case delivered
        /// Cancelled.
        case canceled
        /// Cancelled because it could not be had.
        case unavailable
    }

    /// A unit of an article.
    public struct Item: Hashable, Sendable {
        /// Its number in the order, as written.
        public let number: Int
        /// The article.
        public let product: String
        /// Who sells it.
        public let seller: String
        /// Its price in hundredths.
        public let price: Int64
        /// What its carriage costs, in hundredths.
        public let freight: Int64
    }

    /// A payment.
    public struct Payment: Hashable, Sendable {
        /// How it was paid.
        public enum Kind: String, CaseIterable, Hashable, Sendable {
            /// A credit card.
            case creditCard = "credit_card"
            /// A debit card.
            case debitCard = "debit_card"
            /// A slip that is paid at a bank.
            case boleto
            /// A voucher.
            case voucher
            /// Anything else.
            case other
        }

        /// Its number in the order, as written.
        public let number: Int
        /// How it was paid.
        public let kind: Kind
        /// How much, in hundredths; may be 0.
        public let value: Int64
    }

    /// Who bought.
    public struct Customer: Hashable, Sendable {
        /// The person, the same in every order.
        public let person: String
        /// First digits of the postcode.
        public let postcode: String
        /// Town.
        public let city: String
        /// State.
        public let state: String
    }

    /// Its id.
    public let id: String
    /// Where it stands.
    public let status: Status
    /// Who bought.
    public let customer: Customer
    /// When it was bought.
    public let purchasedAt: WallClock
    /// When the payment was approved.
    public let approvedAt: WallClock?
    /// When the carrier got it.
    public let handedOverAt: WallClock?
    /// When the customer got it.
    public let deliveredAt: WallClock?
    /// The day for which delivery was promised.
    public let estimatedAt: WallClock?
    /// Its units by number.
    public internal(set) var items: [Item] = []
    /// Its payments by number.
    public internal(set) var payments: [Payment] = []

    /// Prices of all units and their carriage, in hundredths.
    public var cost: Int64 { items.reduce(0) { $0 + $1.price + $1.freight } }
    /// All payments, in hundredths.
    public var paid: Int64 { payments.reduce(0) { $0 + $1.value } }
    /// True where it arrived after the day that was promised.
    public var isLate: Bool {
        guard let deliveredAt, let estimatedAt else { return false }
        return deliveredAt.dayNumber > estimatedAt.dayNumber
    }
    /// True for an order that is not to be sent.
    public var isCancelled: Bool { status == .canceled || status == .unavailable }
}

/// A seller of the Olist layout.
public struct OlistSeller: Hashable, Sendable {
    /// Its id.
    public let id: String
    /// First digits of the postcode.
    public let postcode: String
    /// Town.
    public let city: String
    /// State.
    public let state: String
}

/// An article of the Olist layout; figures are 0 where not known.
public struct OlistProduct: Hashable, Sendable {
    /// Its id.
    public let id: String
    /// Its category; empty where not known.
    public let category: String
    /// Weight in grams.
    public let grams: Int64
    /// Length in millimetres.
    public let length: Int64
    /// Height in millimetres.
    public let height: Int64
    /// Width in millimetres.
    public let width: Int64
}

/// A point on the Earth in millionths of a degree.
public struct OlistPoint: Hashable, Sendable {
    /// Degrees north in millionths.
    public let latitude: Int64
    /// Degrees east in millionths.
    public let longitude: Int64
}

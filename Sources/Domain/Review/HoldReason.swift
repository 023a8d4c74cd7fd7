/// Why an order is held: not released until the reason is gone or somebody approves it.
///
/// Raw values are stored; their words are the contract's.
public enum HoldReason: Int16, LifecycleWord {
    /// Somebody holds it.
    case manual = 1
    /// A location has fewer units than it has promised to orders, among them this one.
    case stockShort = 2
    /// Units wait for supply.
    case backordered = 3
    /// A line costs nothing.
    case priceZero = 4
    /// A price is further from the channel's own price of the article than it allows.
    case priceDiffers = 5
    /// Goods are to be sent, and nobody said where to.
    case addressMissing = 6
    /// The address lacks something that mail needs.
    case addressIncomplete = 7
    /// The address's country is none that ISO 3166 knows.
    case addressCountryUnknown = 8
    /// The channel does not deliver to that country or postal code.
    case addressNotServed = 9
    /// The tenders do not cover what the order costs.
    case paymentMissing = 10
    /// The order is worth more than the channel lets pass unseen.
    case amountTooHigh = 11
    /// The order has more units of one article than the channel lets pass unseen.
    case quantityTooHigh = 12
    /// The fraud check wants a person to look.
    case fraudSuspected = 13
    /// The fraud check advises against it.
    case fraudRejected = 14
    /// The fraud check did not answer in time, or not understandably. It is asked again.
    case fraudCheckUnavailable = 15
    /// What a card held has lapsed, and the card was not approved anew.
    case paymentLapsed = 16

    /// The reason that has this word; nil for a word that is none.
    public init?(word: String) {
        guard let reason = HoldReason.byWord[word] else { return nil }
        self = reason
    }

    /// Whether the rules find it, and see when it is gone; the others are lifted by whoever placed them, or approved.
    public var isFoundByRules: Bool { self != .manual && self != .paymentLapsed }

    private static let byWord = Dictionary(uniqueKeysWithValues: allCases.map { ($0.word, $0) })

    /// Whether it may pass without anybody doing something about the order: such holds are looked at again.
    public var mayPass: Bool {
        switch self {
        case .stockShort, .backordered, .paymentMissing, .fraudCheckUnavailable: true
        default: false
        }
    }
}

/// One reason that a review has found, with what it is about.
public struct ReviewFinding: Hashable, Sendable {
    /// The reason.
    public var reason: HoldReason
    /// What it is about, in words for people; at most ``detailBound`` bytes.
    public var detail: String

    /// Most bytes of a detail.
    public static let detailBound = 1_000

    /// Makes a finding; a longer detail is cut at a character.
    public init(_ reason: HoldReason, _ detail: String) {
        self.reason = reason
        guard detail.utf8.count > ReviewFinding.detailBound else {
            self.detail = detail
            return
        }
        var cut = detail
        while cut.utf8.count > ReviewFinding.detailBound - 3 { cut.removeLast() }
        self.detail = cut + "…"
    }
}

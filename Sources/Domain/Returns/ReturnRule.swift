/// On what terms goods may come back; granted with a return and then its own for good.
public struct ReturnTerms: Hashable, Sendable {
    /// Most days of a window: a hundred years.
    public static let windowBound: Int32 = 36_500
    /// Most days that goods may take.
    public static let arrivalBound: Int32 = 365
    /// The whole, in basis points.
    public static let whole: Int32 = 10_000

    /// Whole days after the day of delivery on which a return may still be made; 0 is that day only.
    public var windowDays: Int32
    /// Days after the grant until which goods must be here, 1 to 365; then the return expires.
    public var arrivalDays: Int32
    /// Conditions of goods that are taken back; empty is any.
    public var conditions: Set<ReturnCondition>
    /// Fee of a return, once, in minor units of its currency; never more than what is refunded.
    public var feeMinor: Int64
    /// Fee in basis points of what is refunded.
    public var feeBasisPoints: Int32
    /// What is refunded of a unit's value by what becomes of it, in basis points; all of it where none is named.
    public var shares: [Disposition: Int32]
    /// Who pays the carrier.
    public var labelPayer: LabelPayer
    /// Money may be given back before the goods were inspected.
    public var refundAhead: Bool
    /// What the customer gets.
    public var refundWay: RefundWay
    /// Somebody must approve the return first.
    public var needsApproval: Bool

    /// Makes terms; without more, 30 days, no fee, everything back to the tenders.
    public init(
        windowDays: Int32 = 30, arrivalDays: Int32 = 30, conditions: Set<ReturnCondition> = [], feeMinor: Int64 = 0,
        feeBasisPoints: Int32 = 0, shares: [Disposition: Int32] = [:], labelPayer: LabelPayer = .customer,
        refundAhead: Bool = false, refundWay: RefundWay = .original, needsApproval: Bool = false
    ) {
        self.windowDays = windowDays
        self.arrivalDays = arrivalDays
        self.conditions = conditions
        self.feeMinor = feeMinor
        self.feeBasisPoints = feeBasisPoints
        self.shares = shares
        self.labelPayer = labelPayer
        self.refundAhead = refundAhead
        self.refundWay = refundWay
        self.needsApproval = needsApproval
    }

    /// What becomes of goods for which most is refunded.
    public var best: Disposition { Disposition.allCases.max { share(of: $0) < share(of: $1) } ?? .restock }

    /// What is refunded of a unit's value, in basis points.
    public func share(of disposition: Disposition) -> Int32 { shares[disposition] ?? ReturnTerms.whole }
}

/// One rule about returns: whom it is for, and what it says.
public struct ReturnRule: Hashable, Sendable {
    /// Its name within its version; returns tell by it why they were granted or refused.
    public var name: String
    /// Only orders of these channels, by code; empty is all.
    public var channels: Set<String>
    /// Only these articles: a sku, or its beginning with a `*` behind it; empty is all.
    public var articles: [String]
    /// Only for these reasons; empty is all.
    public var reasons: Set<ReturnReason>
    /// Only on these ways; empty is all.
    public var methods: Set<ReturnMethod>
    /// For goods of which no order is known, and only for those.
    public var withoutOrder: Bool
    /// The currency of a fixed fee: the rule is for orders in it only.
    ///
    /// Nil where there is no such fee.
    public var feeCurrency: Currency?
    /// Nil where such goods are not taken back.
    public var terms: ReturnTerms?

    /// Makes a rule.
    public init(
        name: String, channels: Set<String> = [], articles: [String] = [], reasons: Set<ReturnReason> = [],
        methods: Set<ReturnMethod> = [], withoutOrder: Bool = false, feeCurrency: Currency? = nil, terms: ReturnTerms?
    ) {
        self.name = name
        self.channels = channels
        self.articles = articles
        self.reasons = reasons
        self.methods = methods
        self.withoutOrder = withoutOrder
        self.feeCurrency = feeCurrency
        self.terms = terms
    }

    /// Whether it is for these goods.
    public func applies(to question: ReturnQuestion) -> Bool {
        withoutOrder == (question.delivery == nil)
            && (channels.isEmpty || channels.contains(question.channel))
            && (reasons.isEmpty || reasons.contains(question.reason))
            && (methods.isEmpty || methods.contains(question.method))
            && (feeCurrency == nil || feeCurrency == question.currency)
            && (articles.isEmpty || articles.contains { ReturnRule.matches(question.sku, $0) })
    }

    private static func matches(_ sku: String, _ pattern: String) -> Bool {
        pattern.hasSuffix("*") ? sku.utf8.starts(with: pattern.utf8.dropLast()) : sku == pattern
    }
}

/// Goods that somebody wants to give back.
public struct ReturnQuestion: Hashable, Sendable {
    /// The days that a window is counted from and to, in the zone of the rules, as days since 1970-01-01.
    public struct Delivery: Hashable, Sendable {
        /// The day on which the customer had the goods.
        public var day: Int64
        /// The day of the question.
        public var today: Int64

        /// Makes the days.
        public init(day: Int64, today: Int64) {
            self.day = day
            self.today = today
        }
    }

    /// The order's channel, or where there is none that of the till.
    public var channel: String
    /// The article.
    public var sku: String
    /// The currency of their price.
    public var currency: Currency
    /// Why.
    public var reason: ReturnReason
    /// As the customer says.
    public var condition: ReturnCondition
    /// On which way.
    public var method: ReturnMethod
    /// When they were delivered; nil where no order is known.
    public var delivery: Delivery?

    /// Makes a question.
    public init(
        channel: String, sku: String, currency: Currency, reason: ReturnReason, condition: ReturnCondition,
        method: ReturnMethod, delivery: Delivery?
    ) {
        self.channel = channel
        self.sku = sku
        self.currency = currency
        self.reason = reason
        self.condition = condition
        self.method = method
        self.delivery = delivery
    }
}

/// Why goods are not taken back.
public enum ReturnRefusal: Error, Hashable, Sendable {
    /// No rule is for such goods.
    case noRule
    /// A rule says that such goods are not taken back.
    case excluded(rule: String)
    /// The window closed with the end of this day.
    case windowOver(rule: String, lastDay: Int64)
    /// The rule takes goods back in these conditions only.
    case condition(rule: String, accepted: [ReturnCondition])

    /// Its name, for programs.
    public var code: String {
        switch self {
        case .noRule: "NO_RULE"
        case .excluded: "EXCLUDED"
        case .windowOver: "WINDOW_OVER"
        case .condition: "CONDITION"
        }
    }

    /// What it means, for people.
    public var explanation: String {
        switch self {
        case .noRule: return "no rule is for such goods"
        case .excluded(let rule): return "the rule \(rule) does not take such goods back"
        case .windowOver(let rule, let lastDay):
            let (year, month, day) = Gregorian.date(ofDay: lastDay)
            func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
            return "the rule \(rule) took them back until \(year)-\(two(month))-\(two(day))"
        case .condition(let rule, let accepted):
            return "the rule \(rule) takes goods back that are \(accepted.map(\.word).joined(separator: " or "))"
        }
    }
}

/// One version of the rules about returns.
///
/// Versions do not change: a return keeps the one that it was granted under.
public struct ReturnRules: Hashable, Sendable {
    /// Most rules of a version.
    public static let bound = 200

    /// Its number, from 1.
    public var version: Int32
    /// The IANA name of the zone in which days begin; empty is UTC.
    public var timeZone: String
    /// What is put behind the sku of goods of second grade; empty keeps them under their sku, in cells that are not sold.
    public var secondGradeSuffix: String
    /// The rules; the first that is for the goods decides.
    public var rules: [ReturnRule]

    /// Makes a version.
    public init(version: Int32, timeZone: String, secondGradeSuffix: String, rules: [ReturnRule]) {
        self.version = version
        self.timeZone = timeZone
        self.secondGradeSuffix = secondGradeSuffix
        self.rules = rules
    }

    /// What the rules say of goods.
    ///
    /// - Returns: the rule that is for them, and its terms.
    /// - Throws: ``ReturnRefusal`` where they are not taken back.
    public func terms(for question: ReturnQuestion) throws(ReturnRefusal) -> (rule: String, terms: ReturnTerms) {
        guard let rule = rules.first(where: { $0.applies(to: question) }) else { throw .noRule }
        guard let terms = rule.terms else { throw .excluded(rule: rule.name) }
        if let delivery = question.delivery {
            let lastDay = delivery.day + Int64(terms.windowDays)
            guard delivery.today <= lastDay else { throw .windowOver(rule: rule.name, lastDay: lastDay) }
        }
        guard terms.conditions.isEmpty || terms.conditions.contains(question.condition) else {
            throw .condition(
                rule: rule.name, accepted: ReturnCondition.allCases.filter { terms.conditions.contains($0) })
        }
        return (rule.name, terms)
    }
}

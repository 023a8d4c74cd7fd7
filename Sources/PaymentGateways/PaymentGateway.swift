public import Domain

/// A service that moves money on cards: it holds, takes, lets go and gives back amounts, each under a key at most once.
///
/// Whatever does not say clearly what became of a request is ``GatewayOutcome/unknown(_:)``. The same request may then be
/// sent again under the same key, as often as it takes: a gateway does it once and tells the same of it each time.
public protocol PaymentGateway: Sendable {
    /// Asks for something to be done.
    ///
    /// - Parameter request: what, and under which key.
    /// - Returns: what became of it. Where the calling task is cancelled, that it is not known.
    func perform(_ request: GatewayRequest) async -> GatewayOutcome

    /// Asks what became of a request, without doing it.
    ///
    /// - Parameter request: as it was sent, or was to be sent.
    /// - Returns: what became of it.
    func lookUp(_ request: GatewayRequest) async -> GatewayFinding
}

/// What a gateway is asked to do.
public struct GatewayRequest: Hashable, Sendable {
    /// The key: the id of the attempt.
    public var key: EntityID
    /// What is to be done.
    public var action: PaymentAction
    /// Minor units, at least 1; of a ``PaymentAction/void``, what is let go.
    public var amount: Int64
    /// The currency.
    public var currency: Currency
    /// True for a capture after which nothing more is taken of the hold: the rest of it is let go.
    public var isFinal: Bool
    /// What the gateway knows the card by; empty where ``reference`` names what is acted upon.
    public var token: String
    /// What the gateway calls the hold or the taken amount that is acted upon; empty where nothing was done before.
    public var reference: String
    /// The order, for the gateway's own records.
    public var order: EntityID
    /// When it was written down: what is held under it cannot lapse before.
    public var madeAt: Instant

    /// Makes a request.
    public init(
        key: EntityID, action: PaymentAction, amount: Int64, currency: Currency, isFinal: Bool = false,
        token: String = "", reference: String = "", order: EntityID, madeAt: Instant
    ) {
        self.key = key
        self.action = action
        self.amount = amount
        self.currency = currency
        self.isFinal = isFinal
        self.token = token
        self.reference = reference
        self.order = order
        self.madeAt = madeAt
    }
}

/// What became of a request.
public enum GatewayOutcome: Hashable, Sendable {
    /// It was done; the gateway calls it so. A hold lapses at a time, where the gateway says one.
    case approved(reference: String, expiresAt: Instant? = nil)
    /// It was not done and will not be.
    case declined(reason: String)
    /// It may have been done.
    case unknown(UnknownOutcome)
}

/// What a gateway says of a key.
public enum GatewayFinding: Hashable, Sendable {
    /// What became of the request.
    case ended(GatewayOutcome)
    /// The gateway has never seen the key. A request that is still on its way may come yet, so this is no reason to think
    /// that it will not be done.
    case neverSeen
}

/// Why it is not known what became of a request.
public enum UnknownOutcome: Error, Hashable, Sendable, CustomStringConvertible {
    /// No answer within the time limit.
    case timedOut
    /// The connection failed, before or after the request was sent.
    case connection(String)
    /// The answer has a status that says nothing of the outcome.
    case status(UInt)
    /// The answer cannot be read.
    case unreadable(String)
    /// The answer speaks of something else than what was asked: somebody must look at it.
    case mismatch(String)

    /// Whether people must look at it, because gateway and request contradict each other.
    public var isAlarming: Bool {
        if case .mismatch = self { true } else { false }
    }

    /// In words, without anything secret.
    public var description: String {
        switch self {
        case .timedOut: "no answer within the time limit"
        case .connection(let what): "the connection failed: \(what)"
        case .status(let status): "the gateway answered with status \(status)"
        case .unreadable(let what): "the answer cannot be read: \(what)"
        case .mismatch(let what): "the answer contradicts the request: \(what)"
        }
    }
}

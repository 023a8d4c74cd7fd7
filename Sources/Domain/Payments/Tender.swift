/// One of the things that an order is paid with.
public struct Tender: Hashable, Sendable {
    /// The caller's id.
    public var id: EntityID
    /// Position among the order's tenders, from 1.
    public var number: Int16
    /// What it is.
    public var kind: TenderKind
    /// What it is to pay, in minor units of the order's currency.
    public var amount: Int64
    /// Where it stands.
    public var state: PaymentState
    /// Its turn to be charged: lower ones first, then by number.
    public var chargeSequence: Int32
    /// Its turn to be refunded: lower ones first, then the last number first.
    public var refundSequence: Int32
    /// The gateway that is asked; empty where none is.
    public var gateway: String
    /// What the gateway knows the card by; empty where there is none.
    ///
    /// It is never told to callers.
    public var token: String
    /// What people know it by: the last digits of a card, a terminal's receipt number.
    public var label: String
    /// The account of stored value; nil where there is none.
    ///
    /// An exchange's gets what is given back of it.
    public var account: EntityID?
    /// The number of the tender whose lapsed hold it holds anew; nil for every other.
    public var renews: Int16?
    /// What is held, taken and given back.
    public var sums: TenderSums

    /// Makes a tender.
    public init(
        id: EntityID, number: Int16, kind: TenderKind, amount: Int64, state: PaymentState = .pending,
        chargeSequence: Int32 = 0, refundSequence: Int32 = 0, gateway: String = "", token: String = "",
        label: String = "", account: EntityID? = nil, renews: Int16? = nil, sums: TenderSums = TenderSums()
    ) {
        self.id = id
        self.number = number
        self.kind = kind
        self.amount = amount
        self.state = state
        self.chargeSequence = chargeSequence
        self.refundSequence = refundSequence
        self.gateway = gateway
        self.token = token
        self.label = label
        self.account = account
        self.renews = renews
        self.sums = sums
    }

    /// Whether what is due back after a cancellation is given back to it without being asked for.
    ///
    /// What an exchange brought is credited to the order's customer; where the order names none, somebody must say how.
    public var isGivenBackUnasked: Bool { kind != .exchange || account != nil }

    /// The event of the table of tenders that an approved attempt is.
    ///
    /// Which of two it is follows from the amounts: the last part is another event than a part.
    ///
    /// - Parameters:
    ///   - attempt: what was approved.
    ///   - sums: the tender's sums with the attempt approved.
    /// - Returns: the event.
    public func event(approving attempt: PaymentAttempt, sums: TenderSums) -> PaymentEvent {
        switch attempt.action {
        case .authorize:
            switch state {
            case .pending: .authorize
            case .authorized, .partlyCaptured: .authorizeMore
            case .captured, .refunded, .voided, .declined, .expired: .authorizeLate
            }
        case .charge: state == .pending ? .charge : .chargeLate
        case .capture: sums.held > 0 ? .capturePart : .captureRest
        case .void: sums.held > 0 ? .voidPart : .void
        case .expire: .expire
        // What is still held may be taken yet, so that is not the last of it.
        case .refund: sums.kept > 0 || state != .captured ? .refundPart : .refundRest
        }
    }
}

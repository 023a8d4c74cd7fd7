/// Who holds stock.
///
/// Part of a hold's key in both stores, so that equal ids of different things never meet.
public enum HoldKind: Int16, Sendable {
    /// A reservation.
    case reservation = 1
    /// An order that takes stock without a reservation, or beyond it.
    case order = 2
    /// A movement that lowers what can be promised.
    case movement = 3

    /// The letter that stands before the id in Redis.
    public var letter: Character {
        switch self {
        case .reservation: "r"
        case .order: "o"
        case .movement: "m"
        }
    }
}

/// Names one hold.
public struct HoldKey: Hashable, Sendable, Comparable {
    /// Who holds.
    public var kind: HoldKind
    /// The id.
    public var id: EntityID

    /// Makes a key.
    public init(_ kind: HoldKind, _ id: EntityID) {
        self.kind = kind
        self.id = id
    }

    /// Orders by id, then kind: the order in which holds are locked.
    public static func < (left: HoldKey, right: HoldKey) -> Bool {
        (left.id, left.kind.rawValue) < (right.id, right.kind.rawValue)
    }
}

/// Where a hold stands.
///
/// `held` is the only state that can change.
public enum HoldState: Int16, Sendable {
    /// Holds its units until it expires.
    case held = 1
    /// Became an order or a movement. Final.
    case confirmed = 2
    /// Given back by its owner. Final.
    case released = 3
    /// Given back at its expiry. Final.
    case expired = 4
    /// A tombstone: the attempt was abandoned before it took effect. Final.
    case voided = 5
}

/// The call of a vshard's admission that a hold came from: the witness of its place in the order of admissions.
public struct AdmissionStamp: Hashable, Sendable {
    /// The vshard.
    public var vshard: VShard
    /// Its epoch.
    public var epoch: Int64
    /// Number of the call within the epoch, from 1.
    public var sequence: Int64

    /// Makes a stamp.
    public init(vshard: VShard, epoch: Int64, sequence: Int64) {
        self.vshard = vshard
        self.epoch = epoch
        self.sequence = sequence
    }
}

/// A reservation as PostgreSQL holds it.
public struct Reservation: Hashable, Sendable {
    /// One line with the locations that serve it.
    public struct Line: Hashable, Sendable {
        /// The article.
        public var sku: String
        /// Units.
        public var quantity: Int64
        /// Locations that serve it.
        public var allocations: [Allocation]

        /// Makes a line.
        public init(sku: String, quantity: Int64, allocations: [Allocation]) {
            self.sku = sku
            self.quantity = quantity
            self.allocations = allocations
        }
    }

    /// The caller's id.
    public var id: EntityID
    /// The channel that reserved.
    public var channel: String
    /// Where it stands.
    public var state: HoldState
    /// The lines, in request order.
    public var lines: [Line]
    /// When it was made.
    public var createdAt: Instant
    /// When it expires or would have expired.
    public var expiresAt: Instant
    /// The order that took it.
    public var order: EntityID?

    /// Makes a reservation.
    public init(
        id: EntityID, channel: String, state: HoldState, lines: [Line], createdAt: Instant, expiresAt: Instant,
        order: EntityID?
    ) {
        self.id = id
        self.channel = channel
        self.state = state
        self.lines = lines
        self.createdAt = createdAt
        self.expiresAt = expiresAt
        self.order = order
    }
}

/// A request to hold stock, validated.
public struct ReservationRequest: Sendable {
    /// The caller's id.
    public var id: EntityID
    /// The channel that reserves.
    public var channel: String
    /// What to hold, 1 to 1,000 lines.
    public var demands: [Demand]
    /// How long, in milliseconds, 1,000 to 30 days.
    public var ttlMilliseconds: Int64
    /// The request in its canonical encoding: what a repeated call is compared with.
    public var body: [UInt8]
    /// Who asks.
    public var caller: Caller

    /// Makes a request.
    public init(
        id: EntityID, channel: String, demands: [Demand], ttlMilliseconds: Int64, body: [UInt8], caller: Caller
    ) {
        self.id = id
        self.channel = channel
        self.demands = demands
        self.ttlMilliseconds = ttlMilliseconds
        self.body = body
        self.caller = caller
    }
}

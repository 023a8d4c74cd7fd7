public import Domain

/// An order to capture: its stock is taken in Redis or held by its reservation, not yet true.
public struct CaptureEntry: Sendable {
    /// The request.
    public var request: OrderRequest
    /// The id under which units are taken for this order itself: the order's own, until an attempt under it was buried.
    public var attempt: EntityID
    /// The channel's number.
    public var channel: Int32
    /// The product number of each line.
    public var products: [Int32]
    /// Units that come from the reservation, by line and cell.
    public var fromReservation: [CellTake]
    /// Every unit that the reservation holds: those that the order leaves are freed.
    public var reservedTakes: [CellTake]
    /// Vshards of the reservation.
    public var reservedVShards: [VShard]
    /// Units taken for this order itself, by line and cell.
    public var direct: [CellTake]
    /// Lines that the transaction itself decides.
    public var undecided: [UndecidedPart]
    /// The calls that admitted `direct`, one per vshard.
    public var stamps: [AdmissionStamp]
    /// What Redis had left of a cell after a forced take, where that was negative.
    public var strained: Set<CellID>
    /// Units that wait for supply: the lines take that much less.
    public var waiting: [WaitingUnits]
    /// Where units of each line may be served from if they wait, for lines that may; nil is anywhere.
    public var waitingLocations: [Int: [Int32]?]
    /// How often there was supply of each article when it was decided what waits; nil where nothing may wait yet.
    public var supply: [Int32: Int64]?

    /// Makes an entry without stock.
    public init(request: OrderRequest, channel: Int32, products: [Int32]) {
        self.request = request
        attempt = request.id
        self.channel = channel
        self.products = products
        fromReservation = []
        reservedTakes = []
        reservedVShards = []
        direct = []
        undecided = []
        stamps = []
        strained = []
        waiting = []
        waitingLocations = [:]
    }

    /// How the units of its lines come into being.
    var entering: LineTransition { Lifecycle.capture(goodsInHand: request.goodsInHand) }

    /// Every cell that the reservation holds.
    var reservedCells: Set<CellID> { Set(reservedTakes.map(\.cell)) }

    /// True where the order takes units of its own.
    var takesAnew: Bool { !direct.isEmpty || !undecided.isEmpty }

    /// Lets more units of a line wait.
    mutating func letWait(_ units: Int64, line: Int, locations: [Int32]?, single: Bool) {
        if let place = waiting.firstIndex(where: { $0.line == line }) {
            waiting[place].quantity += units
        } else {
            waiting.append(WaitingUnits(line: line, quantity: units, locations: locations, single: single))
        }
    }

    /// Articles whose units may wait: their books are locked.
    var waitingProducts: Set<Int32> {
        guard let supply else { return [] }
        return Set(supply.keys).union(waiting.map { products[$0.line] })
    }
}

/// What became of a capture.
public enum CaptureVerdict: Sendable {
    /// Captured by this call.
    case captured(CapturedOrder)
    /// The order id stands with the same body: what was captured then.
    case stands(CapturedOrder)
    /// Refused; nothing of it was written.
    case refused(Refusal)
    /// The reservation is no longer held: plan again.
    case reservationClosed(HoldState)
    /// An epoch has risen since the take: take again.
    case fenced
    /// The attempt under which units were taken was given up for dead, and they were freed: take under another one.
    case buried
    /// Another entry of the batch has the same id or number: try again after it.
    case repeated
    /// Stock that PostgreSQL decides does not suffice, and the lines that lack it are allowed to wait: look whether they
    /// may, and ask again.
    case mayWait([LineAvailable])
    /// There was supply of an article since it was decided what waits: ask for stock again.
    case supplied
}

/// Verdicts of a batch and what Redis must be told.
public struct CaptureResult: Sendable {
    /// One verdict per entry.
    public var verdicts: [CaptureVerdict]
    /// Holds and bases to settle after the commit.
    public var settlement: Settlement
}

/// What stands already for an order's id and number.
public struct StandingOrder: Sendable {
    /// The order's id.
    public var id: EntityID
    /// The channel's number.
    public var channel: Int32
    /// The channel's own number of the order.
    public var externalID: String
    /// The request in its canonical encoding.
    public var body: [UInt8]
}

/// The terms of one availability figure; they add up to it.
public struct AvailabilityTerms: Hashable, Sendable {
    /// The location.
    public var location: String
    /// Units physically there.
    public var onHand: Int64
    /// Units kept back from every promise.
    public var safety: Int64
    /// Units that open orders have taken.
    public var allocated: Int64
    /// Units that live reservations hold, by channel code.
    public var heldByChannel: [(channel: String, held: Int64)]
    /// What Redis would admit, before it is lifted to 0.
    public var admissible: Int64

    /// Makes terms.
    public init(
        location: String, onHand: Int64, safety: Int64, allocated: Int64,
        heldByChannel: [(channel: String, held: Int64)], admissible: Int64
    ) {
        self.location = location
        self.onHand = onHand
        self.safety = safety
        self.allocated = allocated
        self.heldByChannel = heldByChannel
        self.admissible = admissible
    }

    /// Units that live reservations hold.
    public var held: Int64 { heldByChannel.reduce(0) { $0 + $1.held } }
    /// Units that one store has decided about and the other has not heard of yet.
    public var inFlight: Int64 { onHand - safety - allocated - held - admissible }
    /// What lifts a negative figure to 0.
    public var shortfall: Int64 { max(0, -admissible) }
    /// Units available to promise: on hand − safety − allocated − held − in flight + shortfall.
    public var available: Int64 { max(0, admissible) }

    /// Equal where every term is.
    public static func == (left: AvailabilityTerms, right: AvailabilityTerms) -> Bool {
        left.location == right.location && left.onHand == right.onHand && left.safety == right.safety
            && left.allocated == right.allocated && left.admissible == right.admissible
            && left.heldByChannel.elementsEqual(right.heldByChannel, by: ==)
    }

    /// Hashes the figures.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(location)
        hasher.combine(onHand)
        hasher.combine(admissible)
    }
}

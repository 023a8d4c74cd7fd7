public import Domain
public import Sourcing

/// What is to be planned.
public struct SourcingQuestion: Sendable {
    /// A line that is given.
    public struct Line: Sendable, Hashable {
        /// The article.
        public var sku: String
        /// Units, 1 to `SourcingBounds.units`.
        public var quantity: Int64

        /// Makes a line.
        public init(sku: String, quantity: Int64) {
            self.sku = sku
            self.quantity = quantity
        }
    }

    /// The caller's id: the plan's.
    public var id: EntityID
    /// The order whose units that are set aside are planned; nil where lines are given.
    public var order: EntityID?
    /// The lines, where no order is given.
    public var lines: [Line]
    /// Where to; nil is where the order goes.
    public var destination: SourcingOrder.Destination?
    /// How; nil is as the order says, else by a carrier.
    public var method: SourcingOrder.Method?
    /// Where the customer collects; empty where they do not.
    public var pickupLocation: String
    /// Last day on which everything has arrived.
    public var promised: CivilDate?
    /// Codes of locations that must not serve it.
    public var excluded: [String]
    /// Version or name of the configuration.
    public var config: String
    /// The request in its canonical encoding.
    public var body: [UInt8]
    /// Who asks.
    public var caller: Caller

    /// The name of the configuration that is used where a call names none.
    public static let defaultConfig = "default"

    /// Makes a question.
    public init(
        id: EntityID, order: EntityID?, lines: [Line], destination: SourcingOrder.Destination?,
        method: SourcingOrder.Method?, pickupLocation: String, promised: CivilDate?, excluded: [String],
        config: String, body: [UInt8], caller: Caller
    ) {
        self.id = id
        self.order = order
        self.lines = lines
        self.destination = destination
        self.method = method
        self.pickupLocation = pickupLocation
        self.promised = promised
        self.excluded = excluded
        self.config = config
        self.body = body
        self.caller = caller
    }
}

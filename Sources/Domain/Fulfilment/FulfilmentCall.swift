/// A request for a step of a fulfilment.
public struct FulfilmentCall: Sendable {
    /// The caller's id: the same id and body again changes nothing and gives the same answer.
    public var id: EntityID
    /// The fulfilment.
    public var fulfilment: EntityID
    /// Why, or what is to be noted.
    public var reason: String
    /// The request in its canonical encoding.
    public var body: [UInt8]
    /// Who asks.
    public var caller: Caller

    /// Makes a request.
    public init(id: EntityID, fulfilment: EntityID, reason: String, body: [UInt8], caller: Caller) {
        self.id = id
        self.fulfilment = fulfilment
        self.reason = reason
        self.body = body
        self.caller = caller
    }
}

/// What a step has done.
public struct FulfilmentOutcome: Hashable, Sendable {
    /// What became of units that were not there.
    public struct Short: Hashable, Sendable {
        /// Units that another location serves.
        public var reallocated: Int64 = 0
        /// Units that wait for supply.
        public var backordered: Int64 = 0
        /// Units that were cancelled.
        public var cancelled: Int64 = 0

        /// Nothing was short.
        public init() {}

        /// Units in all.
        public var units: Int64 { reallocated + backordered + cancelled }
    }

    /// The fulfilment after it.
    public var fulfilment: Fulfilment
    /// The order's status after it.
    public var status: OrderStatus
    /// Position of the step in the order's history.
    public var sequence: Int32
    /// What became of units that were not there.
    public var short: Short

    /// Makes an outcome.
    public init(fulfilment: Fulfilment, status: OrderStatus, sequence: Int32, short: Short) {
        self.fulfilment = fulfilment
        self.status = status
        self.sequence = sequence
        self.short = short
    }
}

/// A request to give units of an order to the locations that have them.
public struct ReleaseRequest: Sendable {
    /// The caller's id.
    public var id: EntityID
    /// The order.
    public var order: EntityID
    /// Units by line number; empty releases every unit that is set aside.
    public var lines: [(number: Int32, quantity: Int64)]
    /// The request in its canonical encoding.
    public var body: [UInt8]
    /// Who asks.
    public var caller: Caller

    /// Makes a request.
    public init(
        id: EntityID, order: EntityID, lines: [(number: Int32, quantity: Int64)], body: [UInt8], caller: Caller
    ) {
        self.id = id
        self.order = order
        self.lines = lines
        self.body = body
        self.caller = caller
    }
}

/// What a release has made.
public struct ReleasedOrder: Hashable, Sendable {
    /// The fulfilments by number.
    public var fulfilments: [Fulfilment]
    /// The order's status after it.
    public var status: OrderStatus
    /// Position of the release's last event in the order's history.
    public var sequence: Int32

    /// Makes one.
    public init(fulfilments: [Fulfilment], status: OrderStatus, sequence: Int32) {
        self.fulfilments = fulfilments
        self.status = status
        self.sequence = sequence
    }
}

/// What a supplier tells of goods that it has sent.
public struct ShipNotice: Hashable, Sendable {
    /// The supplier's own number of the order; empty leaves what was acknowledged.
    public var reference: String
    /// Name of the carrier.
    public var carrier: String
    /// Numbers of the parcels.
    public var trackingNumbers: [String]
    /// What the supplier is owed; nil where not known yet.
    public var cost: Money?
    /// When the goods will be there; nil where not known.
    public var expectedAt: Instant?

    /// Makes a notice.
    public init(reference: String, carrier: String, trackingNumbers: [String], cost: Money?, expectedAt: Instant?) {
        self.reference = reference
        self.carrier = carrier
        self.trackingNumbers = trackingNumbers
        self.cost = cost
        self.expectedAt = expectedAt
    }
}

/// Goods that could not be delivered and are back.
public struct UndeliveredGoods: Hashable, Sendable {
    /// Units of a line that something else becomes of.
    public struct Part: Hashable, Sendable {
        /// The line of the order.
        public var line: Int32
        /// Units, at least 1.
        public var quantity: Int64
        /// What becomes of them.
        public var disposition: Disposition

        /// Makes a part.
        public init(line: Int32, quantity: Int64, disposition: Disposition) {
            self.line = line
            self.quantity = quantity
            self.disposition = disposition
        }
    }

    /// Code of the location where they are; empty is the one that sent them.
    public var location: String
    /// What becomes of those that no part names.
    public var disposition: Disposition
    /// What is otherwise.
    public var parts: [Part]

    /// Makes goods.
    public init(location: String, disposition: Disposition, parts: [Part]) {
        self.location = location
        self.disposition = disposition
        self.parts = parts
    }

    /// What becomes of every unit of a fulfilment.
    ///
    /// - Parameter lines: its lines.
    /// - Returns: the parts, by line, units of one line and disposition together.
    /// - Throws: ``Refusal/invalid(_:)`` naming each part whose line it does not have, or that has more units than were sent.
    public func all(of lines: [Fulfilment.Line]) throws(Refusal) -> [Part] {
        var left: [Int32: Int64] = [:]
        for line in lines where line.open > 0 { left[line.number, default: 0] += line.open }
        let sent = left
        var violations: [FieldViolation] = []
        var all: [Int32: [Disposition: Int64]] = [:]
        for (index, part) in parts.enumerated() {
            guard let rest = left[part.line] else {
                violations.append(
                    FieldViolation("lines[\(index)].line_number", "nothing of line \(part.line) was sent"))
                continue
            }
            guard part.quantity <= rest else {
                violations.append(
                    FieldViolation(
                        "lines[\(index)].quantity",
                        "makes more than the \(sent[part.line] ?? 0) units of line \(part.line) that were sent"))
                continue
            }
            left[part.line] = rest - part.quantity
            all[part.line, default: [:]][part.disposition, default: 0] += part.quantity
        }
        guard violations.isEmpty else { throw .invalid(violations) }
        for (line, rest) in left where rest > 0 { all[line, default: [:]][disposition, default: 0] += rest }
        return all.sorted { $0.key < $1.key }.flatMap { line, units in
            units.sorted { $0.key.rawValue < $1.key.rawValue }.map {
                Part(line: line, quantity: $0.value, disposition: $0.key)
            }
        }
    }
}

/// Stock of other locations that is set aside for units that a fulfilment lacks.
public struct StandIn: Hashable, Sendable {
    /// Units of one line and cell of the fulfilment that other stock serves: a demand of the reservation, in order.
    public struct Part: Hashable, Sendable {
        /// The line of the order.
        public var line: Int32
        /// The cell that lacks them.
        public var cell: CellID
        /// Units.
        public var quantity: Int64

        /// Makes a part.
        public init(line: Int32, cell: CellID, quantity: Int64) {
            self.line = line
            self.cell = cell
            self.quantity = quantity
        }
    }

    /// The reservation.
    public var reservation: EntityID
    /// What its demands serve, in their order.
    public var parts: [Part]

    /// Makes a stand-in.
    public init(reservation: EntityID, parts: [Part]) {
        self.reservation = reservation
        self.parts = parts
    }
}

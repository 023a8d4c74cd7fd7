public import Domain

/// Who asks for what change of which order.
public struct OrderChange: Sendable {
    /// The caller's id of the request: the same id and body again changes nothing and gives the same answer.
    public var id: EntityID
    /// The order.
    public var order: EntityID
    /// What kind of call it is.
    public var kind: IdempotencyKind
    /// The request in its canonical encoding.
    public var body: [UInt8]
    /// Who asks.
    public var caller: Caller
    /// Why.
    public var reason: String

    /// Makes a change.
    public init(
        id: EntityID, order: EntityID, kind: IdempotencyKind, body: [UInt8], caller: Caller, reason: String = ""
    ) {
        self.id = id
        self.order = order
        self.kind = kind
        self.body = body
        self.caller = caller
        self.reason = reason
    }
}

/// An order whose row is locked, as far as every change of it needs to know it.
struct OrderHead {
    var id: EntityID
    /// The code of its channel.
    var channel: String
    var channelID: Int32
    var externalID: String
    var currency: Currency
    var goodsInHand: Bool
    var customer: Customer
    var placedAt: Instant
    /// Events that it had before this change.
    var events: Int32
}

/// Units of a line that a cell has set aside, or that left it.
struct LineAllocation {
    var line: Int32
    var cell: CellID
    /// The code of the cell's location.
    var location: String
    /// Units on the shelf for the line.
    var open: Int64
    /// Those of them that a fulfilment has.
    var released: Int64
    /// Units that have left.
    var delivered: Int64
    /// Units that were the line's here when the order was read, whether they have left or not.
    var before: Int64 = 0
    /// Those of them that a fulfilment had then, or that had left.
    var givenBefore: Int64 = 0
    /// What was read is to be written back.
    var isChanged = false

    /// Units that no fulfilment has.
    var free: Int64 { open - released }
    /// Units that are the line's here, whether they have left or not.
    var kept: Int64 { open + delivered }
    /// Those of them that a fulfilment has, or that have left.
    var given: Int64 { released + delivered }
}

/// Units that one cell has part in.
struct CellPart: Hashable {
    var cell: CellID
    var quantity: Int64
}

/// Units that a change moved.
struct UnitsMoved {
    var line: Int32
    var sku: String
    var transition: LineTransition
    var quantity: Int64
    /// Their part of the line's amount, in minor units.
    var amountMinor: Int64
    /// That with their part of the taxes that the prices do not include.
    var valueMinor: Int64
    /// The cells that had part in it; none for untracked products, and where no cell was concerned.
    var parts: [CellPart]
    /// The code of the one location of the parts; empty where there are several or none.
    var location: String

    /// What events tell of it.
    var fact: OrderAdvance.Units {
        OrderAdvance.Units(
            line: line, sku: sku, from: transition.from, to: transition.to, quantity: quantity,
            amountMinor: amountMinor, location: location)
    }
}

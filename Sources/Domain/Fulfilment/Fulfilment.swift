/// One location's part of an order, from its release to the customer's door.
public struct Fulfilment: Hashable, Sendable {
    /// Units of one line of the order, of one cell.
    public struct Line: Hashable, Sendable {
        /// The line of the order, from 1.
        public var number: Int32
        /// The article.
        public var sku: String
        /// What its barcode reads; empty where it has none.
        public var barcode: String
        /// Text for people.
        public var name: String
        /// Whether its stock is counted.
        public var tracked: Bool
        /// The cell that has them set aside; nil for an article without stock.
        public var cell: CellID?
        /// Units that were released.
        public var quantity: Int64
        /// Units that it still has: those that were not cancelled, re-sourced, backordered or given up since.
        public var open: Int64

        /// Makes a line.
        public init(
            number: Int32, sku: String, barcode: String, name: String, tracked: Bool, cell: CellID?, quantity: Int64,
            open: Int64
        ) {
            self.number = number
            self.sku = sku
            self.barcode = barcode
            self.name = name
            self.tracked = tracked
            self.cell = cell
            self.quantity = quantity
            self.open = open
        }
    }

    /// Its id.
    public var id: EntityID
    /// The order.
    public var order: EntityID
    /// Number among the order's fulfilments, from 1.
    public var number: Int32
    /// Where it stands, and of which kind it is.
    public var standing: FulfilmentStanding
    /// Code of the location that fulfils it.
    public var location: String
    /// Code of the store where it is collected; empty where it is not collected.
    public var collectAt: String
    /// The wave that it is picked with; nil for none.
    public var wave: EntityID?
    /// Name or code of the carrier; empty before it is shipped.
    public var carrier: String
    /// Code of the carrier's service; empty where not known.
    public var service: String
    /// What carriage, or the supplier, costs; nil where not known.
    public var cost: Money?
    /// The supplier's own number of the order, or a note of who declined; empty where there is none.
    public var reference: String
    /// When it was released.
    public var releasedAt: Instant
    /// When it left; nil before.
    public var shippedAt: Instant?
    /// When it is expected; nil where not known.
    public var expectedAt: Instant?
    /// When it arrived or was collected; nil before.
    public var deliveredAt: Instant?
    /// Until when it can be collected; nil before it is ready.
    public var expiresAt: Instant?
    /// When the customer was reminded last; nil for never.
    public var remindedAt: Instant?
    /// Its units by line and cell.
    public var lines: [Line]
    /// Its packages by number.
    public var packages: [FulfilmentPackage]

    /// Makes a fulfilment that was just released.
    public init(
        id: EntityID, order: EntityID, number: Int32, standing: FulfilmentStanding, location: String,
        collectAt: String = "", releasedAt: Instant = Instant(microseconds: 0), lines: [Line] = []
    ) {
        self.id = id
        self.order = order
        self.number = number
        self.standing = standing
        self.location = location
        self.collectAt = collectAt
        self.releasedAt = releasedAt
        self.lines = lines
        carrier = ""
        service = ""
        reference = ""
        packages = []
    }

    /// The units that it still has.
    public var openUnits: Int64 { lines.reduce(0) { $0 + $1.open } }

    /// Whether a caller with this scope may deal with it: who has the goods, or will hand them over.
    public func isInside(_ scope: Scope) -> Bool {
        scope.covers(location: location) || (!collectAt.isEmpty && scope.covers(location: collectAt))
    }

    /// Whether a caller with this scope may take its goods in where they have come back to, though it is no fulfilment of theirs.
    ///
    /// Parcels that could not be delivered come back to any place. What has not left cannot, and what is collected does not.
    ///
    /// - Parameters:
    ///   - receiver: code of the location where the goods are; empty for the sender.
    ///   - scope: of the caller.
    /// - Returns: whether it may.
    public func mayComeBack(to receiver: String, within scope: Scope) -> Bool {
        shippedAt != nil && standing.kind != .pickup && !receiver.isEmpty && scope.covers(location: receiver)
    }
}

/// A parcel of a fulfilment.
public struct FulfilmentPackage: Hashable, Sendable {
    /// Units of a line in it.
    public struct Content: Hashable, Sendable {
        /// The line of the order.
        public var line: Int32
        /// Units, at least 1.
        public var quantity: Int64

        /// Makes a content.
        public init(line: Int32, quantity: Int64) {
            self.line = line
            self.quantity = quantity
        }
    }

    /// Number in the fulfilment, from 1.
    public var number: Int32
    /// Weight in grams; 0 where not known.
    public var grams: Int64
    /// Length in millimetres; 0 where not known.
    public var length: Int64
    /// Width in millimetres; 0 where not known.
    public var width: Int64
    /// Height in millimetres; 0 where not known.
    public var height: Int64
    /// What is in it, by line.
    public var contents: [Content]
    /// The carrier's number; empty before it is shipped, or where there is none.
    public var tracking: String
    /// Whether its label is kept here.
    public var hasLabel: Bool

    /// Makes a parcel that has not left.
    public init(
        number: Int32, grams: Int64, length: Int64, width: Int64, height: Int64, contents: [Content],
        tracking: String = "", hasLabel: Bool = false
    ) {
        self.number = number
        self.grams = grams
        self.length = length
        self.width = width
        self.height = height
        self.contents = contents
        self.tracking = tracking
        self.hasLabel = hasLabel
    }

    /// Most parcels of a fulfilment.
    public static let bound = 100
}

/// What becomes of units that were not found at the shelf, or that a supplier rejects.
///
/// Raw values are the contract's.
public enum ShortRule: Int16, CaseIterable, Sendable {
    /// Another location serves them; refused where none has them.
    case reallocate = 1
    /// They wait for supply.
    case backorder = 2
    /// They are cancelled.
    case cancel = 3
    /// Another location serves them, and those that none has wait for supply.
    case reallocateOrBackorder = 4
    /// Another location serves them, and those that none has are cancelled.
    case reallocateOrCancel = 5

    /// Whether another location is looked for.
    public var reallocates: Bool { self != .backorder && self != .cancel }

    /// What happens to units that no other location has; nil where the call is refused then.
    public var otherwise: LineEvent? {
        switch self {
        case .reallocate: nil
        case .backorder, .reallocateOrBackorder: .backorder
        case .cancel, .reallocateOrCancel: .recall
        }
    }
}

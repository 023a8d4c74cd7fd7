public import Domain

/// What one request wants from one vshard.
public struct TakeRequest: Sendable {
    /// The hold that owns the units.
    public var key: HoldKey
    /// Names this attempt: only its owner may take it back.
    public var nonce: UInt64
    /// Takes even below what is there.
    ///
    /// Only for facts that have happened already.
    public var force: Bool
    /// Names the request's content: the same hold with another fingerprint is refused.
    public var fingerprint: UInt64
    /// The lines, at least one.
    public var lines: [SupplyLine]

    /// Makes a request.
    public init(key: HoldKey, nonce: UInt64, force: Bool, fingerprint: UInt64, lines: [SupplyLine]) {
        self.key = key
        self.nonce = nonce
        self.force = force
        self.fingerprint = fingerprint
        self.lines = lines
    }
}

/// What became of one request.
public enum TakeOutcome: Sendable, Hashable {
    /// Units were taken by this call; `after` is what each take's cell would admit after the request.
    case taken([CellTake], after: [Int64])
    /// The hold was there already; its units are those chosen then.
    case adopted([CellTake], after: [Int64])
    /// Nothing was taken; the best that each lacking line could have had.
    case short([LineAvailable])
    /// Nothing was taken: a cell is not loaded.
    case unknownCell(CellID)
    /// Nothing was taken: the hold is there with another fingerprint.
    case differentRequest
}

/// What a cell would admit.
public struct CellFigure: Sendable, Hashable {
    /// The cell.
    public var cell: CellID
    /// Available to promise, in units; negative after a forced take.
    public var available: Int64

    /// Makes a figure.
    public init(cell: CellID, available: Int64) {
        self.cell = cell
        self.available = available
    }
}

/// Outcomes of one call, one per request.
public struct TakeReply: Sendable {
    /// Number of the call within the vshard's epoch.
    public var sequence: Int64
    /// One outcome per request, in their order.
    public var outcomes: [TakeOutcome]
}

public import Domain

/// Lines of a request that PostgreSQL decides in the transaction that makes the promise true: their vshard is not Redis's.
public struct UndecidedPart: Sendable, Hashable {
    /// The vshard.
    public var vshard: VShard
    /// The epoch under which PostgreSQL decides it.
    public var epoch: Int64
    /// The lines.
    public var lines: [SupplyLine]

    /// Makes a part.
    public init(vshard: VShard, epoch: Int64, lines: [SupplyLine]) {
        self.vshard = vshard
        self.epoch = epoch
        self.lines = lines
    }

    /// What a hold records of it: there is no admitting call, hence the number 0.
    var stamp: AdmissionStamp { AdmissionStamp(vshard: vshard, epoch: epoch, sequence: 0) }
}

/// A reservation to journal: taken in Redis or to be decided by PostgreSQL, not yet true.
public struct HoldEntry: Sendable {
    /// The reservation's id.
    public var id: EntityID
    /// The channel's number.
    public var channel: Int32
    /// The request in its canonical encoding.
    public var body: [UInt8]
    /// Fingerprint of the request, as Redis knows it.
    public var fingerprint: UInt64
    /// Units by line and cell.
    public var takes: [CellTake]
    /// The calls that admitted it, one per vshard.
    public var stamps: [AdmissionStamp]
    /// Lines that the transaction decides.
    public var undecided: [UndecidedPart]
    /// How long to hold, in milliseconds.
    public var ttlMilliseconds: Int64
    /// Who reserves, for the record.
    public var caller: String

    /// Makes an entry.
    public init(
        id: EntityID, channel: Int32, body: [UInt8], fingerprint: UInt64, takes: [CellTake], stamps: [AdmissionStamp],
        undecided: [UndecidedPart] = [], ttlMilliseconds: Int64, caller: String
    ) {
        self.id = id
        self.channel = channel
        self.body = body
        self.fingerprint = fingerprint
        self.takes = takes
        self.stamps = stamps
        self.undecided = undecided
        self.ttlMilliseconds = ttlMilliseconds
        self.caller = caller
    }
}

/// A hold as PostgreSQL has it.
public struct StoredHold: Sendable, Hashable {
    /// The hold.
    public var key: HoldKey
    /// Where it stands.
    public var state: HoldState
    /// The channel's number.
    public var channel: Int32
    /// The channel's code; empty for a tombstone, which belongs to none.
    public var channelCode: String
    /// The request in its canonical encoding.
    public var body: [UInt8]
    /// Units by line and cell.
    public var takes: [CellTake]
    /// Vshards it has units in.
    public var vshards: [VShard]
    /// When it was made.
    public var createdAt: Instant
    /// When it expires.
    public var expiresAt: Instant
    /// The order that took it.
    public var order: EntityID?
}

/// What became of a journal entry.
public enum JournalVerdict: Sendable {
    /// Written by this call; `decided` are the units that the transaction chose for undecided lines.
    case journalled(createdAt: Instant, expiresAt: Instant, decided: [CellTake])
    /// The id stands already: read how, in a call of its own.
    case stands
    /// Not written: undecided lines lack stock.
    case short([LineAvailable])
}

/// Final holds with the bases of their cells: what a settle needs.
public struct Settlement: Sendable, Hashable {
    /// A final hold and the vshards where Redis may still have it.
    public struct Hold: Sendable, Hashable {
        /// The hold.
        public var key: HoldKey
        /// Vshards.
        public var vshards: [VShard]

        /// Makes a hold to settle.
        public init(key: HoldKey, vshards: [VShard]) {
            self.key = key
            self.vshards = vshards
        }
    }

    /// A base and the vshard of its cell.
    public struct Base: Sendable, Hashable {
        /// The vshard.
        public var vshard: VShard
        /// The base.
        public var base: CellBase

        /// Makes a base.
        public init(vshard: VShard, base: CellBase) {
            self.vshard = vshard
            self.base = base
        }
    }

    /// Holds that are final.
    public var holds: [Hold]
    /// Bases of all their cells, and of other cells that changed.
    public var bases: [Base]

    /// Makes a settlement.
    public init(holds: [Hold] = [], bases: [Base] = []) {
        self.holds = holds
        self.bases = bases
    }

    /// True where there is nothing to tell Redis.
    public var isEmpty: Bool { holds.isEmpty && bases.isEmpty }
}

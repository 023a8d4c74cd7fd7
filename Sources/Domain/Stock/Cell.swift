/// Identifies a cell: one supply that can be promised, (sku, location, pool, due).
public struct CellID: Hashable, Comparable, Sendable {
    /// The number PostgreSQL gave the cell, at least 1.
    public var rawValue: Int64

    /// Wraps a cell's number.
    public init(_ rawValue: Int64) {
        self.rawValue = rawValue
    }

    /// Orders by number: the order in which cells are locked, everywhere.
    public static func < (left: CellID, right: CellID) -> Bool {
        left.rawValue < right.rawValue
    }
}

/// A part of the cells that one Redis instance admits for; all cells of one sku share it.
public struct VShard: Hashable, Comparable, Sendable {
    /// 0 up to the deployment's number of vshards.
    public var rawValue: Int16

    /// Wraps a number.
    public init(_ rawValue: Int16) {
        self.rawValue = rawValue
    }

    /// The vshard of a sku: FNV-1a (64 bit, offset 14695981039346656037, prime 1099511628211) of its bytes, modulo the
    /// deployment's number of vshards.
    public init(sku: String, count: Int) {
        precondition(count > 0 && count <= 1_024, "a deployment has 1 to 1,024 vshards")
        self.init(Int16(FNV1a.hash(sku.utf8) % UInt64(count)))
    }

    /// Orders by number: the order in which shards are locked and epochs raised.
    public static func < (left: VShard, right: VShard) -> Bool {
        left.rawValue < right.rawValue
    }
}

/// The FNV-1a hash, 64 bit: small, fast and the same on every machine.
public enum FNV1a {
    /// Hashes a sequence of bytes.
    public static func hash(_ bytes: some Sequence<UInt8>) -> UInt64 {
        var hash: UInt64 = 14_695_981_039_346_656_037
        for byte in bytes {
            hash = (hash ^ UInt64(byte)) &* 1_099_511_628_211
        }
        return hash
    }
}

/// The part of a cell's figures that reservations do not move, with its version.
public struct CellBase: Hashable, Sendable {
    /// The cell.
    public var cell: CellID
    /// Rises with every change of `base`.
    public var version: Int64
    /// on hand − safety stock − allocated, in units; may be negative.
    public var base: Int64

    /// Makes a base.
    public init(cell: CellID, version: Int64, base: Int64) {
        self.cell = cell
        self.version = version
        self.base = base
    }
}

/// Units taken from a cell for a line of a request.
public struct CellTake: Hashable, Sendable {
    /// Index of the request line that the units serve, from 0.
    public var line: Int
    /// The cell.
    public var cell: CellID
    /// Units, at least 1.
    public var quantity: Int64

    /// Makes a take.
    public init(line: Int, cell: CellID, quantity: Int64) {
        self.line = line
        self.cell = cell
        self.quantity = quantity
    }
}

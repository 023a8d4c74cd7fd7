import Domain
import PostgresClient

/// A cell whose row this transaction has locked: its figures, and what is to be written back.
struct LockedCell {
    var id: CellID
    var vshard: VShard
    var onHand: Int64
    var safety: Int64
    var allocated: Int64
    var version: Int64
    var location: String
    /// Units that live reservations hold, kept where PostgreSQL decides.
    var heldDirect: Int64
    /// Which store decides what this cell promises.
    var mode: AdmissionMode
    /// What the base was when the row was locked.
    let baseAtLock: Int64
    /// What was on hand then.
    let onHandAtLock: Int64
    /// A figure of the base has changed.
    var changed = false
    private var heldChanged = false

    init(
        id: CellID, vshard: VShard, onHand: Int64, safety: Int64, allocated: Int64, version: Int64, location: String,
        heldDirect: Int64, mode: AdmissionMode
    ) {
        self.id = id
        self.vshard = vshard
        self.onHand = onHand
        self.safety = safety
        self.allocated = allocated
        self.version = version
        self.location = location
        self.heldDirect = heldDirect
        self.mode = mode
        baseAtLock = onHand - safety - allocated
        onHandAtLock = onHand
    }

    var base: Int64 { onHand - safety - allocated }

    /// Available to promise by the rows alone; nil where Redis decides.
    var available: Int64? { mode == .ledger ? base - heldDirect : nil }

    /// Notes what reservations hold more or less, where that is kept.
    mutating func hold(_ delta: Int64) {
        guard mode == .ledger, delta != 0 else { return }
        heldDirect += delta
        heldChanged = true
    }

    /// Something is to be written back.
    var isTouched: Bool { changed || heldChanged }

    /// Applies a movement's deltas.
    ///
    /// The version rises once a transaction, however many movements there are, and only where something is written:
    /// Redis must never hear of a version that PostgreSQL does not have.
    mutating func apply(
        onHand onHandDelta: Int64 = 0, safety safetyDelta: Int64 = 0, allocated allocatedDelta: Int64 = 0
    ) {
        guard onHandDelta != 0 || safetyDelta != 0 || allocatedDelta != 0 else { return }
        onHand += onHandDelta
        safety += safetyDelta
        allocated += allocatedDelta
        if !changed {
            changed = true
            version += 1
        }
    }

    var settlementBase: Settlement.Base {
        Settlement.Base(vshard: vshard, base: CellBase(cell: id, version: version, base: base))
    }

    static func byID(_ rows: PostgresRows) throws -> [CellID: LockedCell] {
        var cells: [CellID: LockedCell] = [:]
        cells.reserveCapacity(rows.count)
        for row in rows {
            let cell = LockedCell(
                id: CellID(try row.int64(0)), vshard: VShard(try row.int16(1)), onHand: try row.int64(2),
                safety: try row.int64(3), allocated: try row.int64(4), version: try row.int64(5),
                location: try row.text(6), heldDirect: try row.int64(7),
                mode: try AdmissionMode(rawValue: row.int16(8)) ?? .redis)
            cells[cell.id] = cell
        }
        return cells
    }

    static let write = PostgresStatement(
        "write_cells",
        """
        UPDATE cell SET on_hand = n.on_hand, safety = n.safety, allocated = n.allocated, ver = n.ver,
            held_direct = n.held
        FROM unnest($1::int8[], $2::int8[], $3::int8[], $4::int8[], $5::int8[], $6::int8[])
            AS n(id, on_hand, safety, allocated, ver, held)
        WHERE cell.id = n.id
        """)

    /// The step that writes the changed cells back.
    static func writing(_ cells: some Sequence<LockedCell>) -> LedgerStep {
        let changed = cells.filter(\.isTouched).sorted { $0.id < $1.id }
        return (
            write,
            [
                .int64s(changed.map(\.id.rawValue)), .int64s(changed.map(\.onHand)), .int64s(changed.map(\.safety)),
                .int64s(changed.map(\.allocated)), .int64s(changed.map(\.version)),
                .int64s(changed.map(\.heldDirect)),
            ]
        )
    }
}

/// Movements that a transaction records, in columns.
struct MovementColumns {
    private var kinds: [Int16] = []
    private var cells: [Int64] = []
    private var onHand: [Int64] = []
    private var safety: [Int64] = []
    private var allocated: [Int64] = []
    private var causes: [PostgresUUID] = []
    private var reasons: [String] = []

    var isEmpty: Bool { kinds.isEmpty }

    mutating func append(
        _ kind: MovementKind, _ cell: CellID, onHand onHandDelta: Int64 = 0, safety safetyDelta: Int64 = 0,
        allocated allocatedDelta: Int64 = 0, cause: EntityID, reason: String
    ) {
        kinds.append(kind.rawValue)
        cells.append(cell.rawValue)
        onHand.append(onHandDelta)
        safety.append(safetyDelta)
        allocated.append(allocatedDelta)
        causes.append(PostgresUUID(cause))
        reasons.append(reason)
    }

    private static let insert = PostgresStatement(
        "insert_movements",
        """
        INSERT INTO stock_movement (kind, cell_id, on_hand_delta, safety_delta, allocated_delta, cause_id, reason)
        SELECT * FROM unnest($1::int2[], $2::int8[], $3::int8[], $4::int8[], $5::int8[], $6::uuid[], $7::text[])
        """)

    /// The step that records them.
    var inserting: LedgerStep {
        (
            MovementColumns.insert,
            [
                .int16s(kinds), .int64s(cells), .int64s(onHand), .int64s(safety), .int64s(allocated), .uuids(causes),
                .texts(reasons),
            ]
        )
    }
}

/// Shortages that a transaction records, in columns.
struct ShortageColumns {
    private var cells: [Int64] = []
    private var quantities: [Int64] = []
    private var causes: [PostgresUUID] = []

    var isEmpty: Bool { cells.isEmpty }

    mutating func append(_ cell: CellID, quantity: Int64, cause: EntityID) {
        cells.append(cell.rawValue)
        quantities.append(quantity)
        causes.append(PostgresUUID(cause))
    }

    private static let insert = PostgresStatement(
        "insert_shortages",
        """
        INSERT INTO stock_shortage (cell_id, quantity, cause_id)
        SELECT * FROM unnest($1::int8[], $2::int8[], $3::uuid[])
        """)

    /// The step that records them.
    var inserting: LedgerStep {
        (ShortageColumns.insert, [.int64s(cells), .int64s(quantities), .uuids(causes)])
    }
}

extension Ledger {
    /// Units by cell of a two-column result.
    static func unitsByCell(_ rows: PostgresRows) throws -> [CellID: Int64] {
        var units: [CellID: Int64] = [:]
        for row in rows { units[CellID(try row.int64(0))] = try row.int64(1) }
        return units
    }
}

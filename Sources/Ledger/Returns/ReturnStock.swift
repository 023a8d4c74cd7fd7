import Domain
import PostgresClient

/// What dispositions do to the cells of the locations that received the goods.
///
/// Goods that cannot be sold come in and leave again in the same transaction, so that movements tell both and the figures
/// stay: what is put in order or sent away is never on hand.
struct ReturnStock {
    /// The pool of goods of second grade that are kept under their own sku; it is not sold.
    static let secondGradePool: Int32 = 101

    /// A cell by what it is for.
    struct Place: Hashable, Comparable {
        var sku: String
        var location: Int32
        var pool: Int32

        static func < (left: Place, right: Place) -> Bool {
            (left.sku, left.location, left.pool) < (right.sku, right.location, right.pool)
        }
    }

    /// Units that one disposition puts into one place.
    struct Part: Hashable {
        var place: Place
        var disposition: Disposition
        var quantity: Int64
    }

    /// The parts, in the order of the inspections.
    private(set) var parts: [Part] = []

    /// Takes parts as they are.
    init(_ parts: [Part]) { self.parts = parts }

    /// Finds the parts of a return that was inspected.
    ///
    /// Units of a line are taken from the locations in the order in which they came.
    init(_ order: ReturnOrder, secondGradeSuffix suffix: String) {
        var queues: [Int32: [(location: Int32, quantity: Int64)]] = [:]
        for receipt in order.receipts { queues[receipt.line, default: []].append((receipt.location, receipt.quantity)) }
        let skus = Dictionary(order.lines.map { ($0.number, $0.sku) }) { $1 }
        for inspection in order.inspections where inspection.disposition != .keep {
            guard let sku = skus[inspection.line] else { continue }
            var rest = inspection.quantity
            while rest > 0, let first = queues[inspection.line]?.first {
                let part = min(rest, first.quantity)
                rest -= part
                if part == first.quantity {
                    queues[inspection.line]?.removeFirst()
                } else {
                    queues[inspection.line]?[0].quantity -= part
                }
                parts.append(
                    Part(
                        place: ReturnStock.place(sku, first.location, inspection.disposition, suffix),
                        disposition: inspection.disposition, quantity: part))
            }
        }
    }

    /// Where goods of a disposition are booked.
    static func place(_ sku: String, _ location: Int32, _ disposition: Disposition, _ suffix: String) -> Place {
        guard disposition == .restockSecondGrade else { return Place(sku: sku, location: location, pool: 0) }
        return suffix.isEmpty
            ? Place(sku: sku, location: location, pool: secondGradePool)
            : Place(sku: sku + suffix, location: location, pool: 0)
    }

    // MARK: - Cells

    private static let ensure = PostgresStatement(
        "ensure_return_cells",
        """
        INSERT INTO cell (product_id, location_id, pool, vshard)
        SELECT p.id, l.id, n.pool, p.vshard
        FROM (SELECT DISTINCT * FROM unnest($1::text[], $2::int4[], $3::int4[]) AS n(sku, location, pool)) n
        JOIN product p ON p.sku = n.sku AND p.tracked JOIN location l ON l.id = n.location
        ORDER BY p.id, l.id, n.pool ON CONFLICT DO NOTHING
        """)
    private static let find = PostgresStatement(
        "find_return_cells",
        """
        SELECT p.sku, p.tracked, n.location, n.pool, c.id
        FROM unnest($1::text[], $2::int4[], $3::int4[]) AS n(sku, location, pool)
        JOIN product p ON p.sku = n.sku
        LEFT JOIN cell c ON c.product_id = p.id AND c.location_id = n.location AND c.pool = n.pool AND c.due = '-infinity'
        """, access: .readOnly)

    private static func columns(_ places: some Collection<Place>) -> [PostgresValue] {
        [.texts(places.map(\.sku)), .int32s(places.map(\.location)), .int32s(places.map(\.pool))]
    }

    /// Creates the cells of places that do not exist yet, empty: before a transaction, or within one that has locked no cell yet.
    ///
    /// An empty cell that nobody uses after a crash does no harm.
    static func ensure(_ places: Set<Place>, on connection: PostgresConnection) throws {
        guard !places.isEmpty else { return }
        _ = try connection.execute(ensure, columns(places.sorted()))
    }

    /// One movement of a cell.
    struct Movement {
        var kind: MovementKind
        var cell: CellID
        var onHand: Int64
    }

    /// The movements of the parts; articles that are not tracked have none.
    ///
    /// Throws `LedgerFault.planOutdated` where a cell is missing: create it and try again.
    func movements(on connection: PostgresConnection) throws -> [Movement] {
        let places = Set(parts.map(\.place)).sorted()
        guard !places.isEmpty else { return [] }
        var cells: [Place: CellID] = [:]
        var tracked: [String: Bool] = [:]
        for row in try connection.execute(ReturnStock.find, ReturnStock.columns(places)) {
            let place = Place(sku: try row.text(0), location: try row.int32(2), pool: try row.int32(3))
            tracked[place.sku] = try row.bool(1)
            cells[place] = try row.int64OrNil(4).map { CellID($0) }
        }
        var movements: [Movement] = []
        for part in parts {
            guard let isTracked = tracked[part.place.sku] else { throw Refusal.notFound(.product, part.place.sku) }
            guard isTracked else { continue }
            guard let cell = cells[part.place] else { throw LedgerFault.planOutdated }
            movements.append(Movement(kind: .customerReturn, cell: cell, onHand: part.quantity))
            if let kind = MovementKind(leavingBy: part.disposition) {
                movements.append(Movement(kind: kind, cell: cell, onHand: -part.quantity))
            }
        }
        return movements
    }
}

extension MovementKind {
    /// How goods leave again that come back and are not sold; nil for those that stay.
    fileprivate init?(leavingBy disposition: Disposition) {
        switch disposition {
        case .restock, .restockSecondGrade, .keep: return nil
        case .refurbish: self = .refurbishment
        case .returnToVendor: self = .vendorReturn
        case .scrap: self = .scrap
        case .donate: self = .donation
        }
    }
}

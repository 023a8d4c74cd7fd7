public import Domain
import PostgresClient

/// A plan as it is stored.
public struct StoredSourcingPlan: Sendable {
    /// The plan's id.
    public var id: EntityID
    /// The order; nil where lines were given.
    public var order: EntityID?
    /// The channel of the order, by code; nil where lines were given.
    public var channel: String?
    /// The plan in the contract's encoding.
    public var reply: [UInt8]
    /// Everything that it depends on, as JSON in the form of sourcing files.
    public var inputs: String
    /// The request that has committed it.
    public var commit: EntityID?
}

extension Ledger {
    private static let plan = PostgresStatement(
        "sourcing_plan",
        """
        SELECT s.request, s.caller, s.order_id, c.code, s.reply, s.inputs, s.commit_id
        FROM sourcing_plan s LEFT JOIN orders o ON o.id = s.order_id LEFT JOIN channel c ON c.id = o.channel_id
        WHERE s.id = $1::uuid
        """, access: .readOnly)
    private static let insertPlan = PostgresStatement(
        "insert_sourcing_plan",
        """
        INSERT INTO sourcing_plan (id, order_id, request, caller, config_version, inputs, reply)
        VALUES ($1::uuid, $2::uuid, $3::bytea, $4::text, $5::text, $6::text, $7::bytea)
        ON CONFLICT (id) DO NOTHING
        """)

    /// A stored plan, or nil.
    public func sourcingPlan(_ id: EntityID) async throws -> StoredSourcingPlan? {
        try await onConnection { connection in
            try connection.execute(Ledger.plan, [.uuid(PostgresUUID(id))]).first.map { try Ledger.plan(id, $0) }
        }
    }

    /// The plan that a call has stored, or nil.
    ///
    /// Throws `Refusal.differentBody` where the id was used with another body.
    public func sourcingPlan(_ id: EntityID, body: [UInt8], caller: Caller) async throws -> StoredSourcingPlan? {
        try await onConnection { connection in
            guard let row = try connection.execute(Ledger.plan, [.uuid(PostgresUUID(id))]).first else { return nil }
            let stored = try row.bytes(0)
            guard stored == body else {
                let isTold = try caller.scope.isEverything || row.text(1) == caller.id
                throw Refusal.differentBody(.sourcingPlan, id, stored: isTold ? stored : [])
            }
            return try Ledger.plan(id, row)
        }
    }

    /// Stores a plan, unless one is stored under the id already.
    public func storeSourcingPlan(
        _ id: EntityID, order: EntityID?, configVersion: String, inputs: String, reply: [UInt8], body: [UInt8],
        caller: Caller
    ) async throws {
        try await onceOnly { connection in
            try connection.execute(.begin)
            let stored = try Ledger.storedReply(id, .sourcingPlan, body: body, caller: caller, on: connection)
            guard stored == nil else { return }
            let inserted = try connection.execute(
                Ledger.insertPlan,
                [
                    .uuid(PostgresUUID(id)), .optional(order) { .uuid(PostgresUUID($0)) }, .bytes(body),
                    .text(caller.id), .text(configVersion), .text(inputs), .bytes(reply),
                ])
            guard inserted.affectedRows == 1 else { return }
            // The plan itself is kept for good; this row tells the audit log of it.
            _ = try connection.pipeline([
                Ledger.storing(id, .sourcingPlan, body: body, reply: [], caller: caller, subject: order),
                (.commit, []),
            ])
        }
    }

    private static func plan(_ id: EntityID, _ row: PostgresRow) throws -> StoredSourcingPlan {
        StoredSourcingPlan(
            id: id, order: try row.uuidOrNil(2).map { EntityID($0) }, channel: try row.textOrNil(3),
            reply: try row.bytes(4), inputs: try row.text(5), commit: try row.uuidOrNil(6).map { EntityID($0) })
    }
}

/// Units of an order's line that are set aside at a location and not yet given to it to fulfil.
public struct SourceableUnits: Hashable, Sendable {
    /// Position of the line, from 1.
    public var line: Int32
    /// The location's code.
    public var location: String
    /// Units, at least 1.
    public var units: Int64

    /// Makes units.
    public init(line: Int32, location: String, units: Int64) {
        self.line = line
        self.location = location
        self.units = units
    }
}

extension Ledger {
    private static let sourceable = PostgresStatement(
        "sourceable_units",
        """
        SELECT a.line_number, l.code, sum(a.open - a.released)::int8
        FROM order_allocation a JOIN cell c ON c.id = a.cell_id JOIN location l ON l.id = c.location_id
        WHERE a.order_id = $1::uuid AND a.open > a.released
        GROUP BY a.line_number, l.code ORDER BY a.line_number, l.code COLLATE "C"
        """, access: .readOnly)

    /// Units of an order that could be served from elsewhere, by line and location.
    public func sourceableUnits(of order: EntityID) async throws -> [SourceableUnits] {
        try await onConnection { connection in
            try connection.execute(Ledger.sourceable, [.uuid(PostgresUUID(order))]).map { row in
                SourceableUnits(line: try row.int32(0), location: try row.text(1), units: try row.int64(2))
            }
        }
    }
}

/// What a plan moves and books.
public struct SourcingCommitment: Sendable {
    /// Units of a line that another location is to serve.
    public struct Move: Hashable, Sendable {
        /// Position of the line, from 1.
        public var line: Int32
        /// Code of the location that gives them up.
        public var from: String
        /// Code of the location that serves them then.
        public var to: String
        /// The article.
        public var sku: String
        /// Units, at least 1.
        public var units: Int64

        /// Makes a move.
        public init(line: Int32, from: String, to: String, sku: String, units: Int64) {
            self.line = line
            self.from = from
            self.to = to
            self.sku = sku
            self.units = units
        }
    }

    /// What a location sends on a day.
    public struct Booking: Hashable, Sendable {
        /// Code of the location.
        public var location: String
        /// The day since 1970-01-01.
        public var day: Int
        /// When the day is over by the location's clocks.
        public var dayEnd: Instant
        /// Units by line, each at least 1.
        public var parts: [Int32: Int64]

        /// Units.
        public var units: Int64 { parts.values.reduce(0, +) }
        /// Lines.
        public var lines: Int64 { Int64(parts.count) }

        /// Makes a booking.
        public init(location: String, day: Int, dayEnd: Instant, parts: [Int32: Int64]) {
            self.location = location
            self.day = day
            self.dayEnd = dayEnd
            self.parts = parts
        }
    }

    /// The plan.
    public var plan: EntityID
    /// The units that the order had where when it was planned.
    public var standing: [SourceableUnits]
    /// What moves.
    public var moves: [Move]
    /// What it uses up of the locations' capacity; each location and day once.
    public var bookings: [Booking]
    /// Whether the locations' capacity holds: not where the plan had to drop it.
    public var keepsCapacity: Bool

    /// Makes a commitment.
    public init(
        plan: EntityID, standing: [SourceableUnits], moves: [Move], bookings: [Booking], keepsCapacity: Bool
    ) {
        self.plan = plan
        self.standing = standing
        self.moves = moves
        self.bookings = bookings
        self.keepsCapacity = keepsCapacity
    }
}

extension Ledger {
    private static let lockPlan = PostgresStatement(
        "lock_sourcing_plan", "SELECT commit_id FROM sourcing_plan WHERE id = $1::uuid FOR UPDATE")
    private static let commitPlan = PostgresStatement(
        "commit_sourcing_plan",
        """
        UPDATE sourcing_plan SET commit_id = $2::uuid, committed_at = clock_timestamp() WHERE id = $1::uuid
        """)

    /// The reply that a commit has stored, or nil.
    ///
    /// Throws `Refusal.differentBody`.
    public func sourcingCommitReply(_ id: EntityID, body: [UInt8], caller: Caller) async throws -> [UInt8]? {
        try await onConnection { connection in
            try Ledger.storedReply(id, .sourcingCommit, body: body, caller: caller, on: connection)
        }
    }

    /// Carries a plan out: units of the order move to the locations of the plan, and their capacity is booked.
    ///
    /// - Parameters:
    ///   - commitment: what moves.
    ///   - reservation: what was set aside for the moves, in their order; nil where nothing moves.
    ///   - id: the caller's id.
    ///   - order: the plan's order.
    ///   - body: the request in its canonical encoding.
    ///   - caller: who asks.
    ///   - encodeReply: the reply to store, for the units that moved and the place of the event, 0 for none.
    /// - Returns: the reply, and what Redis must be told.
    /// - Throws: ``LedgerFault/planOutdated`` where the reservation is not held any longer; `Refusal.wrongState` where the
    ///   order is not any longer as it was planned on, the plan is committed already, an article was not found where it is to
    ///   be sent from, or a day that it counts on is full or over.
    public func commitSourcing(
        _ commitment: SourcingCommitment, reservation: EntityID?, as id: EntityID, of order: EntityID, body: [UInt8],
        caller: Caller, encodeReply: @escaping @Sendable (_ moved: Int64, _ sequence: Int32) throws -> [UInt8]
    ) async throws -> (reply: [UInt8], settlement: Settlement) {
        let change = OrderChange(
            id: id, order: order, kind: .sourcingCommit, body: body, caller: caller, reason: "sourcing")
        return try await changeOrder(change) { work in
            let plan = PostgresValue.uuid(PostgresUUID(commitment.plan))
            let committed = try work.connection.execute(Ledger.lockPlan, [plan]).first.flatMap { try $0.uuidOrNil(0) }
            if let committed {
                throw Refusal.wrongState(
                    .sourcingPlan, commitment.plan.description, state: "committed",
                    explanation: "it was carried out by \(EntityID(committed))")
            }
            guard work.sourceable == commitment.standing else {
                throw Refusal.wrongState(
                    .sourcingPlan, commitment.plan.description, state: "outdated",
                    explanation: "the order is not any longer as it was planned on: plan again")
            }
            try work.refuseUnfound(in: commitment)
            var moved: [UnitsMoved] = []
            if let reservation {
                moved = try work.take(reserved: reservation, for: work.targets(of: commitment.moves))
            }
            let sequence = moved.isEmpty ? 0 : work.nextSequence
            if !moved.isEmpty {
                work.tell(.resourced, moved: moved, details: ["plan": commitment.plan.description])
                work.releaseReviewedUnits()
            }
            work.commitment = commitment
            work.write((Ledger.commitPlan, [plan, .uuid(PostgresUUID(id))]))
            return try encodeReply(moved.reduce(0) { $0 + $1.quantity }, sequence)
        }
    }
}

extension OrderWork {
    /// Units that could be served from elsewhere, by line and location, in the order of their names.
    fileprivate var sourceable: [SourceableUnits] {
        var units: [SourceableUnits] = []
        for allocation in allocations where allocation.free > 0 {
            if let place = units.firstIndex(where: {
                $0.line == allocation.line && $0.location == allocation.location
            }) {
                units[place].units += allocation.free
            } else {
                units.append(
                    SourceableUnits(line: allocation.line, location: allocation.location, units: allocation.free))
            }
        }
        return units.sorted { ($0.line, $0.location) < ($1.line, $1.location) }
    }

    /// Refuses a plan that has a location send what was not found there since it was made.
    fileprivate func refuseUnfound(in commitment: SourcingCommitment) throws {
        let unfound = try UnfoundStock(head.id, on: connection)
        for booking in commitment.bookings {
            for number in booking.parts.keys.sorted() {
                let line = lines[try place(ofLine: number)]
                guard unfound.locations(of: line.sku).contains(booking.location) else { continue }
                throw Refusal.wrongState(
                    .sourcingPlan, commitment.plan.description, state: "outdated",
                    explanation: "\(line.sku) was not found at \(booking.location) for the order: plan again")
            }
        }
    }

    /// For each move its line, and the cells that give its units up.
    fileprivate func targets(
        of moves: [SourcingCommitment.Move]
    ) -> [(line: Int32, from: LineStatus?, parts: [CellPart])] {
        var left = allocations.map(\.free)
        return moves.map { move in
            var rest = move.units
            var parts: [CellPart] = []
            for (index, allocation) in allocations.enumerated()
            where allocation.line == move.line && allocation.location == move.from {
                let part = min(rest, left[index])
                guard part > 0 else { continue }
                parts.append(CellPart(cell: allocation.cell, quantity: part))
                left[index] -= part
                rest -= part
            }
            return (move.line, .allocated, parts)
        }
    }
}

public import Domain
public import PostgresClient

/// PostgreSQL refused a statement for what it was about to do to some row, not for its own trouble.
public struct StatementRefused: Error, Sendable, CustomStringConvertible {
    /// Its code.
    public var state: SQLState
    /// Its words, for the log.
    public var description: String
}

/// Reservations that were ended because their time has passed.
public struct ExpiredHolds: Sendable {
    /// What Redis must be told.
    public var settlement = Settlement()
    /// How long ago the time of each had passed, in microseconds.
    public var lags: [Int64] = []
}

extension Ledger {
    private static func expireHolds(_ name: String, _ chosen: String) -> PostgresStatement {
        PostgresStatement(
            name,
            """
            WITH closed AS (
                UPDATE hold SET state = 4, closed_at = now() WHERE (id, kind) IN (\(chosen) FOR UPDATE SKIP LOCKED)
                RETURNING id, kind, vshards, cells, quantities, expires_at
            ), \(Ledger.unheld)
            SELECT id, kind, vshards, cells, (extract(epoch FROM now() - expires_at) * 1000000)::int8 FROM closed
            """)
    }
    private static let due =
        "SELECT id, kind FROM hold WHERE state = 1 AND expires_at < now() AND id <> ALL($1::uuid[]) "
        + "ORDER BY expires_at LIMIT $2::int4"
    private static let dueHolds = PostgresStatement("due_holds", due, access: .readOnly)
    private static let expireDueHolds = expireHolds("expire_holds", due)
    private static let expireListedHolds = expireHolds(
        "expire_listed_holds",
        "SELECT id, kind FROM hold WHERE id = ANY($1::uuid[]) AND state = 1 AND expires_at < now() ORDER BY id, kind")

    /// Ends up to `limit` reservations whose time has passed by PostgreSQL's clock, all of them or, on an error, none.
    ///
    /// Those being confirmed, and those in `except`, are skipped. Throws ``StatementRefused`` where PostgreSQL cannot
    /// end one of them.
    public func expire(limit: Int32, except: [EntityID] = []) async throws -> ExpiredHolds {
        try await expire(
            Ledger.expireDueHolds, [.uuids(except.map { PostgresUUID($0) }), .int32(limit)])
    }

    /// Ends those of the given reservations whose time has passed, all of them or, on an error, none.
    public func expire(_ ids: [EntityID]) async throws -> ExpiredHolds {
        try await expire(Ledger.expireListedHolds, [.uuids(ids.map { PostgresUUID($0) })])
    }

    /// Up to `limit` reservations whose time has passed and that have not been ended, those longest due first.
    public func dueHolds(limit: Int32, except: [EntityID] = []) async throws -> [EntityID] {
        let values: [PostgresValue] = [.uuids(except.map { PostgresUUID($0) }), .int32(limit)]
        return try await onConnection { connection in
            try connection.execute(Ledger.dueHolds, values).map { EntityID(try $0.uuid(0)) }
        }
    }

    private func expire(_ statement: PostgresStatement, _ values: [PostgresValue]) async throws -> ExpiredHolds {
        do {
            return try await pool.withConnection { connection in
                try Ledger.tidily(connection) { try Ledger.expire(statement, values, on: $0) }
            }
        } catch let error as PostgresError {
            if let refused = StatementRefused(error) { throw refused }
            throw Ledger.refusal(of: error)
        }
    }

    private static func expire(
        _ statement: PostgresStatement, _ values: [PostgresValue], on connection: PostgresConnection
    ) throws -> ExpiredHolds {
        let rows = try connection.pipeline([
            (.begin, []), (joinFence, [.int32(LedgerLock.epochFence)]), (statement, values),
        ])[2]
        var expired = ExpiredHolds()
        var cells: Set<Int64> = []
        for row in rows {
            guard let kind = HoldKind(rawValue: try row.int16(1)) else { continue }
            expired.settlement.holds.append(
                .init(key: HoldKey(kind, EntityID(try row.uuid(0))), vshards: try row.int16s(2).map { VShard($0) }))
            cells.formUnion(try row.int64s(3))
            expired.lags.append(try row.int64(4))
        }
        guard !expired.settlement.isEmpty else { return expired }
        expired.settlement.bases = try bases(connection.execute(cellBases, [.int64s(Array(cells))]))
        try connection.execute(.commit)
        return expired
    }
}

extension StatementRefused {
    /// Nil for what PostgreSQL suffers from itself: it may pass, and no row is to blame.
    init?(_ error: PostgresError) {
        guard case .server(let state) = error.kind, !error.isOutcomeUnknown else { return nil }
        switch state {
        case .queryCanceled: break
        case .connectionException, .invalidTransactionState, .transactionRollback, .insufficientResources,
            .lockNotAvailable, .operatorIntervention, .systemError:
            return nil
        default: break
        }
        self.init(state: state, description: error.debugDescription)
    }
}

extension SQLState {
    /// Class 58: trouble below PostgreSQL.
    fileprivate static let systemError = SQLState(rawValue: "58000")
}

public import Domain
import PostgresClient

/// An order with units that wait to be released again, and what has set them aside.
public struct DueRelease: Hashable, Sendable {
    /// The order.
    public var order: EntityID
    /// The request that has set its units aside.
    public var cause: EntityID

    /// Makes one.
    public init(order: EntityID, cause: EntityID) {
        self.order = order
        self.cause = cause
    }
}

extension Ledger {
    private static let dueReleases = PostgresStatement(
        "due_releases", "SELECT order_id, cause_id FROM release_due ORDER BY at LIMIT $1::int4", access: .readOnly)
    private static let endDue = PostgresStatement(
        "end_release_due", "DELETE FROM release_due WHERE order_id = $1::uuid AND cause_id = $2::uuid")
    private static let postponeDue = PostgresStatement(
        "postpone_release_due",
        "UPDATE release_due SET at = now() WHERE order_id = $1::uuid AND cause_id = $2::uuid")
    private static let expiredPickups = PostgresStatement(
        "expired_pickups",
        """
        SELECT id, order_id, expires_at FROM fulfilment WHERE kind = 2 AND state = $2::int2 AND expires_at <= now()
        ORDER BY expires_at LIMIT $1::int4
        """, access: .readOnly)
    private static let tryCode = PostgresStatement(
        "try_pickup_code",
        """
        UPDATE fulfilment
        SET code_tries = code_tries + CASE WHEN sha256(code_salt || $3::bytea) = code_hash THEN 0 ELSE 1 END
        WHERE id = $1::uuid AND code_tries < $2::int2 AND code_hash IS NOT NULL
        RETURNING sha256(code_salt || $3::bytea) = code_hash, code_tries
        """)
    private static let codeHash = PostgresStatement(
        "pickup_code_hash", "SELECT code_hash FROM fulfilment WHERE id = $1::uuid", access: .readOnly)
    private static let channelOfOrder = PostgresStatement(
        "channel_of_order",
        "SELECT c.code FROM orders o JOIN channel c ON c.id = o.channel_id WHERE o.id = $1::uuid", access: .readOnly)

    /// The oldest orders with units that wait to be released again.
    public func dueReleases(limit: Int) async throws -> [DueRelease] {
        try await onConnection { connection in
            try connection.execute(Ledger.dueReleases, [.int32(Int32(clamping: limit))]).map {
                DueRelease(order: EntityID(try $0.uuid(0)), cause: EntityID(try $0.uuid(1)))
            }
        }
    }

    /// Takes one off the list: it is released, or nothing of it can be.
    public func endRelease(_ due: DueRelease) async throws {
        try await onConnection { connection in
            _ = try connection.execute(
                Ledger.endDue, [.uuid(PostgresUUID(due.order)), .uuid(PostgresUUID(due.cause))])
        }
    }

    /// Puts one to the end of the list: it cannot be released now.
    public func postponeRelease(_ due: DueRelease) async throws {
        try await onConnection { connection in
            _ = try connection.execute(
                Ledger.postponeDue, [.uuid(PostgresUUID(due.order)), .uuid(PostgresUUID(due.cause))])
        }
    }

    /// Pickups whose time is over, the longest ago first: id, order and until when they could be collected.
    public func expiredPickups(limit: Int) async throws -> [(id: EntityID, order: EntityID, at: Instant)] {
        try await onConnection { connection in
            try connection.execute(
                Ledger.expiredPickups, [.int32(Int32(clamping: limit)), .int16(PickupState.readyForPickup.rawValue)]
            ).map {
                (EntityID(try $0.uuid(0)), EntityID(try $0.uuid(1)), Instant(microseconds: try $0.timestamp(2)))
            }
        }
    }

    /// Compares a code with the one of a pickup; a wrong one is counted in the same statement, so however many try at once, no more
    /// than `bound` wrong ones are compared.
    ///
    /// - Parameters:
    ///   - code: what was shown, as it is hashed behind the salt.
    ///   - fulfilment: the pickup.
    ///   - bound: how many wrong ones are allowed.
    /// - Returns: whether it is the right one, and how many wrong ones were shown since it was made; nil where no more are allowed,
    ///   or where there is no code.
    /// - Throws: `Refusal` where the database does not answer.
    public func tryCode(
        _ code: [UInt8], of fulfilment: EntityID, bound: Int
    ) async throws -> (isRight: Bool, wrong: Int)? {
        try await onConnection { connection in
            try connection.execute(
                Ledger.tryCode, [.uuid(PostgresUUID(fulfilment)), .int16(Int16(bound)), .bytes(code)]
            ).first.map { (try $0.bool(0), Int(try $0.int16(1))) }
        }
    }

    /// The salted hash of the code that counts; nil where there is none.
    public func codeHash(of fulfilment: EntityID) async throws -> [UInt8]? {
        try await onConnection { connection in
            try connection.execute(Ledger.codeHash, [.uuid(PostgresUUID(fulfilment))]).first.flatMap {
                try $0.bytesOrNil(0)
            }
        }
    }

    /// The code of the channel that an order came through; nil where there is no such order.
    public func channel(ofOrder order: EntityID) async throws -> String? {
        try await onConnection { connection in
            try connection.execute(Ledger.channelOfOrder, [.uuid(PostgresUUID(order))]).first.map { try $0.text(0) }
        }
    }
}

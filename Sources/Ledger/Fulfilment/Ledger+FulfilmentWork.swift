public import Domain
import PostgresClient

/// An order with units that wait to be released again, and what has set them aside.
public struct DueRelease: Hashable, Sendable {
    /// The order.
    public var order: EntityID
    /// The request that has set its units aside.
    public var cause: EntityID
    /// Until when nobody else takes it.
    public var leasedUntil: Instant
}

extension Ledger {
    private static let claimReleases = PostgresStatement(
        "claim_releases",
        """
        UPDATE release_due r SET at = now() + make_interval(secs => $2::int4)
        FROM (
            SELECT order_id, cause_id FROM release_due WHERE at <= now() ORDER BY at LIMIT $1::int4 FOR UPDATE SKIP LOCKED
        ) d
        WHERE r.order_id = d.order_id AND r.cause_id = d.cause_id RETURNING r.order_id, r.cause_id, r.at
        """)
    private static let claimRelease = PostgresStatement(
        "claim_release",
        """
        UPDATE release_due SET at = now() + make_interval(secs => $3::int4)
        WHERE order_id = $1::uuid AND cause_id = $2::uuid AND at <= now() RETURNING order_id, cause_id, at
        """)
    private static let endDue = PostgresStatement(
        "end_release_due", "DELETE FROM release_due WHERE order_id = $1::uuid AND cause_id = $2::uuid")
    // Who has lifted the hold meanwhile has made it due again.
    private static let parkDue = PostgresStatement(
        "park_release_due",
        """
        UPDATE release_due SET at = 'infinity' WHERE order_id = $1::uuid AND cause_id = $2::uuid AND at = $3::timestamptz
        """)
    private static let wakeDue = PostgresStatement(
        "wake_release_due", "UPDATE release_due SET at = now() WHERE order_id = $1::uuid")
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

    /// Takes orders with units that wait to be released again, the oldest first, none that another server has.
    ///
    /// - Parameters:
    ///   - limit: how many at most.
    ///   - leaseSeconds: for how long nobody else takes them, and after how long one that could not be released is due again.
    /// - Returns: the claims.
    /// - Throws: `Refusal` where the ledger cannot be reached.
    public func claimReleases(limit: Int32, leaseSeconds: Int32) async throws -> [DueRelease] {
        try await onConnection { connection in
            try connection.execute(Ledger.claimReleases, [.int32(limit), .int32(leaseSeconds)]).map {
                try DueRelease(row: $0)
            }
        }
    }

    /// Takes one of them; nil where another server has it, or it is done.
    public func claimRelease(_ order: EntityID, cause: EntityID, leaseSeconds: Int32) async throws -> DueRelease? {
        try await onConnection { connection in
            try connection.execute(
                Ledger.claimRelease,
                [.uuid(PostgresUUID(order)), .uuid(PostgresUUID(cause)), .int32(leaseSeconds)]
            ).first.map { try DueRelease(row: $0) }
        }
    }

    /// Takes one off the list: it is released, or nothing of it can be.
    public func endRelease(_ due: DueRelease) async throws {
        try await onConnection { connection in
            _ = try connection.execute(
                Ledger.endDue, [.uuid(PostgresUUID(due.order)), .uuid(PostgresUUID(due.cause))])
        }
    }

    /// Has one wait until nothing holds its order: whoever lifts the last hold makes it due.
    public func parkRelease(_ due: DueRelease) async throws {
        try await onConnection { connection in
            _ = try connection.execute(
                Ledger.parkDue,
                [
                    .uuid(PostgresUUID(due.order)), .uuid(PostgresUUID(due.cause)),
                    .timestamp(microsecondsSinceEpoch: due.leasedUntil.microseconds),
                ])
        }
    }

    /// The step that makes those of an order due that nothing holds any more.
    static func wakingReleases(of order: EntityID) -> LedgerStep { (wakeDue, [.uuid(PostgresUUID(order))]) }

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

extension DueRelease {
    fileprivate init(row: PostgresRow) throws {
        self.init(
            order: EntityID(try row.uuid(0)), cause: EntityID(try row.uuid(1)),
            leasedUntil: Instant(microseconds: try row.timestamp(2)))
    }
}

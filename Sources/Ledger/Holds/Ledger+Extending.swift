public import Domain
import PostgresClient

extension Ledger {
    private static let extendHold = PostgresStatement(
        "extend_hold",
        """
        UPDATE hold SET expires_at = now() + $2::int8 * interval '1 millisecond'
        WHERE id = $1::uuid AND kind = 1 AND state = 1 AND expires_at > now() RETURNING expires_at
        """)

    /// Moves the expiry of a reservation that is still held; the reply is stored with the effect.
    ///
    /// Throws `Refusal.notFound`, `Refusal.outOfScope`, `Refusal.wrongState` or `Refusal.differentBody`.
    public func extend(
        _ extensionID: EntityID, reservation: EntityID, ttlMilliseconds: Int64, body: [UInt8], caller: Caller,
        encodeReply: @escaping @Sendable (Instant) throws -> [UInt8]
    ) async throws -> [UInt8] {
        try await onceOnly { connection in
            _ = try connection.execute(.begin)
            if caller.scope.channels != nil {
                // Whose reservation it is never changes: looked at before anything is told or done.
                let hold = try Ledger.holds([reservation], kind: .reservation, on: connection).first
                try caller.scope.admit(channel: hold?.channelCode ?? "")
            }
            if let reply = try Ledger.storedReply(
                extensionID, .extension_, body: body, caller: caller, on: connection)
            {
                return reply
            }
            let rows = try connection.execute(
                Ledger.extendHold, [.uuid(PostgresUUID(reservation)), .int64(ttlMilliseconds)])
            guard let row = rows.first else {
                guard let hold = try Ledger.holds([reservation], kind: .reservation, on: connection).first else {
                    throw Refusal.notFound(.reservation, reservation.description)
                }
                let state = hold.state == .held ? HoldState.expired : hold.state
                throw Refusal.wrongState(
                    .reservation, reservation.description, state: "\(state)",
                    explanation: "only a reservation that is held can be extended")
            }
            let reply = try encodeReply(Instant(microseconds: try row.timestamp(0)))
            _ = try connection.pipeline([
                Ledger.storing(
                    extensionID, .extension_, body: body, reply: reply, caller: caller, subject: reservation),
                (.commit, []),
            ])
            return reply
        }
    }
}

import PostgresClient

extension Ledger {
    /// The reply stored for a change of an order, or nil where it has not taken effect.
    ///
    /// For changes that ask something outside before their transaction: it is not asked again for a repetition.
    ///
    /// - Throws: `Refusal` where the same id was used with another body.
    public func reply(to change: OrderChange) async throws -> [UInt8]? {
        try await onConnection { connection in
            try Ledger.storedReply(
                change.id, change.kind, body: change.body, caller: change.caller, on: connection)
        }
    }
}

public import Domain
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

extension Ledger {
    /// The reply stored for an amendment, or nil where it has not taken effect.
    public func reply(to request: AmendmentRequest) async throws -> [UInt8]? {
        try await reply(to: request.amended)
    }

    /// Looks at an order as a change of it would, without changing anything: its row is locked meanwhile.
    ///
    /// - Parameters:
    ///   - change: who looks, at which order.
    ///   - body: looks.
    /// - Returns: what the body returns.
    /// - Throws: `Refusal` where there is no such order, or it lies outside of the caller's scope.
    func readingOrder<R: Sendable>(
        _ change: OrderChange, _ body: @escaping @Sendable (OrderWork) throws -> R
    ) async throws -> R {
        try await onConnection { connection in
            let work = try Ledger.lockedOrder(change, on: connection)
            let result = try body(work)
            _ = try connection.execute(.rollback)
            return result
        }
    }
}

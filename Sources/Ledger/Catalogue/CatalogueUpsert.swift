import Domain
import PostgresClient

/// The columns of a set of catalogue entries, and the statements that write them, one a step.
///
/// Rows are locked in the order of their keys, so that upserts of overlapping sets wait for each other, never in a ring.
protocol CatalogueUpsert {
    /// How many entries there are; their keys are distinct.
    var count: Int { get }
    /// Inserts the entries that do not exist. Counts them.
    var inserting: (PostgresStatement, [PostgresValue]) { get }
    /// Locks the rows of all entries.
    var locking: (PostgresStatement, [PostgresValue]) { get }
    /// Changes the rows that differ, and only those. Counts them.
    var updating: (PostgresStatement, [PostgresValue]) { get }
    /// Throws where the locked rows do not allow the change.
    func check(_ locked: PostgresRows, on connection: PostgresConnection) throws
}

extension Ledger {
    /// Runs an upsert inside the open transaction, stores its reply beside it and commits.
    static func upsert(
        _ upsert: some CatalogueUpsert, _ requestID: EntityID, body: [UInt8], caller: Caller,
        encodeReply: (UpsertCount) throws -> [UInt8], on connection: PostgresConnection
    ) throws -> [UInt8] {
        let written = try connection.pipeline([upsert.inserting, upsert.locking])
        try upsert.check(written[1], on: connection)
        let created = written[0].affectedRows
        let (update, values) = upsert.updating
        let updated = try connection.execute(update, values).affectedRows
        let reply = try encodeReply(
            UpsertCount(
                created: Int32(created), updated: Int32(updated), unchanged: Int32(upsert.count - created - updated)))
        try connection.pipeline([
            storing(requestID, .catalogue, body: body, reply: reply, caller: caller), (.commit, []),
        ])
        return reply
    }
}

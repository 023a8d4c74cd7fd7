public import PostgresClient

/// The durable side: what PostgreSQL knows, and every statement that changes it.
///
/// Methods are grouped by topic in extensions. What a caller can understand is thrown as `Refusal`; what only the order
/// promising protocol understands, as ``LedgerFault``.
public struct Ledger: Sendable {
    /// The connections.
    public let pool: PostgresPool

    /// Makes a ledger over a pool of connections.
    public init(pool: PostgresPool) {
        self.pool = pool
    }
}

/// Findings that the order promising protocol acts upon.
public enum LedgerFault: Error, Sendable, Hashable {
    /// The epoch of a vshard is not the one that the promise was made under. Nothing was written.
    case fenced
    /// A call of the admission was journalled before: Redis went back in time. Nothing was written.
    case tripwire
    /// What a change was planned on is no longer so. Nothing was written; plan again.
    case planOutdated
    /// The attempt was given up for dead meanwhile and its units were freed. Nothing was written; take anew.
    case buried
}

/// A statement with its values, as pipelines take them.
typealias LedgerStep = (statement: PostgresStatement, parameters: [PostgresValue])

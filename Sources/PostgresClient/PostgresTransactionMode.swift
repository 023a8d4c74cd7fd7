/// Isolation and access of a transaction.
public enum PostgresTransactionMode: Hashable, Sendable, CaseIterable {
    /// Each statement sees what was committed before it began.
    case readCommitted

    /// As ``readCommitted``, without writes.
    case readCommittedReadOnly

    /// All statements see the same snapshot; conflicting writes fail with 40001.
    case repeatableRead

    /// All statements see the same snapshot; no writes.
    case repeatableReadReadOnly

    /// As if transactions ran one after the other; conflicts fail with 40001.
    case serializable

    /// The statement that begins such a transaction.
    public var begin: PostgresStatement {
        switch self {
        case .readCommitted: Self.beginReadCommitted
        case .readCommittedReadOnly: Self.beginReadCommittedReadOnly
        case .repeatableRead: Self.beginRepeatableRead
        case .repeatableReadReadOnly: Self.beginRepeatableReadReadOnly
        case .serializable: Self.beginSerializable
        }
    }

    /// The statement that commits such a transaction.
    public var commit: PostgresStatement {
        switch self {
        case .readCommitted, .repeatableRead, .serializable: .commit
        case .readCommittedReadOnly, .repeatableReadReadOnly: Self.commitReadOnly
        }
    }

    private static let beginReadCommitted = PostgresStatement(
        "begin_read_committed", "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE")
    private static let beginReadCommittedReadOnly = PostgresStatement(
        "begin_read_committed_read_only", "BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY")
    private static let beginRepeatableRead = PostgresStatement(
        "begin_repeatable_read", "BEGIN ISOLATION LEVEL REPEATABLE READ READ WRITE")
    private static let beginRepeatableReadReadOnly = PostgresStatement(
        "begin_repeatable_read_read_only", "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    private static let beginSerializable = PostgresStatement(
        "begin_serializable", "BEGIN ISOLATION LEVEL SERIALIZABLE READ WRITE")
    private static let commitReadOnly = PostgresStatement("commit_read_only", "COMMIT", access: .readOnly)
}

/// An SQL statement, prepared when a connection first needs it and kept by its name.
///
/// Make statements once, as constants. The text may hold `$1`, `$2` … for parameters, whose types are those of the
/// ``PostgresValue`` cases that are passed: where a column is of another type, write a cast (`$1::text::order_state`).
public struct PostgresStatement: Sendable {
    /// Whether a statement may change anything.
    public enum Access: Sendable {
        /// It may; this is assumed unless told otherwise.
        case mayWrite

        /// It surely does not, so that a lost reply leaves no doubt about what was written.
        case readOnly
    }

    /// What a statement does to the transaction.
    enum Role: Sendable {
        case begin
        case commit
        case rollback
        case ordinary
    }

    /// The name, unique among the statements of a process.
    public let name: String

    /// The text: one statement.
    public let sql: String

    /// Whether the statement may change anything.
    public let access: Access

    let role: Role

    /// Makes a statement.
    public init(_ name: String, _ sql: String, access: Access = .mayWrite) {
        self.name = name
        self.sql = sql
        self.access = access
        self.role = Role(sql: sql)
    }

    /// Begins a transaction in which each statement sees what was committed before it, whatever the session's default is.
    public static let begin = PostgresStatement("begin", "BEGIN ISOLATION LEVEL READ COMMITTED")

    /// Commits the transaction.
    public static let commit = PostgresStatement("commit", "COMMIT")

    /// Rolls the transaction back.
    public static let rollback = PostgresStatement("rollback", "ROLLBACK")
}

extension PostgresStatement: Hashable {
    /// Equal when name and text are.
    public static func == (left: PostgresStatement, right: PostgresStatement) -> Bool {
        left.name == right.name && left.sql == right.sql
    }

    /// Hashes the name alone.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(self.name)
    }
}

extension PostgresStatement.Role {
    /// Reads the role off the first words; `ROLLBACK TO` a savepoint is an ordinary statement.
    init(sql: String) {
        let words = sql.split(maxSplits: 3, whereSeparator: { $0.isWhitespace || $0 == ";" }).map { $0.uppercased() }
        switch words.first {
        case "BEGIN", "START": self = .begin
        case "COMMIT", "END": self = .commit
        case "ROLLBACK", "ABORT": self = words.contains("TO") ? .ordinary : .rollback
        case "PREPARE" where words.dropFirst().first == "TRANSACTION": self = .commit
        default: self = .ordinary
        }
    }
}

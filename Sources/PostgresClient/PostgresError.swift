/// Why something asked of PostgreSQL did not happen, or is not known to have happened.
///
/// ## Outcome unknown
///
/// ``isOutcomeUnknown`` is true when the connection was lost, for whatever reason, after something that makes changes
/// durable had been sent and before the server confirmed it:
/// - a `COMMIT`, alone or in a pipeline, whose own confirmation did not arrive;
/// - outside an explicit transaction, any statement not declared ``PostgresStatement/Access/readOnly`` (a pipeline without
///   `BEGIN` is one implicit transaction), and every script.
///
/// The changes may then be durable or not, and only the database can tell: look for the row. In all other cases it is
/// false, and then nothing of the transaction was committed: it had not been asked for, or the server refused it.
/// The printed form is generic on purpose, so that SQL and values cannot reach an end user by accident; the server's own
/// words are in ``debugDescription``, for logs.
public struct PostgresError: Error, Sendable {
    /// The kind of a failure.
    public enum Kind: Hashable, Sendable {
        /// The server refused a statement; the connection lives on, an open transaction is as good as rolled back.
        case server(SQLState)

        /// The connection ended, or the server ended the session, in the middle of the work.
        case connectionLost

        /// The server did not answer within the response time-out; the connection was closed for it.
        case timedOut

        /// `COMMIT` found a transaction in which something had failed, and rolled it back.
        case transactionAborted

        /// No connection can be made.
        case unavailable

        /// All connections are busy and the bound on waiting, in number or in time, is reached. Nothing was executed.
        case poolExhausted

        /// The pool is shut down. Nothing was executed.
        case closed

        /// A parameter cannot be expressed on the wire. Nothing was sent.
        case invalidParameter

        /// libpq or the server behaved in a way that the protocol does not allow.
        case protocolViolation
    }

    private final class Fields: Sendable {
        let detail: String
        let state: SQLState?
        let constraint: String?
        let table: String?
        let column: String?

        init(detail: String, state: SQLState?, constraint: String?, table: String?, column: String?) {
            self.detail = detail
            self.state = state
            self.constraint = constraint
            self.table = table
            self.column = column
        }
    }

    /// The kind of the failure.
    public let kind: Kind

    /// Whether changes may have become durable although the confirmation is missing; see the type's comment.
    public let isOutcomeUnknown: Bool

    private let fields: Fields

    /// Makes an error.
    public init(
        _ kind: Kind, isOutcomeUnknown: Bool = false, detail: String, state: SQLState? = nil,
        constraint: String? = nil, table: String? = nil, column: String? = nil
    ) {
        self.kind = kind
        self.isOutcomeUnknown = isOutcomeUnknown
        let kindState: SQLState? = if case .server(let state) = kind { state } else { nil }
        self.fields = Fields(
            detail: detail, state: state ?? kindState, constraint: constraint, table: table, column: column)
    }

    /// The server's code, also for ``Kind/connectionLost`` when the server said why (57P01 for instance).
    public var sqlState: SQLState? { self.fields.state }

    /// The name of the constraint that was violated.
    public var constraint: String? { self.fields.constraint }

    /// The name of the table that the error is about.
    public var table: String? { self.fields.table }

    /// The name of the column that the error is about.
    public var column: String? { self.fields.column }

    /// Whether the same transaction, run again from its beginning, has a fair chance: it lost against others, and surely
    /// nothing of it was committed.
    public var isRetryable: Bool {
        guard !self.isOutcomeUnknown else { return false }
        switch self.kind {
        case .server(let state): return state.matches(.transactionRollback) || state == .lockNotAvailable
        case .connectionLost: return true
        default: return false
        }
    }
}

extension PostgresError: CustomStringConvertible {
    /// The kind, without any word of the server.
    public var description: String {
        let text =
            switch self.kind {
            case .server(let state): "PostgreSQL refused the statement (\(state))"
            case .connectionLost: "the connection to PostgreSQL was lost"
            case .timedOut: "PostgreSQL did not answer in time"
            case .transactionAborted: "the transaction was rolled back"
            case .unavailable: "PostgreSQL cannot be reached"
            case .poolExhausted: "all connections to PostgreSQL are busy"
            case .closed: "the connections to PostgreSQL are shut down"
            case .invalidParameter: "a parameter cannot be sent to PostgreSQL"
            case .protocolViolation: "PostgreSQL answered in an unexpected way"
            }
        return self.isOutcomeUnknown ? text + "; the outcome is unknown" : text
    }
}

extension PostgresError: CustomDebugStringConvertible {
    /// The description and all that the server or libpq said, for logs, not for users.
    public var debugDescription: String {
        var text = self.description
        if let state = self.sqlState { text += " [\(state)]" }
        if let constraint = self.constraint { text += " constraint=\(constraint)" }
        if let table = self.table { text += " table=\(table)" }
        if let column = self.column { text += " column=\(column)" }
        return text + ": " + self.fields.detail
    }
}

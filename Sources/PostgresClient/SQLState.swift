/// The five characters with which PostgreSQL names an error.
///
/// A class matches its members: `case SQLState.integrityConstraintViolation` holds for a unique violation too.
public struct SQLState: RawRepresentable, Hashable, Sendable {
    /// The five characters.
    public let rawValue: String

    /// Makes a state from its five characters.
    public init(rawValue: String) {
        self.rawValue = rawValue
    }

    private init(_ rawValue: StaticString) {
        self.rawValue = String(describing: rawValue)
    }

    /// Whether this names a whole class: its last three characters are zeros.
    public var isClass: Bool { self.rawValue.hasSuffix("000") }

    /// Whether the state is `other`, or belongs to it when `other` is a class.
    public func matches(_ other: SQLState) -> Bool {
        self == other || (other.isClass && self.rawValue.prefix(2) == other.rawValue.prefix(2))
    }

    /// Matches in `switch` and `catch`: equal, or a member of the class.
    public static func ~= (pattern: SQLState, value: SQLState) -> Bool {
        value.matches(pattern)
    }

    /// Class 08.
    public static let connectionException = SQLState("08000")
    /// Something that the server does not offer; also a cached plan whose result type changed.
    public static let featureNotSupported = SQLState("0A000")
    /// Class 22: a value out of range, ill-formed text and the like.
    public static let dataException = SQLState("22000")
    /// Class 23.
    public static let integrityConstraintViolation = SQLState("23000")
    /// A row that a foreign key needs is missing, or still needed.
    public static let foreignKeyViolation = SQLState("23503")
    /// A null where none may be.
    public static let notNullViolation = SQLState("23502")
    /// A second row with a key that must be unique.
    public static let uniqueViolation = SQLState("23505")
    /// A row that a CHECK refuses.
    public static let checkViolation = SQLState("23514")
    /// A row that an exclusion constraint refuses.
    public static let exclusionViolation = SQLState("23P01")
    /// Class 25: a command in the wrong state of a transaction.
    public static let invalidTransactionState = SQLState("25000")
    /// A write inside a read-only transaction.
    public static let readOnlyTransaction = SQLState("25006")
    /// A statement after an error inside the same transaction.
    public static let inFailedTransaction = SQLState("25P02")
    /// The session idled inside a transaction for too long and was ended.
    public static let idleInTransactionTimeout = SQLState("25P03")
    /// A prepared statement that the server does not know.
    public static let invalidStatementName = SQLState("26000")
    /// Class 40: the transaction was rolled back; running it again may succeed.
    public static let transactionRollback = SQLState("40000")
    /// Transactions that cannot be put in an order.
    public static let serializationFailure = SQLState("40001")
    /// The server does not know whether the statement took effect.
    public static let statementCompletionUnknown = SQLState("40003")
    /// Transactions that waited for each other.
    public static let deadlockDetected = SQLState("40P01")
    /// Class 42: wrong SQL, unknown names, missing rights.
    public static let syntaxErrorOrAccessRuleViolation = SQLState("42000")
    /// Ill-formed SQL.
    public static let syntaxError = SQLState("42601")
    /// A table that does not exist.
    public static let undefinedTable = SQLState("42P01")
    /// `undefined_column`: the schema is older than the statement.
    public static let undefinedColumn = SQLState("42703")
    /// Class 53: memory, disk or connections are exhausted.
    public static let insufficientResources = SQLState("53000")
    /// The disk is full.
    public static let diskFull = SQLState("53100")
    /// The server has no connection left.
    public static let tooManyConnections = SQLState("53300")
    /// A lock that could not be had without waiting, or in time.
    public static let lockNotAvailable = SQLState("55P03")
    /// Class 57: an operator stepped in.
    public static let operatorIntervention = SQLState("57000")
    /// The statement was cancelled, for instance by the statement time-out.
    public static let queryCanceled = SQLState("57014")
    /// The session was ended by an administrator or by a shutdown.
    public static let adminShutdown = SQLState("57P01")
    /// The session was ended because another one crashed.
    public static let crashShutdown = SQLState("57P02")
    /// The server is starting up or shutting down.
    public static let cannotConnectNow = SQLState("57P03")
    /// An exception that a function raised without a code of its own.
    public static let raiseException = SQLState("P0001")
}

extension SQLState: CustomStringConvertible {
    /// The five characters.
    public var description: String { self.rawValue }
}

/// Where PostgreSQL is and what is bounded how.
public struct PostgresConfiguration: Sendable {
    /// A libpq connection string, as a URL (`postgres://…`) or in keywords (`host=… dbname=…`).
    public var connectionString: String

    /// The number of connections, each with a thread of its own.
    ///
    /// Default: 8.
    public var connectionCount: Int = 8

    /// How many callers may wait for a connection.
    ///
    /// Default: 1,024.
    public var maximumWaiting: Int = 1_024

    /// How long a caller may wait for a connection.
    ///
    /// Default: 5 s.
    public var acquireTimeout: Duration = .seconds(5)

    /// How long connecting to one address may take, unless the connection string says otherwise.
    ///
    /// Default: 5 s.
    public var connectTimeout: Duration = .seconds(5)

    /// After how long the server cancels a statement; nil is never.
    ///
    /// Default: 10 s.
    public var statementTimeout: Duration? = .seconds(10)

    /// How long the server may take to answer one round trip before the connection is given up; nil is for ever.
    ///
    /// It is for a server or a network that hangs, so it should be longer than ``statementTimeout``.
    ///
    /// Default: 30 s.
    public var responseTimeout: Duration? = .seconds(30)

    /// After how long the server ends a session that idles inside a transaction; nil is never.
    ///
    /// Default: 30 s.
    public var idleInTransactionTimeout: Duration? = .seconds(30)

    /// The name that `pg_stat_activity` shows, unless the connection string has one.
    public var applicationName: String = "holdfast"

    /// Further settings of each session, such as `["lock_timeout": "5s"]`.
    public var sessionSettings: [String: String] = [:]

    /// The pause after the first failed attempt to connect; it doubles with each further one.
    ///
    /// Default: 50 ms.
    public var minimumReconnectDelay: Duration = .milliseconds(50)

    /// The longest pause between two attempts to connect.
    ///
    /// Default: 2 s.
    public var maximumReconnectDelay: Duration = .seconds(2)

    /// What is done with each new connection before it is lent, on the thread that owns it; nil is nothing.
    ///
    /// Where it throws the connection is given up, and another attempt is made after the pause.
    public var onConnect: (@Sendable (PostgresConnection) throws -> Void)?

    /// Makes a configuration with the defaults for everything else.
    public init(connectionString: String, connectionCount: Int = 8) {
        self.connectionString = connectionString
        self.connectionCount = connectionCount
    }
}

extension Duration {
    /// The duration in milliseconds, rounded up, at least 0.
    var milliseconds: Int64 {
        let (seconds, attoseconds) = self.components
        return max(0, seconds * 1_000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
    }

    /// The duration in nanoseconds, at least 0.
    var nanoseconds: UInt64 {
        let (seconds, attoseconds) = self.components
        return UInt64(max(0, seconds * 1_000_000_000 + attoseconds / 1_000_000_000))
    }
}

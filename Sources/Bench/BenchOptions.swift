/// What to measure, and how long.
public struct BenchOptions: Sendable {
    /// A comparison.
    public enum Comparison: String, Sendable, CaseIterable {
        /// CheckAvailability of one article beside pipelined `HMGET`.
        case availability
        /// Reserve of one line beside a one-reservation take, and beside one guarded statement in PostgreSQL.
        case reserve
        /// PlaceOrder of one line beside one statement with the same writes in PostgreSQL.
        case placeOrder = "place-order"
    }

    /// Connections of the load generator.
    ///
    /// Default 4.
    public var connections = 4
    /// Calls in flight on each.
    ///
    /// Default 32.
    public var depth = 32
    /// Seconds of each measurement.
    ///
    /// Default 3.
    public var seconds = 3.0
    /// Seconds before each measurement.
    ///
    /// Default 0.5.
    public var warmUp = 0.5
    /// Rounds; sides take turns within a round and the report gives medians.
    ///
    /// Default 3.
    public var rounds = 3
    /// Articles that the calls spread over.
    ///
    /// Default 1,000.
    public var skus = 1_000
    /// What to measure.
    ///
    /// Default all.
    public var comparisons = BenchOptions.Comparison.allCases

    /// The defaults.
    public init() {}
}

/// Where the server and its stores are.
public struct BenchTarget: Sendable {
    /// Host of the framed port.
    public var host: String
    /// The framed port.
    public var port: Int
    /// URL of the server's Redis.
    public var redisURL: String
    /// Connection string of the server's PostgreSQL.
    public var postgres: String

    /// Makes a target.
    public init(host: String, port: Int, redisURL: String, postgres: String) {
        self.host = host
        self.port = port
        self.redisURL = redisURL
        self.postgres = postgres
    }
}

/// What dies, for how long, and under what load.
public struct OutageOptions: Sendable {
    /// What dies.
    public enum Victim: String, Sendable, CaseIterable {
        /// Redis.
        case redis
        /// PostgreSQL.
        case postgres
        /// The server.
        case server
    }

    /// What dies.
    ///
    /// Default Redis.
    public var victim = Victim.redis
    /// Seconds from its death to the order to start it again.
    ///
    /// Default 60.
    public var seconds = 60.0
    /// Seconds of the load before, and at most after.
    ///
    /// Default 10.
    public var around = 10.0
    /// Articles, each at one location.
    ///
    /// Default 100,000.
    public var cells = 100_000
    /// Live reservations that are there from the beginning.
    ///
    /// Default 100,000.
    public var reservations = 100_000
    /// Callers, each with one call at a time.
    ///
    /// Default 128, on four connections.
    public var callers = 128

    /// The defaults.
    public init() {}
}

/// How the bench reaches into its own deployment.
public struct OutageHandles: Sendable {
    /// Kills the victim without warning.
    public var kill: @Sendable (OutageOptions.Victim) async -> Void
    /// Starts it again.
    public var restart: @Sendable (OutageOptions.Victim) async throws -> Void

    /// Makes handles.
    public init(
        kill: @escaping @Sendable (OutageOptions.Victim) async -> Void,
        restart: @escaping @Sendable (OutageOptions.Victim) async throws -> Void
    ) {
        self.kill = kill
        self.restart = restart
    }
}

/// What a pool's connections do at one moment.
public struct PostgresPoolStatus: Hashable, Sendable {
    /// The connections that stand.
    public let connected: Int

    /// Those of them that work for a caller.
    public let busy: Int

    /// The callers that wait for one.
    public let waiting: Int
}

/// How much is loaded anew, and how often.
public struct RebuildOptions: Sendable {
    /// Articles, each at one location.
    ///
    /// Default 1,000,000.
    public var cells = 1_000_000
    /// Live reservations.
    ///
    /// Default 100,000.
    public var reservations = 100_000
    /// Rounds; sides take turns within a round and the report gives medians.
    ///
    /// Default 3.
    public var rounds = 3

    /// The defaults.
    public init() {}
}

/// How a file of commands gets into a Redis of its own.
public struct RebuildHandles: Sendable {
    /// Feeds a file of commands in wire form to `redis-cli --pipe`, into an empty Redis, and returns the seconds it took.
    public var pipe: @Sendable (_ file: String) async throws -> Double
    /// A folder for the files, which the caller removes.
    public var folder: String

    /// Makes handles.
    public init(folder: String, pipe: @escaping @Sendable (_ file: String) async throws -> Double) {
        self.folder = folder
        self.pipe = pipe
    }
}

public import NIOCore

/// How order promising behaves.
public struct PromisingConfiguration: Sendable {
    /// What the keys in Redis start with; tells deployments apart that share a Redis.
    ///
    /// Default `hf:`.
    public var keyPrefix = "hf:"
    /// Oldest figure that a cached availability may use.
    ///
    /// Default 20 ms.
    public var maximumAge: TimeAmount = .milliseconds(20)
    /// Most figures remembered per event loop.
    ///
    /// Default 1,000,000.
    public var nearCacheCapacity = 1_000_000
    /// Bounds of batching.
    public var batching = BatchingLimits()
    /// Pause between two looks for expired reservations.
    ///
    /// Default 250 ms.
    public var sweepInterval: Duration = .milliseconds(250)
    /// Pause between two looks at who may admit: whether Redis is still armed, which store decides.
    ///
    /// Default 250 ms.
    public var watchInterval: Duration = .milliseconds(250)
    /// How long Redis is away before PostgreSQL decides alone.
    ///
    /// Default 1 s.
    public var breakerDelay: Duration = .seconds(1)
    /// How long Redis must be well before it decides again; doubles, up to a minute, where it goes away soon after.
    ///
    /// Default 2 s.
    public var returnDelay: Duration = .seconds(2)
    /// How long a call waits for its part of the stock to be loaded before its caller is told to come back.
    ///
    /// Default 5 s.
    public var loadPatience: Duration = .seconds(5)
    /// How long a server that says nothing keeps a lease, by PostgreSQL's clock.
    ///
    /// Default 3 s.
    public var leaseDuration: Duration = .seconds(3)
    /// Pause between two looks whether the Redis in use is this deployment's, and the one that its other servers use.
    ///
    /// Default 1 s.
    public var claimInterval: Duration = .seconds(1)
    /// Pause between two looks for changes that other servers made to the catalogue.
    ///
    /// Default 250 ms.
    public var directoryInterval: Duration = .milliseconds(250)
    /// How long rows stay that only make repetitions safe.
    public var retention = RetentionSettings()
    /// How the two stores are compared and put right.
    public var repair = RepairSettings()

    /// The defaults.
    public init() {}
}

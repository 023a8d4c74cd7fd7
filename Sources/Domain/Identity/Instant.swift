/// A moment in UTC, in microseconds since 1970-01-01T00:00:00Z: the resolution of PostgreSQL's clock.
public struct Instant: Hashable, Sendable, Comparable {
    /// Microseconds since the Unix epoch.
    public var microseconds: Int64

    /// Makes an instant of microseconds since the Unix epoch.
    public init(microseconds: Int64) {
        self.microseconds = microseconds
    }

    /// The earlier of two instants is the lesser.
    public static func < (left: Instant, right: Instant) -> Bool {
        left.microseconds < right.microseconds
    }
}

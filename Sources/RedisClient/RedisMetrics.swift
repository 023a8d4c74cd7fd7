public import CoreMetrics

/// What the links to a Redis count; handles are made once and shared by all links.
public struct RedisMetrics: Sendable {
    /// From a command to its reply.
    let commandTime: Timer
    /// Connections made, the first one included.
    let connected: Counter
    /// Connections lost.
    let lost: Counter
    /// Replies that are errors.
    let errorReplies: Counter
    /// Commands refused because too many are in flight.
    let overloads: Counter

    /// Makes the handles.
    public init(factory: any MetricsFactory) {
        commandTime = Timer(label: "holdfast_redis_command_duration_seconds", dimensions: [], factory: factory)
        connected = Counter(label: "holdfast_redis_connects_total", factory: factory)
        lost = Counter(label: "holdfast_redis_connections_lost_total", factory: factory)
        errorReplies = Counter(
            label: "holdfast_redis_command_errors_total", dimensions: [("reason", "error_reply")], factory: factory)
        overloads = Counter(
            label: "holdfast_redis_command_errors_total", dimensions: [("reason", "overloaded")], factory: factory)
    }

    /// Counts nothing.
    public static let off = RedisMetrics(factory: NOOPMetricsHandler.instance)
}

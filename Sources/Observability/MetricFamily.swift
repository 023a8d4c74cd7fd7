/// What a metric is, by its name: kind, meaning and the names of its labels.
public struct MetricFamily: Hashable, Sendable {
    /// How values of a metric behave.
    public enum Kind: Hashable, Sendable {
        /// Only grows while the process lives.
        case counter
        /// Goes up and down.
        case gauge
        /// Counts observations by size; the bounds grow, and everything above the last one is counted too.
        case histogram([Double])
    }

    /// Its name, by the conventions of Prometheus: unit and `_total` at the end.
    public var name: String
    /// What it tells, in one line.
    public var help: String
    /// How it behaves.
    public var kind: Kind
    /// The names of its labels, in the order in which they are written.
    public var labels: [String]

    /// Describes a metric.
    public init(_ name: String, _ kind: Kind, labels: [String] = [], help: String) {
        self.name = name
        self.kind = kind
        self.labels = labels
        self.help = help
    }

    /// Bounds for the duration of calls, in seconds: 50 µs to 10 s.
    public static let callSeconds: [Double] = [
        0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
    ]
    /// Bounds for work that takes longer, in seconds: 1 ms to 2 minutes.
    public static let workSeconds: [Double] = [
        0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120,
    ]
    /// Bounds for the size of batches: powers of two to 512.
    public static let batchSizes: [Double] = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512]
}

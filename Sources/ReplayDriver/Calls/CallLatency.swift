import Histogram

/// How long one kind of call took to be answered, in microseconds; each attempt that was answered counts.
public struct CallLatency: Hashable, Sendable {
    /// The kind of call.
    public let kind: CallKind
    /// Answers.
    public let count: UInt64
    /// Half of the answers took at most this long.
    public let median: UInt64
    /// 99 % of them.
    public let percentile99: UInt64
    /// 99.9 % of them.
    public let percentile999: UInt64
    /// The longest, within 0.1 %.
    public let longest: UInt64

    init(_ kind: CallKind, _ histogram: Histogram<UInt64>) {
        self.kind = kind
        count = histogram.totalCount
        median = histogram.valueAtPercentile(50)
        percentile99 = histogram.valueAtPercentile(99)
        percentile999 = histogram.valueAtPercentile(99.9)
        longest = histogram.max
    }
}

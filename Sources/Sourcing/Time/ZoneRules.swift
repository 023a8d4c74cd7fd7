public import Domain

/// What a time zone's clocks show over a stretch of time.
///
/// The rules are part of a problem's inputs: a plan that is made again from stored inputs is the same even where the
/// zone's law, or this machine's knowledge of it, has changed since.
public struct ZoneRules: Hashable, Sendable {
    /// From a moment on, clocks show UTC plus this offset.
    public struct Span: Hashable, Sendable {
        /// First second of the span, since 1970-01-01T00:00:00Z.
        ///
        /// The first span holds for all time before the second.
        public var start: Int64
        /// Seconds that local clocks are ahead of UTC.
        public var offset: Int64

        /// Makes a span.
        public init(start: Int64, offset: Int64) {
            self.start = start
            self.offset = offset
        }
    }

    /// The zone's IANA name.
    public var name: String
    /// The spans, at least one, in the order of time.
    public var spans: [Span]

    /// Makes rules; there is at least one span, and their starts grow.
    public init(name: String, spans: [Span]) {
        precondition(!spans.isEmpty && zip(spans, spans.dropFirst()).allSatisfy { $0.start < $1.start })
        self.name = name
        self.spans = spans
    }

    /// The day that local calendars show at a moment.
    public func date(at instant: Instant) -> CivilDate {
        let seconds = ZoneRules.floor(instant.microseconds, 1_000_000)
        let offset = spans.last { $0.start <= seconds }?.offset ?? spans[0].offset
        return CivilDate(days: Int(ZoneRules.floor(seconds + offset, 86_400)))
    }

    /// The first moment at which local clocks show this time of this day, or a later one.
    ///
    /// A time that clocks skip is reached when they skip it; of a time that they show twice the first counts.
    public func first(_ date: CivilDate, _ time: ClockTime) -> Instant {
        let shown = Int64(date.days) * 86_400 + Int64(time.minutes) * 60
        for (index, span) in spans.enumerated() {
            let moment = index == 0 ? shown - span.offset : max(span.start, shown - span.offset)
            if index + 1 == spans.count || moment < spans[index + 1].start {
                return Instant(microseconds: moment * 1_000_000)
            }
        }
        preconditionFailure("the last span has no end")
    }

    static func floor(_ value: Int64, _ divisor: Int64) -> Int64 {
        let quotient = value / divisor
        return value % divisor < 0 ? quotient - 1 : quotient
    }
}

/// Judges servers that ended although nobody had killed them: no trouble of a store or a connection may do that.
///
/// Whoever watches over a server starts it again, so that its clients may see little of it: this is looked at for itself.
package enum ServerEndCheck {
    /// Finds a violation for each server that ended by itself, with its first end and how often it did.
    ///
    /// - Parameters:
    ///   - ends: the ends, in the order in which they were seen.
    ///   - moment: what a clock's instant is, in nanoseconds since the run began.
    /// - Returns: the violations, by the servers' numbers.
    package static func violations(
        of ends: [ServerEnd], moment: (ContinuousClock.Instant) -> Int64
    ) -> [Violation] {
        Dictionary(grouping: ends, by: \.server).sorted { $0.key < $1.key }.compactMap { _, ends in
            guard let first = ends.first else { return nil }
            var story = first.summary
            if ends.count > 1 { story += ", the first of \(ends.count) times" }
            if !first.lastLines.isEmpty {
                story += "; its last words:\n    " + first.lastLines.joined(separator: "\n    ")
            }
            return Violation(.serverEnded, story, moment: moment(first.seen))
        }
    }
}

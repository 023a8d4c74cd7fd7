/// Checks looks at what had been acknowledged before: it must be there, on every server, at once.
package enum ReadCheck {
    /// Finds looks that did not find what they must.
    package static func violations(of reads: [RecordedRead], in keys: [KeyHistory]) -> [Violation] {
        var acknowledged: [Mutation.Key: Int64] = [:]
        for key in keys {
            if let moment = key.acknowledged { acknowledged[key.key] = moment }
        }
        return reads.compactMap { read in
            guard read.finding == .missing, let moment = acknowledged[read.key], moment <= read.began else {
                return nil
            }
            return Violation(
                .lost, "\(read.key) had been acknowledged, and server \(read.server) said that there is no such thing",
                keys: [read.key], moment: read.ended)
        }
    }

    /// Judges answers about availability that cannot be right.
    package static func violations(of figures: [WrongFigure]) -> [Violation] {
        figures.map { Violation(.wrongFigure, "server \($0.server) said of availability: \($0.flaw)", moment: $0.seen) }
    }
}

import ArgumentParser

/// A length of time that something may take, or `off` for no bound: `500ms`, `2s`, `off`.
struct TimeBound: Hashable, Sendable, ExpressibleByArgument {
    /// Milliseconds; 0 is no bound.
    var milliseconds: Int64

    init?(argument: String) {
        if argument == "off" || argument == "0" {
            milliseconds = 0
            return
        }
        guard let span = TimeSpan(argument: argument), span.milliseconds <= 3_600_000 else { return nil }
        milliseconds = span.milliseconds
    }
}

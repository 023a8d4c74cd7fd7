/// A server's end that nobody had asked for.
package struct ServerEnd: Sendable {
    /// The server's number.
    package var server: Int
    /// How its process ended: `status 137`, `signal 4`.
    package var ending: String
    /// The last lines that it wrote.
    package var lastLines: [String]
    /// When that was seen.
    package var seen: ContinuousClock.Instant

    /// Describes an end.
    package init(server: Int, ending: String, lastLines: [String], seen: ContinuousClock.Instant) {
        self.server = server
        self.ending = ending
        self.lastLines = lastLines
        self.seen = seen
    }

    /// In a few words.
    package var summary: String { "server \(server) ended by itself with \(ending)" }
}

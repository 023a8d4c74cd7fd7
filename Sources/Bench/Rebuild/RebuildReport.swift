/// How long a rebuild takes, and how long the same keys take without one.
public struct RebuildReport: Sendable {
    /// How it was measured.
    public var options: RebuildOptions
    /// Seconds from the flush until the last vshard promised again, each round.
    public var rebuilds: [Double]
    /// Seconds of `redis-cli --pipe` with one field a command, each round.
    public var pipes: [Double]
    /// Seconds of `redis-cli --pipe` with 500 fields a command, each round.
    public var widePipes: [Double]
    /// Fields of all hashes that were written.
    public var fields: Int

    private var figures: [(name: String, value: Double)] {
        let rebuild = BenchRun.median(rebuilds)
        let pipe = BenchRun.median(pipes)
        let wide = BenchRun.median(widePipes)
        return [
            ("rebuild_seconds", rebuild), ("pipe_seconds", pipe), ("ratio", rebuild / pipe),
            ("pipe_500_fields_a_command_seconds", wide), ("ratio_to_that", rebuild / wide),
        ]
    }

    private var counts: [(name: String, value: Int)] {
        [
            ("cells", options.cells), ("reservations", options.reservations), ("fields", fields),
            ("rounds", options.rounds),
        ]
    }

    private func text(_ value: Double) -> String { "\((value * 1000).rounded() / 1000)" }

    /// A table for people.
    public var table: String {
        let rows = counts.map { ($0.name, "\($0.value)") } + figures.map { ($0.name, text($0.value)) }
        let width = rows.map(\.0.count).max() ?? 0
        return rows.map { name, value in
            name.replacing("_", with: " ") + String(repeating: " ", count: width + 2 - name.count) + value
        }.joined(separator: "\n")
    }

    /// The same for machines.
    public var json: String {
        let entries =
            counts.map { "\"\($0.name)\": \($0.value)" } + figures.map { "\"\($0.name)\": \(text($0.value))" }
        return "{" + entries.joined(separator: ", ") + "}"
    }
}

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

    private var rows: [(name: String, value: String)] {
        counts.map { ($0.name, "\($0.value)") } + figures.map { ($0.name, FigureTable.thousandths($0.value)) }
    }

    /// A table for people.
    public var table: String { FigureTable.text(rows) }

    /// The same for machines.
    public var json: String {
        "{" + rows.map { name, value in "\"\(name)\": \(value)" }.joined(separator: ", ") + "}"
    }
}

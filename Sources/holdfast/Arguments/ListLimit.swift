import ArgumentParser

/// How many entries of a list to show.
struct ListLimit: ParsableArguments {
    @Option(help: "Show at most this many.")
    var limit = 100

    mutating func validate() throws {
        guard (1...1_000_000).contains(limit) else { throw ValidationError("--limit must be 1 to 1,000,000") }
    }
}

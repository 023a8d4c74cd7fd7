/// Reads a list page by page up to a limit.
enum Pages {
    /// Most entries that one page may hold.
    private static let largest = 1_000

    /// Collects up to `limit` entries.
    ///
    /// `page` is asked with a page size and a token, and gives entries and the next token.
    ///
    /// The token returned with the entries is empty at the end of the list.
    static func collect<Entry>(
        limit: Int, _ page: (Int32, String) async throws -> ([Entry], String)
    ) async throws -> ([Entry], String) {
        var entries: [Entry] = []
        var token = ""
        repeat {
            let (more, next) = try await page(Int32(min(largest, limit - entries.count)), token)
            entries += more
            token = next
        } while !token.isEmpty && entries.count < limit
        return (entries, token)
    }
}

extension Table {
    /// Says that a list goes on, where it does.
    mutating func noteMore(_ nextPageToken: String) {
        if !nextPageToken.isEmpty { note("… and more: raise --limit") }
    }
}

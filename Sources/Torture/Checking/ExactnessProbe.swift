import RedisClient

/// Compares what Redis would admit with what PostgreSQL has, cell by cell, past the servers.
package struct ExactnessProbe: Sendable {
    let stack: TortureStack
    let ledger: LedgerReader

    /// What the keys of a vshard begin with, as the servers of the stack name them.
    private static func key(_ vshard: Int, _ part: String) -> String {
        let digits = String(vshard)
        return "{hf:v\(String(repeating: "0", count: max(0, 4 - digits.count)))\(digits)}:\(part)"
    }

    /// Cells where the stores differ; empty where availability is exact.
    ///
    /// Throws where a store cannot be asked.
    package func differences() async throws -> [String] {
        let figures = try await ledger.figures()
        let admitted: [Int: [String: Int64]] = try await stack.redisDesk().with { redis in
            var admitted: [Int: [String: Int64]] = [:]
            for vshard in Set(figures.map(\.vshard)) {
                let reply = try await redis.send(RedisCommand("HGETALL", Self.key(vshard, "a"))).array ?? []
                var cells: [String: Int64] = [:]
                for index in stride(from: 0, to: reply.count - 1, by: 2) {
                    if let cell = reply[index].string, let figure = reply[index + 1].int64 { cells[cell] = figure }
                }
                admitted[vshard] = cells
            }
            return admitted
        }
        return figures.compactMap { cell, vshard, name, available in
            let figure = admitted[vshard]?["\(cell)"]
            guard figure != available else { return nil }
            return "\(name): PostgreSQL \(available), Redis \(figure.map { "\($0)" } ?? "nothing")"
        }
    }
}

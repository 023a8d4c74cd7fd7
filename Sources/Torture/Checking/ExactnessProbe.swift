import RedisClient

/// Compares what Redis would admit with what PostgreSQL has, cell by cell, past the servers.
package struct ExactnessProbe: Sendable {
    private let redis: RedisDesk
    private let ledger: LedgerReader
    private let prefix: String

    /// Looks at these two stores; the names of all keys in Redis begin with `prefix`.
    package init(redis: RedisDesk, ledger: LedgerReader, prefix: String = "hf:") {
        self.redis = redis
        self.ledger = ledger
        self.prefix = prefix
    }

    /// The name of a key of a vshard, as servers name it.
    private func key(_ vshard: Int, _ part: String) -> String {
        let digits = String(vshard)
        return "{\(prefix)v\(String(repeating: "0", count: max(0, 4 - digits.count)))\(digits)}:\(part)"
    }

    /// Cells where the stores differ; empty where availability is exact.
    ///
    /// Throws where a store cannot be asked.
    package func differences() async throws -> [String] {
        let figures = try await ledger.figures()
        let admitted: [Int: [String: Int64]] = try await redis.with { redis in
            var admitted: [Int: [String: Int64]] = [:]
            for vshard in Set(figures.map(\.vshard)) {
                let reply = try await redis.send(RedisCommand("HGETALL", key(vshard, "a"))).array ?? []
                var cells: [String: Int64] = [:]
                for index in stride(from: 0, to: reply.count - 1, by: 2) {
                    if let cell = reply[index].string, let figure = reply[index + 1].int64 { cells[cell] = figure }
                }
                admitted[vshard] = cells
            }
            return admitted
        }
        return figures.compactMap { cell in
            let figure = admitted[cell.vshard]?["\(cell.cell)"]
            guard figure != cell.available else { return nil }
            return "\(cell.sku)@\(cell.location): PostgreSQL \(cell.available), "
                + "Redis \(figure.map { "\($0)" } ?? "nothing")"
        }
    }
}

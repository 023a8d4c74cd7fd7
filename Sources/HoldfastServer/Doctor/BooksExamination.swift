import Domain
import HotStock
import Ledger
import NIOCore
import PostgresClient
import RedisClient

/// Adds up the books and compares what Redis would admit with what PostgreSQL has.
struct BooksExamination {
    let redis: RedisClient
    let pool: PostgresPool
    let keyPrefix: String

    private struct Difference: Hashable {
        var sku: String
        var location: String
        var ledger: Int64
        var admission: Int64?
    }

    /// How often a difference is looked at again: one of a call in flight is gone by then.
    private static let looks = 5
    /// Most differences that are named.
    private static let named = 3

    func findings() async -> [Finding] {
        let ledger = Ledger(pool: pool)
        do {
            let vshards = try await ledger.vshardCount()
            let hotStock = HotStock(
                link: redis.anyLink, keys: HotStockKeys(prefix: keyPrefix, vshards: vshards))
            let armed = try await armed(hotStock, epochs: ledger.epochs())
            var books = try await ledger.books()
            var findings = [armedFinding(armed, of: vshards)]
            var differences: [Difference] = []
            if armed == vshards {
                differences = try await self.differences(books, hotStock)
                for _ in 1..<Self.looks where !differences.isEmpty {
                    try await Task.sleep(for: .milliseconds(300))
                    books = try await ledger.books()
                    let again = try await self.differences(books, hotStock)
                    differences = differences.filter { old in
                        again.contains { $0.sku == old.sku && $0.location == old.location }
                    }
                }
                findings.append(comparison(differences, cells: books.cells.count))
            }
            return findings + bookFindings(books)
        } catch {
            return [
                Finding(.wrong, "books", "cannot be added up: \(describe(error))", advice: "run the doctor again")
            ]
        }
    }

    /// How many vshards Redis admits for under the epoch that PostgreSQL has.
    private func armed(_ hotStock: HotStock, epochs: [VShardEpoch]) async throws -> Int {
        var armed = 0
        for entry in epochs {
            do {
                if try await hotStock.status(entry.vshard).get().armed == entry.epoch { armed += 1 }
            } catch HotStockError.notArmed {
                // The function library is not there: no server has loaded this Redis yet.
                continue
            }
        }
        return armed
    }

    private func armedFinding(_ armed: Int, of vshards: Int) -> Finding {
        let found = "\(armed) of \(vshards) parts of the stock are open for promises"
        guard armed == vshards else {
            return Finding(
                .warning, "admission", found,
                advice: "a running server opens them within moments; if one runs, look at its log")
        }
        return Finding(.ok, "admission", found)
    }

    private func differences(_ books: LedgerBooks, _ hotStock: HotStock) async throws -> [Difference] {
        var differences: [Difference] = []
        for (vshard, cells) in Dictionary(grouping: books.cells, by: \.vshard) {
            for first in stride(from: 0, to: cells.count, by: 1_000) {
                let part = cells[first..<min(first + 1_000, cells.count)]
                let figures = try await hotStock.read(vshard, part.map(\.cell)).get()
                for (cell, figure) in zip(part, figures) where figure != cell.availableToPromise {
                    differences.append(
                        Difference(
                            sku: cell.sku, location: cell.location, ledger: cell.availableToPromise, admission: figure))
                }
            }
        }
        return differences
    }

    private func comparison(_ differences: [Difference], cells: Int) -> Finding {
        guard !differences.isEmpty else {
            return Finding(.ok, "Redis and PostgreSQL", "agree on all \(cells) articles and locations")
        }
        let tooHigh = differences.filter { ($0.admission ?? 0) > $0.ledger }
        let examples = differences.prefix(Self.named).map { difference in
            let figure = difference.admission.map { "\($0)" } ?? "nothing"
            return "\(difference.sku)@\(difference.location): \(figure) in Redis, \(difference.ledger) in PostgreSQL"
        }
        let found = "differ on \(differences.count) of \(cells): " + examples.joined(separator: "; ")
        return Finding(
            tooHigh.isEmpty ? .warning : .wrong, "Redis and PostgreSQL", found,
            advice:
                "restart Redis: a server then loads it anew. Too low only refuses too much; too high is a fault to report"
        )
    }

    private func bookFindings(_ books: LedgerBooks) -> [Finding] {
        let rules: [(Int64, String, String)] = [
            (books.foldMismatches, "stock and movements", "levels that are not the sum of their movements"),
            (books.allocationMismatches, "allocations", "levels whose allocated units are not those of open orders"),
            (books.lineMismatches, "order lines", "order lines whose quantities do not add up"),
            (books.eventGaps, "order history", "orders with a gap in their history"),
            (books.oversold, "oversold", "units promised beyond what is there"),
        ]
        let findings = rules.map { count, subject, what in
            Finding(
                count == 0 ? .ok : .wrong, subject, "\(count) \(what)",
                advice: count == 0 ? "" : "keep the logs and a backup, and report it: this must not happen")
        }
        let shortage = Finding(
            books.openShortage == 0 ? .ok : .warning, "shortages", "\(books.openShortage) units sold or counted short",
            advice: books.openShortage == 0 ? "" : "count those articles: holdfast stock list shows them")
        return findings + [
            shortage,
            Finding(.ok, "volume", "\(books.orders) orders, \(books.liveReservations) live reservations"),
        ]
    }
}

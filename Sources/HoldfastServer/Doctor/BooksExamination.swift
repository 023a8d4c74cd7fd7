import Domain
import HotStock
import Ledger
import NIOCore

/// Adds up the books and compares what Redis would admit with what PostgreSQL has.
struct BooksExamination {
    let ledger: Ledger
    /// Redis; nil where it cannot be used, or says nothing of this deployment.
    let hotStock: HotStock?
    /// Vshards that Redis admits for: what the others have in Redis means nothing.
    let vshards: Set<VShard>
    /// True where those are all.
    let isWhole: Bool

    private struct Difference: Hashable {
        var vshard: VShard
        var sku: String
        var location: String
        var ledger: Int64
        var admission: Int64?
    }

    /// How often a difference is looked at again: one of a call in flight is gone by then.
    private static let looks = 5
    /// Most differences that are named.
    private static let named = 3

    func findings() async throws -> [Finding] {
        let (books, differences) = try await compared()
        guard hotStock != nil, !vshards.isEmpty else { return bookFindings(books) }
        let cells = books.cells.count { vshards.contains($0.vshard) }
        return [comparison(differences, cells: cells)] + bookFindings(books)
    }

    /// Parts of the stock where figures differ and go on differing.
    func differingVShards() async throws -> [VShard] {
        Set(try await compared().differences.map(\.vshard)).sorted()
    }

    private func compared() async throws -> (books: LedgerBooks, differences: [Difference]) {
        var books = try await ledger.books()
        guard let hotStock, !vshards.isEmpty else { return (books, []) }
        var differences = try await self.differences(books, hotStock)
        for _ in 1..<Self.looks where !differences.isEmpty {
            try await Task.sleep(for: .milliseconds(300))
            books = try await ledger.books()
            let again = try await self.differences(books, hotStock)
            differences = again.filter { new in
                differences.contains { $0.sku == new.sku && $0.location == new.location }
            }
        }
        return (books, differences)
    }

    private func differences(_ books: LedgerBooks, _ hotStock: HotStock) async throws -> [Difference] {
        var differences: [Difference] = []
        for (vshard, cells) in Dictionary(grouping: books.cells, by: \.vshard) where vshards.contains(vshard) {
            for first in stride(from: 0, to: cells.count, by: 1_000) {
                let part = cells[first..<min(first + 1_000, cells.count)]
                let figures = try await hotStock.read(vshard, part.map(\.cell)).get()
                for (cell, figure) in zip(part, figures) where figure != cell.availableToPromise {
                    differences.append(
                        Difference(
                            vshard: vshard, sku: cell.sku, location: cell.location, ledger: cell.availableToPromise,
                            admission: figure))
                }
            }
        }
        return differences
    }

    private func comparison(_ differences: [Difference], cells: Int) -> Finding {
        guard !differences.isEmpty else {
            return Finding(
                .ok, "Redis and PostgreSQL",
                isWhole
                    ? "agree on all \(cells) articles and locations"
                    : "agree on the \(cells) articles and locations that are open")
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
                "servers load such parts anew by themselves, or run holdfast doctor --repair. Too low only refuses too much; "
                + "too high is a fault to report"
        )
    }

    private func bookFindings(_ books: LedgerBooks) -> [Finding] {
        let rules: [(Int64, String, String)] = [
            (books.foldMismatches, "stock and movements", "levels that are not the sum of their movements"),
            (books.allocationMismatches, "allocations", "levels whose allocated units are not those of open orders"),
            (books.lineMismatches, "order lines", "order lines whose quantities do not add up"),
            (books.moneyMismatches, "refunds", "orders that gave back more than they took"),
            (books.capacityMismatches, "capacity", "days whose capacity in use is not the sum of its bookings"),
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

/// Titles, and rows of a name, a figure and a remark, set in columns.
struct ReportPage {
    private enum Item {
        case title(String)
        case row(name: String, figure: String, remark: String)
        case note(String)
    }

    private var items: [Item] = []

    mutating func title(_ text: String) { items.append(.title(text)) }

    mutating func note(_ text: String) { items.append(.note(text)) }

    mutating func row(_ name: String, _ figure: String, _ remark: String = "") {
        items.append(.row(name: name, figure: figure, remark: remark))
    }

    var text: String {
        var widths = (name: 0, figure: 0)
        for case .row(let name, let figure, _) in items {
            widths = (max(widths.name, name.count), max(widths.figure, figure.count))
        }
        var lines: [String] = []
        for item in items {
            switch item {
            case .title(let text): lines += lines.isEmpty ? [text] : ["", text]
            case .note(let text): lines.append("  \(text)")
            case .row(let name, let figure, let remark):
                let gap = String(repeating: " ", count: widths.name - name.count + 2)
                let lead = String(repeating: " ", count: widths.figure - figure.count)
                lines.append("  \(name)\(gap)\(lead)\(figure)\(remark.isEmpty ? "" : "  \(remark)")")
            }
        }
        return lines.map { $0.last == " " ? String($0.reversed().drop { $0 == " " }.reversed()) : $0 }
            .joined(separator: "\n")
    }
}

extension ReportPage {
    /// Writes how fast a replay went.
    mutating func write(_ pace: ReplayPace, _ latencies: [CallLatency]) {
        title("Pace")
        row("seconds", Decimals.text(pace.milliseconds / 100, decimals: 1), "\(pace.workers) terminals")
        row("orders a second", pace.perSecond(pace.ordersPlaced), "\(pace.ordersPlaced) placed")
        row("calls a second", pace.perSecond(pace.calls), "\(pace.calls) answered, \(pace.repeated) repeated")
        for latency in latencies {
            let tail = [latency.percentile99, latency.percentile999, latency.longest].map(ReplayReport.milliseconds)
            row(
                "  \(ReplayReport.words(latency.kind.rawValue))", "\(ReplayReport.milliseconds(latency.median)) ms",
                "p99 \(tail[0]), p99.9 \(tail[1]), longest \(tail[2]); \(latency.count) calls")
        }
    }

    /// Writes what the books say.
    mutating func write(_ books: BooksFigures) {
        title("Books")
        row("they agree", books.agree ? "yes" : "NO")
        row("oversold", "\(books.oversold)", "units")
        row("cells", "\(books.cells)", "\(books.differingCells) differ between the stores")
        row("orders", "\(books.orders)")
        row(
            "units set aside", "\(books.allocatedUnits)",
            books.unitsAgree ? "as replayed" : "but \(books.replayedOpenUnits) were replayed")
        let faults = [
            ("cells that are not the sum of their movements", books.foldMismatches),
            ("cells that are not the sum of their orders", books.allocationMismatches),
            ("lines that do not add up", books.lineMismatches),
            ("orders that gave back more than they took", books.moneyMismatches),
            ("days whose capacity in use is not the sum of its bookings", books.capacityMismatches),
            ("orders with a gap in their history", books.eventGaps),
        ]
        for (name, count) in faults where count > 0 { row(name, "\(count)") }
        for difference in books.differences.prefix(5) {
            let admission = difference.admission.map { "\($0)" } ?? "nothing"
            note(
                "\(difference.sku) at \(difference.location): \(difference.ledger) in PostgreSQL, \(admission) in Redis"
            )
        }
    }
}

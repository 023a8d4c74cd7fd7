import Replay

extension ReplayReport {
    /// The report for people to read, without a line end behind it.
    public var text: String {
        var page = ReportPage()
        if problems.count > 0 { writeProblems(to: &page) }
        writeAccepted(to: &page)
        writeRefused(to: &page)
        writePace(to: &page)
        writeBooks(to: &page)
        return page.text
    }

    private func writeProblems(to page: inout ReportPage) {
        page.title("File")
        page.row("rows left out", "\(problems.refusedRows)")
        if problems.inputBrokeOff { page.row("the file broke off before its end", "") }
        for problem in problems.first.prefix(5) { page.note(problem.description) }
        if problems.count > 5 { page.note("… and \(problems.count - 5) more") }
    }

    private func writeAccepted(to page: inout ReportPage) {
        page.title("Accepted")
        page.row("orders", "\(accepted.orders)", "\(accepted.ordersInPart) of them in part")
        if accepted.ordersFound > 0 { page.row("  placed by an earlier run", "\(accepted.ordersFound)") }
        page.row("lines", "\(accepted.lines)")
        page.row("units", "\(accepted.units)")
        page.row("gross sales", "\(accepted.grossSales.rounded(toDecimals: 2)) GBP")
        page.row(
            "units cancelled", "\(accepted.cancelled.units)",
            "\(accepted.cancelledValue.rounded(toDecimals: 2)) GBP, \(accepted.cancelled.count) cancellations")
        page.row("units returned", "\(accepted.returned.units)", "\(accepted.returned.count) receipts")
        page.row("units received", "\(accepted.received.units)", "\(accepted.received.count) receipts")
        page.row("units written off", "\(accepted.corrected.units)", "\(accepted.corrected.count) corrections")
    }

    private func writeRefused(to page: inout ReportPage) {
        page.title("Refused")
        if refused.isEmpty { page.note("nothing") }
        for (reason, figures) in refusedInOrder {
            page.row(
                Self.words(reason), "\(figures.lines) lines",
                "\(figures.units) units, \(figures.value.rounded(toDecimals: 2)) GBP, \(figures.orders) whole orders")
        }
        if notReplayed.total.lines > 0 {
            page.row("not replayed", "\(notReplayed.total.lines) lines", "\(notReplayed.total.units) units")
        }
    }

    private func writePace(to page: inout ReportPage) {
        page.title("Pace")
        page.row("seconds", Decimals.text(pace.milliseconds / 100, decimals: 1), "\(pace.workers) terminals")
        page.row("orders a second", pace.perSecond(pace.ordersPlaced), "\(pace.ordersPlaced) placed")
        page.row("calls a second", pace.perSecond(pace.calls), "\(pace.calls) answered, \(pace.repeated) repeated")
        for latency in latencies {
            let tail = [latency.percentile99, latency.percentile999, latency.longest].map(Self.milliseconds)
            page.row(
                "  \(Self.words(latency.kind.rawValue))", "\(Self.milliseconds(latency.median)) ms",
                "p99 \(tail[0]), p99.9 \(tail[1]), longest \(tail[2]); \(latency.count) calls")
        }
    }

    private func writeBooks(to page: inout ReportPage) {
        page.title("Books")
        page.row("they agree", books.agree ? "yes" : "NO")
        page.row("oversold", "\(books.oversold)", "units")
        page.row("cells", "\(books.cells)", "\(books.differingCells) differ between the stores")
        page.row("orders", "\(books.orders)")
        page.row(
            "units set aside", "\(books.allocatedUnits)",
            books.unitsAgree ? "as replayed" : "but \(books.replayedOpenUnits) were replayed")
        let faults = [
            ("cells that are not the sum of their movements", books.foldMismatches),
            ("cells that are not the sum of their orders", books.allocationMismatches),
            ("lines that do not add up", books.lineMismatches),
            ("orders with a gap in their history", books.eventGaps),
        ]
        for (name, count) in faults where count > 0 { page.row(name, "\(count)") }
        for difference in books.differences.prefix(5) {
            let admission = difference.admission.map { "\($0)" } ?? "nothing"
            page.note(
                "\(difference.sku) at \(difference.location): \(difference.ledger) in PostgreSQL, \(admission) in Redis"
            )
        }
    }

    private static func words(_ name: String) -> String {
        String(name.map { $0 == "_" ? " " : $0 })
    }
}

/// Titles, and rows of a name, a figure and a remark, set in columns.
private struct ReportPage {
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

import Replay

extension ReplayReport {
    /// The report for people to read, without a line end behind it.
    public var text: String {
        var page = ReportPage()
        if problems.count > 0 { writeProblems(to: &page) }
        writeAccepted(to: &page)
        writeRefused(to: &page)
        if let life { page.write(life, currency: ShopNames.currency) }
        page.write(pace, latencies)
        page.write(books)
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

    static func words(_ name: String) -> String {
        String(name.map { $0 == "_" ? " " : $0 })
    }
}

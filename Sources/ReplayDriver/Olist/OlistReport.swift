public import Replay

/// What a replay of the Olist layout has done, beside what the files tell.
public struct OlistReport: Sendable {
    /// What the files offer, all of them.
    public let offered: OlistOffered
    /// Rows that could not be used.
    public let problems: OlistProblems
    /// What the service has.
    public let figures: OlistFigures
    /// What became of orders after their capture.
    public let life: LifeFigures
    /// How fast it went.
    public let pace: ReplayPace
    /// How long calls took.
    public let latencies: [CallLatency]
    /// What the books say.
    public let books: BooksFigures

    /// True where the service's books agree, it has taken as many units as the replay knows of, the money of every order is
    /// accounted for, and every order went as far as it should.
    public var isSound: Bool {
        books.agree && books.unitsAgree && life.accounts.isBalanced && figures.held.isEmpty
    }

    /// The report as one object, its members in a fixed order.
    public var json: JSONValue {
        .object([
            .init("offered", offered.json),
            .init(
                "problems",
                .object([
                    .init("rows_refused", .count(problems.count)),
                    .init("files_broken_off", .array(problems.brokenOff.map { .string($0.rawValue) })),
                    .init(
                        "first",
                        .array(problems.first.prefix(ReplayReport.problemsNamed).map { .string($0.description) })),
                ])
            ),
            .init("accepted", figures.json),
            .init("life", life.json(currency: OlistRequests.currency)),
            .init("throughput", pace.json),
            .init("latency", ReplayReport.json(latencies)),
            .init("books", books.json),
        ])
    }

    /// The report for people to read, without a line end behind it.
    public var text: String {
        var page = ReportPage()
        page.title("Files")
        for file in OlistFile.allCases { page.row(file.rawValue, "\(offered.rows[file] ?? 0)", "rows") }
        if problems.count > 0 {
            page.row("rows left out", "\(problems.count)")
            for problem in problems.first.prefix(5) { page.note(problem.description) }
            if problems.count > 5 { page.note("… and \(problems.count - 5) more") }
        }
        for (name, count) in offered.quirks.counts where count > 0 { page.row(ReplayReport.words(name), "\(count)") }
        writeFigures(to: &page)
        page.write(life, currency: OlistRequests.currency)
        page.write(pace, latencies)
        page.write(books)
        return page.text
    }

    private func writeFigures(to page: inout ReportPage) {
        page.title("Offered, and accepted")
        let all = offered.orders.values.reduce(0, +)
        let left = offered.quirks.counts.first { $0.name == "orders_without_items" }?.count ?? 0
        page.row("orders", "\(figures.orders)", "of \(all), \(left) of them without items")
        page.row("units", "\(figures.units)", "of \(offered.units)")
        page.row(
            "price and freight", OlistOffered.text(figures.value),
            "\(OlistRequests.currency), of \(OlistOffered.text(offered.price + offered.freight)); "
                + "paid \(OlistOffered.text(offered.paid))")
        page.row("tenders", "\(figures.tenders)", "of \(offered.payments.values.reduce(0, +)) payments")
        page.row(
            "delivered", "\(figures.ends[.delivered] ?? 0)",
            "of \(offered.orders[.delivered] ?? 0); \(offered.late) of \(offered.delivered) with a time were late")
        page.row("on the way", "\(figures.ends[.shipped] ?? 0)", "of \(offered.orders[.shipped] ?? 0)")
        let cancelled = (offered.orders[.canceled] ?? 0) + (offered.orders[.unavailable] ?? 0)
        page.row(
            "cancelled", "\(figures.ends[.cancelled] ?? 0)",
            "and \(figures.ends[.returned] ?? 0) sent back, of \(cancelled)")
        page.row("waiting", "\((figures.ends[.paid] ?? 0) + (figures.ends[.acknowledged] ?? 0))")
        page.row(
            "median hours to ship", OlistOffered.medianHours(offered.secondsToShip),
            "then \(OlistOffered.medianHours(offered.secondsUnderWay)) under way")
        page.row(
            "sourced by plan", "\(figures.sourcedByPlan)",
            "of \(figures.sourced) asked for; \(figures.sourcedAsSold) from the seller of the file, "
                + "\(figures.unitsMoved) units moved")
        for (reason, count) in figures.refused.sorted(by: { $0.key < $1.key }) {
            page.row("refused, \(ReplayReport.words(reason))", "\(count)", "orders")
        }
        for (reason, count) in figures.held.sorted(by: { $0.key < $1.key }) {
            page.row("held up, \(ReplayReport.words(reason))", "\(count)", "orders")
        }
    }
}

import Replay
import ReplayDriver
import Testing

@Suite("The scope of a replay")
struct ReplayScopeTests {
    private let lines = [
        Books.line("536365", "A1", 6), Books.line("536366", "A1", 6), Books.line("536365", "B2", 1),
        Books.line("C536367", "A1", -1, at: "2010-12-02 09:00:00"),
        Books.line("536368", "A1", 3, at: "2010-12-03 09:00:00"),
    ]

    private func invoices(_ scope: ReplayScope) throws -> [String] {
        try Books.plan(lines, scope: scope).plan.operations.compactMap { operation in
            switch operation.action {
            case .place(let order): order.invoice
            case .cancel(let cancellation): cancellation.invoice
            case .correct(let correction): correction.invoice
            case .receive, .fulfil, .takeBack: nil
            }
        }
    }

    @Test("counts invoices in the order of their first lines")
    func limits() throws {
        #expect(try invoices(ReplayScope()) == ["536365", "536366", "C536367", "536368"])
        #expect(try invoices(ReplayScope(limit: 2)) == ["536365", "536366"])
        #expect(try invoices(ReplayScope(limit: 3)) == ["536365", "536366", "C536367"])
        #expect(try invoices(ReplayScope(limit: 0)).isEmpty)
    }

    @Test("ends with a day")
    func endsWithADay() throws {
        let end = try #require(ReplayScope.end(ofDay: "2010-12-02"))
        #expect(end.description == "2010-12-03 00:00:00")
        #expect(try invoices(ReplayScope(until: end)) == ["536365", "536366", "C536367"])
        #expect(ReplayScope.end(ofDay: "2010-13-01") == nil)
        #expect(ReplayScope.end(ofDay: "yesterday") == nil)
    }

    @Test("reports what its part offers, and stocks it as the whole")
    func offersItsPart() throws {
        let whole = try Books.plan(lines)
        let part = try Books.plan(lines, scope: ReplayScope(limit: 1))
        #expect(part.offered.json.pretty().contains("\"rows\": 2,"))
        #expect(whole.offered.json.pretty().contains("\"rows\": 5,"))
        #expect(part.plan.operations[0].action == whole.plan.operations[0].action)
    }

    @Test("plans all of the sample as the plan without a scope does")
    func plansTheSample() throws {
        let plan = try ReplayPlan { try RetailReader(RetailSample.open()) }
        let (read, offered) = try Books.sample()
        var reader = try RetailReader(RetailSample.open())
        var expected = OfferedReport()
        while let row = reader.next() { expected.add(row) }
        #expect(offered.json == expected.json)
        #expect(read.operations == plan.operations)
        #expect(read.products == plan.products)
        #expect(read.notReplayed == plan.notReplayed)
        let part = try ReplaySource.sample.plan(ReplayOptions(scope: ReplayScope(limit: 500))).plan
        #expect(part.operations == Array(plan.operations.prefix(part.operations.count)))
    }
}

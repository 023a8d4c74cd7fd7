import Replay

/// What an import did.
struct ImportReport: Sendable {
    /// Products that did not exist before.
    var created = 0
    /// Products whose description changed.
    var updated = 0
    /// Products that were already as the file says.
    var unchanged = 0
    /// Rows of stock that were added.
    var received = 0
    /// Units that were added.
    var units: Int64 = 0
    /// Rows of stock that an earlier import of the same delivery had added.
    var receivedBefore = 0
    /// Rows that could not be imported.
    var refusedRows = 0
    /// The first problems; the rest is only counted.
    private(set) var problems: [ImportProblem] = []
    /// Number of all problems.
    private(set) var problemCount = 0

    /// Rows that have been dealt with.
    var rows: Int { created + updated + unchanged + received + receivedBefore + refusedRows }

    /// Most problems that are kept word by word.
    static let problemsKept = 1_000

    /// Notes everything wrong with one row.
    mutating func refuse(_ found: [ImportProblem]) {
        refusedRows += 1
        problemCount += found.count
        problems += found.prefix(ImportReport.problemsKept - problems.count)
    }

    /// The report for people.
    func table(_ kind: ImportLayout.Kind) -> Table {
        var facts: [(String, String)]
        switch kind {
        case .products:
            facts = [("created", "\(created)"), ("updated", "\(updated)"), ("unchanged", "\(unchanged)")]
        case .stock:
            facts = [
                ("rows added", "\(received)"), ("units added", "\(units)"), ("rows added before", "\(receivedBefore)"),
            ]
        }
        facts.append(("rows refused", "\(refusedRows)"))
        return Table(facts: facts)
    }

    /// The report for programs.
    func json(_ kind: ImportLayout.Kind) -> JSONValue {
        let problems = self.problems.map { problem in
            JSONValue.object([
                .init("line", .count(problem.line)),
                .init("column", problem.column.map { .string($0) } ?? .null),
                .init("reason", .string(problem.reason)),
            ])
        }
        let counts: [JSONValue.Member] =
            switch kind {
            case .products:
                [
                    .init("created", .count(created)), .init("updated", .count(updated)),
                    .init("unchanged", .count(unchanged)),
                ]
            case .stock:
                [
                    .init("rowsAdded", .count(received)), .init("unitsAdded", .integer(units)),
                    .init("rowsAddedBefore", .count(receivedBefore)),
                ]
            }
        return .object(
            counts + [
                .init("rowsRefused", .count(refusedRows)), .init("problemCount", .count(problemCount)),
                .init("problems", .array(problems)),
            ])
    }
}

import ArgumentParser
import Domain
import Sourcing

/// `holdfast sourcing compare`: what another configuration would have made of past orders.
struct SourcingCompareCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare",
        abstract: "Compare two configurations over past orders: splits, cost, fill rate.",
        discussion: """
            Examples:

              holdfast sourcing compare rules.json cheaper-splits.json orders.json
              holdfast sourcing compare A.json B.json orders.json --report json

            A.json and B.json each hold a configuration (or a problem, of which the configuration is taken), \
            orders.json the orders with the locations and the stock that they met. Each order is planned by itself \
            under both: nothing is changed anywhere.
            """)

    @Argument(help: "File with the first configuration.")
    var first: String

    @Argument(help: "File with the second.")
    var second: String

    @Argument(help: "File with the orders.")
    var orders: String

    @Option(help: "How to print the report.")
    var report = ReplayCommand.ReportFormat.text

    func run() throws {
        let (left, right) = (try SourcingFile.config(first), try SourcingFile.config(second))
        guard left.currency == right.currency else {
            throw CommandFailure(.invalid, "the two configurations have different currencies")
        }
        let value = try SourcingFile.read(orders)
        let comparison = try SourcingFile.naming(orders) {
            var comparison = ConfigComparison(left, right)
            for var problem in try SourcingProblem.read(value, config: left) {
                problem.addSystemZones()
                let one = try Sourcing.plan(problem)
                problem.config = right
                comparison.add(one, try Sourcing.plan(problem))
            }
            return comparison
        }
        switch report {
        case .text: for line in Self.table(comparison, left.currency).lines { Terminal.line(line) }
        case .json: Terminal.line(comparison.file.pretty)
        }
    }

    private static func table(_ comparison: ConfigComparison, _ currency: Currency) -> Table {
        var table = Table([.text("OF \(comparison.orders) ORDERS"), .number("A"), .number("B")])
        let (left, right) = (comparison.first, comparison.second)
        table.add("configuration", String(left.version.prefix(12)), String(right.version.prefix(12)))
        for (name, value) in [
            ("planned", \ConfigComparison.Side.planned), ("complete", \.complete), ("split", \.split),
            ("shipments", \.shipments), ("with a dropped constraint", \.relaxed), ("late", \.late),
            ("not proven optimal", \.unproven),
        ] {
            table.add(name, "\(left[keyPath: value])", "\(right[keyPath: value])")
        }
        table.add(
            "units sourced", "\(left.unitsSourced) of \(left.unitsOrdered)",
            "\(right.unitsSourced) of \(right.unitsOrdered)")
        func percent(_ permille: Int64) -> String { "\(permille / 10).\(permille % 10) %" }
        table.add("fill rate", percent(left.fillPermille), percent(right.fillPermille))
        for (name, value) in [
            ("cost", \SourcingPlan.Cost.total), ("  shipping", \.shipping), ("  handling", \.handling),
            ("  splits", \.splits), ("  capacity pressure", \.capacityPressure),
            ("  stock-out pressure", \.stockOutPressure), ("  unsourced", \.unsourced),
        ] {
            table.add(
                name, SourcingFile.shown(left.cost[keyPath: value], currency),
                SourcingFile.shown(right.cost[keyPath: value], currency))
        }
        for difference in comparison.differences.prefix(20) {
            func shown(_ outcome: ConfigComparison.Outcome) -> String {
                let units = outcome.units.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
                return ([SourcingFile.shown(outcome.cost, currency)] + units).joined(separator: ", ")
            }
            table.note("order \(difference.order): \(shown(difference.first)) / \(shown(difference.second))")
        }
        if comparison.differences.count > 20 {
            table.note("… and \(comparison.differences.count - 20) more: see --report json")
        }
        return table
    }
}

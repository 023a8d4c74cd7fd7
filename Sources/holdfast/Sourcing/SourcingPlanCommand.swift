import ArgumentParser
import Domain
import Sourcing

/// `holdfast sourcing plan`: the cheapest way to serve the orders of a file.
struct SourcingPlanCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "Plan from which locations the orders of a file are served, and say why.",
        discussion: """
            Examples:

              holdfast sourcing plan examples/sourcing/order.json
              holdfast sourcing plan orders.json --report json > plans.json

            For each order: the shipments with their cost, the bound below which no plan lies, constraints that had \
            to be dropped, and the reason code of every location. The JSON report also holds the inputs: as a file of \
            its own, "inputs" gives the same plan again.

            The exit status is 4 where an order has no plan.
            """)

    @Argument(help: "File with a problem, or several.")
    var file: String

    @Option(help: "Stop the search of an order after this many steps, whatever the file says.")
    var steps: Int64?

    @Option(help: "How to print the report.")
    var report = ReplayCommand.ReportFormat.text

    func run() throws {
        let value = try SourcingFile.read(file)
        let plans = try SourcingFile.naming(file) {
            var problems = try SourcingProblem.read(value)
            for index in problems.indices {
                problems[index].addSystemZones()
                if let steps { problems[index].config.steps = steps }
            }
            return try problems.map { try Sourcing.plan($0) }
        }
        switch report {
        case .text:
            for (index, plan) in plans.enumerated() {
                if index > 0 { Terminal.line("") }
                for line in PlanText(plan).lines { Terminal.line(line) }
            }
        case .json:
            Terminal.line((plans.count == 1 ? plans[0].file : .array(plans.map(\.file))).pretty)
        }
        let without = plans.count { !$0.hasPlan }
        if without > 0 { throw CommandFailure(.refused, "\(without) of \(plans.count) orders have no plan") }
    }
}

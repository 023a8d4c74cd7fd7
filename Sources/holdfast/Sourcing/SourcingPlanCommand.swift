import ArgumentParser
import Domain
import GRPCCore
import HoldfastAPI
import Sourcing
import SwiftProtobuf

/// `holdfast sourcing plan`: the cheapest way to serve the orders of a file, or an order of a server.
struct SourcingPlanCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "Plan from which locations orders are served, and say why.",
        discussion: """
            Examples:

              holdfast sourcing plan examples/sourcing/order.json
              holdfast sourcing plan orders.json --report json > plans.json
              holdfast sourcing plan --order 0b1f6f0a-5c0e-4a55-9d7a-0a4f6b9f3f11
              holdfast sourcing plan --line MUG-WHITE=2 --country GB --postcode SW1A

            For each order: the shipments with their cost, the bound below which no plan lies, constraints that had \
            to be dropped, and the reason code of every location. The JSON report of a file's plan also holds the \
            inputs: as a file of its own, "inputs" gives the same plan again.

            With --order or --line a server plans on its stock of this moment and stores the plan: show it again with \
            sourcing show, carry it out with sourcing commit.

            The exit status is 4 where an order has no plan.
            """)

    @Argument(help: "File with a problem, or several.")
    var file: String?

    @Option(help: "Stop the search of an order of the file after this many steps, whatever the file says.")
    var steps: Int64?

    @Option(help: "How to print the report of a file.")
    var report = ReplayCommand.ReportFormat.text

    @Option(help: "Plan this order of a server.")
    var order: EntityID?

    @Option(
        name: .customLong("line"), help: ArgumentHelp("Plan such a line on a server's stock.", valueName: "sku=units"))
    var lines: [StockLine] = []

    @Option(help: "Where the goods go: ISO 3166 code of the country (default with --order: the order's).")
    var country: String?

    @Option(help: "With --country: the postcode.")
    var postcode = ""

    @Option(help: "Where the customer collects, instead of being sent the goods.")
    var pickup: String?

    @Option(help: ArgumentHelp("The last day on which all has arrived.", valueName: "yyyy-mm-dd"))
    var promised = ""

    @Option(name: .customLong("exclude"), help: "A location that must not serve it.")
    var excluded: [String] = []

    @Option(help: "Version or name of the configuration (default: default).")
    var config = ""

    @OptionGroup var change: MutationID
    @OptionGroup var server: ServerOptions

    mutating func validate() throws {
        let ways = [file != nil, order != nil, !lines.isEmpty].count { $0 }
        guard ways == 1 else { throw ValidationError("give a file, or --order, or --line") }
        guard lines.allSatisfy({ $0.location.isEmpty }) else {
            throw ValidationError("a line names no location: that is what is planned")
        }
        guard lines.isEmpty || country != nil || pickup != nil else {
            throw ValidationError("--line needs --country or --pickup")
        }
    }

    func run() async throws {
        if let file { try planFile(file) } else { try await planOnServer() }
    }

    private func planFile(_ file: String) throws {
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

    private func planOnServer() async throws {
        let id = change.chosen()
        let reply = try await server.withClient { client, options in
            try await Holdfast_V1_SourcingService.Client(wrapping: client).planSourcing(
                .with {
                    $0.planID = id
                    $0.orderID = order?.description ?? ""
                    $0.lines = lines.map { line in
                        .with {
                            $0.sku = line.sku
                            $0.quantity = line.number
                        }
                    }
                    if let country {
                        $0.destination = .with {
                            $0.country = country
                            $0.postcode = postcode
                        }
                    }
                    if let pickup {
                        $0.method = "pickup"
                        $0.pickupLocation = pickup
                    }
                    $0.promised = promised
                    $0.excluded = excluded
                    $0.config = config
                }, options: options)
        }
        try StoredPlanText.show(reply, reply.plan, server.format)
        if reply.plan.shipments.isEmpty {
            throw CommandFailure(.refused, StoredPlanText.whyNothing(reply.plan))
        }
    }
}

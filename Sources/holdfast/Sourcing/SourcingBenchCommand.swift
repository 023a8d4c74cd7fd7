import ArgumentParser
import Sourcing

/// `holdfast sourcing bench`: how long planning takes.
struct SourcingBenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measure how long orders take to plan, and how good the plans are.",
        discussion: """
            Examples:

              holdfast sourcing bench
              holdfast sourcing bench --lines 1000 --orders 5

            The orders are made up from a seed: an ordinary shop's parcels, with locations and stock of their own. \
            What they cost and the steps of the search are the same in every run; the times are not.
            """)

    @Option(help: "Orders: 1 to 100000.")
    var orders = 200

    @Option(help: "Lines of an order: 1 to 1000.")
    var lines = 12

    @Option(help: "Locations: 1 to 1000.")
    var locations = 40

    @Option(help: "Seed of the first order; the others follow.")
    var seed: UInt64 = 1

    @Option(help: "Steps of the search of an order.")
    var steps = SourcingConfig.defaultSteps

    mutating func validate() throws {
        guard (1...100_000).contains(orders) else { throw ValidationError("--orders must be between 1 and 100000") }
    }

    func run() throws {
        var times: [Duration] = []
        var plans: [SourcingPlan] = []
        let clock = ContinuousClock()
        for number in 0..<UInt64(orders) {
            var maker = OrdinaryOrders(seed: seed &+ number)
            var problem = try maker.next(lines: lines, locations: locations)
            problem.config.steps = steps
            let start = clock.now
            plans.append(try Sourcing.plan(problem))
            times.append(clock.now - start)
        }
        for line in Self.table(plans, times.sorted()).lines { Terminal.line(line) }
    }

    private static func table(_ plans: [SourcingPlan], _ times: [Duration]) -> Table {
        func milliseconds(_ permille: Int) -> String {
            let time = times[min(times.count - 1, times.count * permille / 1_000)].components
            let microseconds = time.seconds * 1_000_000 + time.attoseconds / 1_000_000_000_000
            let places = "\(microseconds % 1_000)"
            return "\(microseconds / 1_000).\(String(repeating: "0", count: 3 - places.count))\(places) ms"
        }
        let steps = plans.map(\.steps).sorted()
        let gaps = plans.filter { $0.status == .feasible }.map(\.gapPermille).sorted()
        var table = Table(facts: [
            ("orders", "\(plans.count)"), ("optimal", "\(plans.count { $0.status == .optimal })"),
            ("with a gap", "\(gaps.count)"), ("without a plan", "\(plans.count { !$0.hasPlan })"),
            ("time p50", milliseconds(500)), ("time p99", milliseconds(990)), ("time max", milliseconds(1_000)),
            ("steps p50", "\(steps[steps.count / 2])"), ("steps max", "\(steps.last ?? 0)"),
        ])
        if let widest = gaps.last, !gaps.isEmpty {
            table.note("gap over the bound: p50 \(gaps[gaps.count / 2]) ‰, max \(widest) ‰")
        }
        #if DEBUG
            table.note("this is a debug build: a release build is many times faster")
        #endif
        return table
    }
}

extension SourcingPlan {
    /// The gap in thousandths of the bound, rounded up.
    fileprivate var gapPermille: Int64 { (gap * 1_000 + max(1, bound) - 1) / max(1, bound) }
}

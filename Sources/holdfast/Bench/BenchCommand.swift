public import ArgumentParser
public import Bench
import HoldfastClient
import Logging

/// `holdfast bench`: the service beside what it stands on.
struct BenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measure the service beside the raw stores it stands on, in one run.",
        discussion: """
            Examples:

              holdfast bench
              holdfast bench --connections 8 --depth 64 --seconds 5 --only reserve
              holdfast bench --report json > bench.json
              holdfast bench --crowd 5000
              holdfast bench --outage redis --down 60
              holdfast bench --rebuild --cells 1000000 --reservations 100000
              holdfast bench --steps --orders 4000

            It starts private stores and a server of its own, and measures in closed loops, sides in turn, several \
            rounds each: CheckAvailability beside pipelined HMGET, Reserve beside a one-reservation take in Redis and \
            beside one guarded statement in PostgreSQL, PlaceOrder beside one statement with the same writes. The \
            report gives medians, latencies, ratios, and CPU time per operation by process: where the time goes. Load \
            generator, server and stores share the machine; compare ratios, not figures of different machines.

            With --crowd it measures something else: one well-behaved client alone, and the same client beside that \
            many idle connections and a flood of availability checks; and what the server's memory grows by for each \
            idle connection. --seconds, --rounds and --skus hold for it too.

            With --outage it kills Redis, PostgreSQL or the server while callers reserve, starts it again after --down \
            seconds, and tells how much went on meanwhile, the longest time without a success, and whether everything \
            that was acknowledged is there. It is on --cells articles with --reservations live reservations. The exit \
            status is 4 where something was lost.

            With --rebuild it flushes Redis and measures how long the server takes to load it again from PostgreSQL, \
            beside redis-cli --pipe of the very same keys into an empty Redis; with --cells, --reservations and --rounds.

            With --steps it takes orders through their whole life, a step after the other: placed, paid, released, picked, \
            packed, shipped, delivered, returned, refunded. Each step is measured by itself over --orders orders that \
            are ready for it, beside one statement in PostgreSQL with the same writes; with --connections, --depth, \
            --rounds and --skus.
            """)

    @Option(help: "Connections of the load generator: 1 to 1000.")
    var connections = BenchOptions().connections

    @Option(help: "Calls in flight on each connection: 1 to 1000.")
    var depth = BenchOptions().depth

    @Option(help: "Seconds of each measurement.")
    var seconds = BenchOptions().seconds

    @Option(help: "Rounds.")
    var rounds = BenchOptions().rounds

    @Option(help: "Articles that the calls spread over: 1 to 100000.")
    var skus = BenchOptions().skus

    @Option(help: "Measure only this; may be repeated.")
    var only: [BenchOptions.Comparison] = []

    @Option(help: "Measure one client beside this many idle connections and a flood instead: 1 to 20000.")
    var crowd: Int?

    @Option(help: "Kill this under load instead, and measure what callers notice: redis, postgres or server.")
    var outage: OutageOptions.Victim?

    @Option(help: "With --outage: seconds until what died is started again.")
    var down = OutageOptions().seconds

    @Flag(help: "Measure how fast Redis is loaded anew instead.")
    var rebuild = false

    @Option(help: "With --outage and --rebuild: articles, 1 to 2000000.")
    var cells = OutageOptions().cells

    @Option(help: "With --outage and --rebuild: live reservations at the start, 0 to 2000000.")
    var reservations = OutageOptions().reservations

    @Flag(help: "Measure each step in the life of an order instead.")
    var steps = false

    @Option(help: "With --steps: orders of each round, 1 to 1000000.")
    var orders = StepsOptions().orders

    @Option(help: "How to print the report.")
    var report = ReplayCommand.ReportFormat.text

    @OptionGroup var log: LogOptions

    mutating func validate() throws {
        guard (1...1_000).contains(connections), (1...1_000).contains(depth), (1...100_000).contains(skus),
            seconds > 0, rounds > 0
        else { throw ValidationError("a value is out of bounds; see --help") }
        if let crowd, !(1...20_000).contains(crowd) {
            throw ValidationError("a value is out of bounds; see --help")
        }
        guard (1...2_000_000).contains(cells), (0...2_000_000).contains(reservations), (0...600).contains(down),
            (1...1_000_000).contains(orders)
        else {
            throw ValidationError("a value is out of bounds; see --help")
        }
    }

    func run() async throws {
        var options = BenchOptions()
        options.connections = connections
        options.depth = depth
        options.seconds = seconds
        options.rounds = rounds
        options.skus = skus
        if !only.isEmpty { options.comparisons = only }
        let logger = try log.logger("holdfast.bench", otherwise: .warning)
        if let outage {
            try await measureOutage(of: outage, logger: logger)
            return
        }
        if let crowd {
            try await measureCrowd(of: crowd, logger: logger)
            return
        }
        if rebuild {
            try await measureRebuild(logger: logger)
            return
        }
        if steps {
            try await measureSteps(logger: logger)
            return
        }
        let chosen = options
        let made = try await EmbeddedServer.with(data: nil, logger: logger) { server in
            return try await BenchRun(options: chosen, target: server.benchTarget).run { round, name in
                Terminal.error("round \(round) of \(chosen.rounds): \(name)")
            }
        }
        print(text: made.table, json: made.json)
    }

    private func measureCrowd(of count: Int, logger: Logger) async throws {
        var options = CrowdOptions()
        options.idleConnections = count
        options.seconds = seconds
        options.rounds = rounds
        options.skus = skus
        let chosen = options
        let made = try await EmbeddedServer.with(data: nil, logger: logger) { server in
            return try await CrowdRun(options: chosen, target: server.benchTarget).run { Terminal.error($0) }
        }
        print(text: made.table, json: made.json)
    }

    private func measureOutage(of victim: OutageOptions.Victim, logger: Logger) async throws {
        var options = OutageOptions()
        options.victim = victim
        options.seconds = down
        options.cells = cells
        options.reservations = reservations
        let chosen = options
        let made = try await EmbeddedServer.with(data: nil, logger: logger) { server in
            let handles = OutageHandles(
                kill: { victim in
                    switch victim {
                    case .redis: server.stores.killRedis()
                    case .postgres: server.stores.killPostgres()
                    case .server: await server.kill()
                    }
                },
                restart: { victim in
                    switch victim {
                    case .redis: try await server.stores.restartRedis()
                    case .postgres: try await server.stores.restartPostgres()
                    case .server: try await server.restart()
                    }
                })
            return try await OutageRun(options: chosen, target: server.benchTarget, handles: handles).run {
                Terminal.error($0)
            }
        }
        print(text: made.table, json: made.json)
        guard made.isGood else {
            throw CommandFailure(.refused, "something acknowledged was lost, or the books differ")
        }
    }

    private func measureRebuild(logger: Logger) async throws {
        var options = RebuildOptions()
        options.cells = cells
        options.reservations = reservations
        options.rounds = rounds
        let chosen = options
        let made = try await EmbeddedServer.with(data: nil, logger: logger) { server in
            let folder = try DevFolder.temporary()
            defer { folder.discard() }
            let handles = RebuildHandles(folder: folder.path) { file in
                try await MassInsertion.seconds(of: file, in: folder.path + "/redis")
            }
            return try await RebuildRun(options: chosen, target: server.benchTarget, handles: handles).run {
                Terminal.error($0)
            }
        }
        print(text: made.table, json: made.json)
    }

    private func measureSteps(logger: Logger) async throws {
        var options = StepsOptions()
        options.connections = connections
        options.depth = depth
        options.orders = orders
        options.rounds = rounds
        options.skus = skus
        let chosen = options
        let made = try await EmbeddedServer.with(data: nil, logger: logger) { server in
            return try await StepsRun(options: chosen, target: server.benchTarget).run { round, step in
                Terminal.error("round \(round) of \(chosen.rounds): \(step.rawValue)")
            }
        }
        print(text: made.table, json: made.json)
    }

    private func print(text: String, json: String) {
        switch report {
        case .text: Terminal.line(text)
        case .json: Terminal.line(json)
        }
    }
}

extension BenchOptions.Comparison: ExpressibleByArgument {}
extension OutageOptions.Victim: ExpressibleByArgument {}

extension EmbeddedServer {
    /// Where the bench finds it and its stores.
    fileprivate var benchTarget: BenchTarget {
        BenchTarget(
            host: address.host, port: address.port, redisURL: stores.addresses.redisURL,
            postgres: stores.addresses.postgresURL)
    }
}

import ArgumentParser
import GRPCCore
import HoldfastClient
import Logging
import NIOPosix
import Replay
import ReplayDriver

/// `holdfast replay`: nine months of a shop's books through a server.
struct ReplayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Drive a retailer's books through a server and add up what came of them.",
        discussion: """
            Examples:

              holdfast replay --embedded
              holdfast replay online_retail.csv.gz --embedded --data ./kept
              holdfast replay online_retail.csv.gz --server 127.0.0.1:7411 \\
                  --workers 32 --report json

            The file is CSV, plain or gzip, in the layout of the Online Retail data set (columns InvoiceNo, StockCode, \
            Description, Quantity, InvoiceDate, UnitPrice, CustomerID, Country); without a file the sample that comes \
            with the program is replayed. Products, opening stock and weekly deliveries follow from the file by a \
            stated rule that lets some articles run short. Every invoice is then driven in the order of time, from \
            many terminals at once: check, reserve, place; cancellations cancel what they match or book returned \
            goods in. All ids follow from the invoices' numbers: a second run over the same stores changes nothing, and \
            a run that was broken off is carried on. The report ends with the books of both stores; the exit status \
            is 4 where they do not agree.
            """)

    @Argument(help: "The file; none is the sample that comes with the program.")
    var file: String?

    @OptionGroup var server: ServerOptions

    @Flag(help: "Start a server and private stores for this run.")
    var embedded = false

    @Option(
        help: ArgumentHelp("With --embedded: keep the stores in this folder between runs.", valueName: "folder"))
    var data: String?

    @Option(help: "Terminals that work side by side: 1 to 1000.")
    var workers = 16

    @Option(help: "Replay at most this many invoices.")
    var limit: Int?

    @Option(help: ArgumentHelp("Replay invoices up to and including this day only.", valueName: "yyyy-mm-dd"))
    var until: String?

    @Option(help: "How to print the report.")
    var report = ReportFormat.text

    @OptionGroup var log: LogOptions

    /// How a report is printed.
    enum ReportFormat: String, CaseIterable, ExpressibleByArgument {
        /// For people.
        case text
        /// For programs.
        case json
    }

    mutating func validate() throws {
        guard (1...1_000).contains(workers) else { throw ValidationError("--workers must be between 1 and 1000") }
        guard limit.map({ $0 > 0 }) ?? true else { throw ValidationError("--limit must be at least 1") }
        guard data == nil || embedded else { throw ValidationError("--data goes with --embedded") }
        guard server.server == nil || !embedded else { throw ValidationError("choose --server or --embedded") }
    }

    func run() async throws {
        let options = try replayOptions()
        let source = file.map { ReplaySource.file(path: $0) } ?? .sample
        let made: ReplayReport
        if embedded {
            let logger = try log.logger("holdfast.replay", otherwise: .warning)
            made = try await EmbeddedServer.with(data: data, logger: logger) { server in
                try await server.stores.keepAlive(returning: {
                    try await replay(
                        source, options, with: HoldfastClientConfiguration(endpoints: [server.address]))
                })
            }
        } else {
            made = try await replay(source, options, with: server.configuration())
        }
        switch report {
        case .text: Terminal.line(made.text)
        case .json: Terminal.line(made.json.pretty())
        }
        for problem in made.problems.first { Terminal.error("\(problem)") }
        guard made.isSound else {
            throw CommandFailure(.refused, "the books do not agree")
        }
    }

    private func replayOptions() throws -> ReplayOptions {
        var options = ReplayOptions(workers: workers)
        options.scope.limit = limit
        if let until {
            guard let day = ReplayScope.end(ofDay: until) else {
                throw CommandFailure(.invalid, "--until is \"\(until)\", which is no day like 2011-03-31")
            }
            options.scope.until = day
        }
        return options
    }

    private func replay(
        _ source: ReplaySource, _ options: ReplayOptions, with configuration: HoldfastClientConfiguration
    ) async throws
        -> ReplayReport
    {
        var configuration = configuration
        // The run repeats its calls itself, longer than a client would, and counts the repetitions.
        configuration.repetition = .never
        return try await withHoldfastClient(configuration) { client in
            let run = try ReplayRun(source, client: client.grpc, options: options)
            let line = SharedProgress("replay", total: run.plan.operations.count)
            let report = try await run.run { progress in line.show(progress.done) }
            line.finish()
            return report
        }
    }
}

import ArgumentParser
import GRPCCore
import HoldfastClient
import Logging
import NIOPosix
import Replay
import ReplayDriver

/// `holdfast replay`: a shop's books through a server, from capture to delivery and back.
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
              holdfast replay --layout olist ./olist --embedded

            The file is CSV, plain or gzip, in the layout of the Online Retail data set (columns InvoiceNo, StockCode, \
            Description, Quantity, InvoiceDate, UnitPrice, CustomerID, Country); without a file the sample that comes \
            with the program is replayed. Products, opening stock and weekly deliveries follow from the file by a \
            stated rule that lets some articles run short. Every invoice is then driven in the order of time, from \
            many terminals at once: check, reserve, place, pay. Its goods leave at 18:00 of the next working day: released, \
            picked, packed, shipped, delivered. Cancellations that come before that cancel what they match; later ones \
            are returns that are received, inspected, settled and refunded; what matches nothing is booked in as \
            returned goods. --until-capture leaves out everything after the capture of orders. All ids follow from the invoices' numbers: a second run over the same stores changes nothing, and \
            a run that was broken off is carried on. The report ends with the books of both stores; the exit status \
            is 4 where they do not agree, or where the money of an order is not accounted for: captured = recognised + \
            tax + refunds due + deposits.

            With --layout olist the folder holds the files of the Brazilian E-Commerce Public Dataset by Olist \
            (olist_orders*.csv, olist_order_items*.csv …, plain or gzip): sellers, freight, several payments, times of \
            hand-over and delivery. Its licence forbids to sell it or to ship it with a program: it is only read from \
            where you have it.
            """)

    @Argument(help: "The file, or the folder of the Olist layout; none is the sample that comes with the program.")
    var file: String?

    @Option(help: "How the books are laid out.")
    var layout = Layout.retail

    @Flag(help: "Capture and cancel orders only; not with --layout olist.")
    var untilCapture = false

    @Option(
        help: ArgumentHelp(
            "Pay with a card that the server's gateway knows by this token: held at first, taken when goods leave. "
                + "Otherwise a terminal takes it at once.", valueName: "token"))
    var cardToken: String?

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

    /// How books are laid out.
    enum Layout: String, CaseIterable, ExpressibleByArgument {
        /// One file of invoice lines, as Online Retail.
        case retail
        /// A folder of files, as Olist.
        case olist
    }

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
        if layout == .olist {
            guard file != nil else { throw ValidationError("--layout olist needs the folder of its files") }
            guard !untilCapture else { throw ValidationError("--until-capture does not go with --layout olist") }
            guard until == nil else { throw ValidationError("--until does not go with --layout olist") }
            guard cardToken == nil else { throw ValidationError("--card-token does not go with --layout olist") }
        }
        guard cardToken == nil || !untilCapture else {
            throw ValidationError("nothing is paid with --until-capture: leave --card-token out")
        }
        guard server.server == nil || !embedded else { throw ValidationError("choose --server or --embedded") }
    }

    func run() async throws {
        let options = try replayOptions()
        switch layout {
        case .retail:
            let source = file.map { ReplaySource.file(path: $0) } ?? .sample
            let made = try await serving { configuration in try await replay(source, options, with: configuration) }
            try show(
                text: made.text, json: made.json, problems: made.problems.first.map { "\($0)" }, isSound: made.isSound)
        case .olist:
            let books = try OlistBooks(OlistFolder(path: file ?? ""))
            let made = try await serving { configuration in try await replay(books, options, with: configuration) }
            try show(
                text: made.text, json: made.json, problems: made.problems.first.map { "\($0)" }, isSound: made.isSound)
        }
    }

    /// Gives a body the way to the server: one that runs, or one of this run.
    private func serving<Report: Sendable>(
        _ body: @escaping @Sendable (HoldfastClientConfiguration) async throws -> Report
    ) async throws -> Report {
        guard embedded else { return try await body(server.configuration()) }
        let logger = try log.logger("holdfast.replay", otherwise: .warning)
        return try await EmbeddedServer.with(data: data, logger: logger) { server in
            try await server.stores.keepAlive(returning: {
                try await body(HoldfastClientConfiguration(endpoints: [server.address]))
            })
        }
    }

    private func show(
        text: @autoclosure () -> String, json: @autoclosure () -> JSONValue, problems: [String], isSound: Bool
    )
        throws
    {
        switch report {
        case .text: Terminal.line(text())
        case .json: Terminal.line(json().pretty())
        }
        for problem in problems { Terminal.error(problem) }
        guard isSound else {
            throw CommandFailure(.refused, "the books do not agree")
        }
    }

    private func replayOptions() throws -> ReplayOptions {
        var options = ReplayOptions(workers: workers)
        options.end = untilCapture ? .capture : .delivery
        if let cardToken { options.tender = .card(token: cardToken) }
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

    private func replay(
        _ books: OlistBooks, _ options: ReplayOptions, with configuration: HoldfastClientConfiguration
    ) async throws -> OlistReport {
        var configuration = configuration
        configuration.repetition = .never
        return try await withHoldfastClient(configuration) { client in
            let run = OlistRun(books, client: client.grpc, options: options)
            let line = SharedProgress("replay", total: run.plan.sales.count)
            let report = try await run.run { progress in line.show(progress.done) }
            line.finish()
            return report
        }
    }
}

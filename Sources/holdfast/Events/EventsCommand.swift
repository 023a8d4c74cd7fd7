import ArgumentParser
import Domain
import GRPCCore
import HoldfastAPI
import HoldfastClient
import SwiftProtobuf

/// `holdfast events`: what happens, one line an event.
struct EventsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "events",
        abstract: "Follow what happens to orders and stock, in order and without gaps.",
        discussion: """
            Examples:

              holdfast events
              holdfast events --oldest --no-follow --topic order.placed
              holdfast events --from "$(cat cursor)" --format json

            Each JSON line is one message of EventService.Subscribe with its cursor: keep the cursor of the last line that \
            you have dealt with, and go on behind it with --from. In text the last cursor is told at the end. Broken \
            connections are made anew, and nothing is left out. It talks to the gRPC port.
            """)

    @Option(help: ArgumentHelp("Go on behind this cursor.", valueName: "cursor"))
    var from: String?

    @Flag(help: "Begin with the oldest event that is kept (default: with the next one).")
    var oldest = false

    @Flag(help: "End as soon as everything that is there has been told.")
    var noFollow = false

    @Option(help: "End after this many events.")
    var limit: Int?

    @Option(help: "Only this topic: order.placed, order.cancelled, stock.changed. Can be given several times.")
    var topic: [String] = []

    @Option(help: "Only orders of this channel. Can be given several times.")
    var channel: [String] = []

    @Option(help: ArgumentHelp("Only this order or change of stock.", valueName: "uuid"))
    var subject: EntityID?

    @Option(
        help: ArgumentHelp(
            "Where the servers' gRPC ports are, with commas between them (default: HOLDFAST_GRPC_SERVER, else "
                + "127.0.0.1:7412).",
            valueName: "host:port"))
    var grpcServer: ServerList?

    @Option(help: "How to print: a line of text, or the message as protobuf JSON.")
    var format = EventFormat.text

    @OptionGroup var connection: ConnectionOptions

    /// How events are printed.
    enum EventFormat: String, CaseIterable, ExpressibleByArgument {
        /// A line for people.
        case text
        /// The message as protobuf JSON on one line, for programs.
        case json
    }

    func validate() throws {
        if from != nil, oldest { throw ValidationError("--from and --oldest exclude each other") }
        if let limit, limit < 1 { throw ValidationError("--limit must be at least 1") }
    }

    func run() async throws {
        var configuration = HoldfastClientConfiguration(endpoints: try endpoints)
        try connection.apply(to: &configuration)
        let printed = EventPrinter(format: format, limit: limit, endsCaughtUp: noFollow)
        try await HoldfastEvents(configuration).follow(request) { message in try printed.print(message) }
        if format == .text, let cursor = printed.cursor { Terminal.error("cursor: \(cursor)") }
    }

    private var request: Holdfast_V1_SubscribeRequest {
        .with {
            if let from { $0.cursor = from } else { $0.start = oldest ? .oldest : .now }
            $0.topics = topic
            $0.channels = channel
            $0.subjectID = subject?.description ?? ""
        }
    }

    private var endpoints: [HoldfastEndpoint] {
        get throws {
            if let grpcServer { return grpcServer.endpoints }
            guard let text = Terminal.environment("HOLDFAST_GRPC_SERVER") else {
                return [HoldfastEndpoint(host: "127.0.0.1", port: HoldfastEvents.standardPort)]
            }
            guard let list = ServerList(argument: text) else {
                throw CommandFailure(
                    .invalid, "HOLDFAST_GRPC_SERVER is \"\(text)\", which is not HOST:PORT[,HOST:PORT]")
            }
            return list.endpoints
        }
    }
}

import ArgumentParser
import Domain
import GRPCCore
import HoldfastAPI
import SwiftProtobuf

/// `holdfast return get`.
struct ReturnGet: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "get",
        abstract: "Show one return as it stands.",
        discussion: """
            Examples:

              holdfast return get R17
              holdfast return get 5f0c1f3e-8f52-4a39-9a33-3f1a4e5f7a10
            """)

    @Argument(help: "The return's id, or its number.")
    var subject: String

    @OptionGroup var server: ServerOptions

    func run() async throws {
        let reply = try await server.withClient { client, options in
            try await Holdfast_V1_ReturnService.Client(wrapping: client).getReturn(
                .with {
                    if subject.hasPrefix("R") { $0.number = subject } else { $0.returnID = subject }
                }, options: options)
        }
        try server.format.show(reply) { ReturnTables.show($0.returnOrder) }
    }
}

/// `holdfast return list`.
struct ReturnList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List returns, newest first.",
        discussion: """
            Examples:

              holdfast return list --state received
              holdfast return list --order 0b1f6f0a-5c0e-4a55-9d7a-0a4f6b9f3f11
            """)

    @Option(help: "Only this channel.")
    var channel = ""

    @Option(help: "Only those of this order.")
    var order: EntityID?

    @Option(help: "Only those in this state.")
    var state: WordArgument<ReturnState>?

    @OptionGroup var limit: ListLimit
    @OptionGroup var server: ServerOptions

    func run() async throws {
        let (returns, token) = try await server.withClient { client, options in
            try await Pages.collect(limit: limit.limit) { size, token in
                let page = try await Holdfast_V1_ReturnService.Client(wrapping: client).listReturns(
                    .with {
                        $0.channel = channel
                        $0.orderID = order?.description ?? ""
                        $0.state = state.flatMap { .init(rawValue: $0.number) } ?? .unspecified
                        $0.pageSize = size
                        $0.pageToken = token
                    }, options: options)
                return (page.returns, page.nextPageToken)
            }
        }
        let reply = Holdfast_V1_ListReturnsResponse.with {
            $0.returns = returns
            $0.nextPageToken = token
        }
        try server.format.show(reply) { reply in
            var table = Table([
                .text("RETURN"), .text("ID"), .text("CHANNEL"), .text("ORDER"), .text("STATE"), .text("CREATED"),
                .number("REFUND"),
            ])
            for order in reply.returns {
                table.add(
                    order.number, order.returnID, order.channel, order.orderID,
                    ReturnTables.word(ReturnState.self, order.state.rawValue), order.createdAt.shown,
                    order.refund.shown)
            }
            table.noteMore(reply.nextPageToken)
            return table
        }
    }
}

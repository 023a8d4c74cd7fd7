import ArgumentParser
import GRPCCore
import HoldfastAPI
import SwiftProtobuf

/// `holdfast catalog channel`.
struct ChannelCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "channel",
        abstract: "Doors that orders come through.",
        subcommands: [ChannelAdd.self, ChannelRules.self, ChannelList.self])
}

/// `holdfast catalog channel add`.
struct ChannelAdd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add",
        abstract: "Create a channel or replace its description.",
        discussion: "Example:\n\n  holdfast catalog channel add WEB --name \"Web shop\" --currency GBP")

    @Argument(help: "Unique code: 1 to 64 bytes.")
    var code: String

    @Option(help: "Name shown to people.")
    var name = ""

    @Option(help: "ISO 4217 code of the currency of its orders.")
    var currency: String

    @OptionGroup var change: MutationID
    @OptionGroup var server: ServerOptions

    func run() async throws {
        let id = change.chosen()
        let reply = try await server.withClient { client, options in
            try await Holdfast_V1_CatalogService.Client(wrapping: client).upsertChannels(
                .with {
                    $0.requestID = id
                    $0.channels = [
                        .with {
                            $0.code = code
                            $0.name = name
                            $0.currencyCode = currency
                        }
                    ]
                }, options: options)
        }
        try server.format.show(reply) { reply in
            Table(upserted: code, created: reply.created, updated: reply.updated)
        }
    }
}

/// `holdfast catalog channel list`.
struct ChannelList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List channels in order of their code.",
        discussion: "Example:\n\n  holdfast catalog channel list")

    @OptionGroup var limit: ListLimit
    @OptionGroup var server: ServerOptions

    func run() async throws {
        let (channels, token) = try await server.withClient { client, options in
            try await Pages.collect(limit: limit.limit) { size, token in
                let page = try await Holdfast_V1_CatalogService.Client(wrapping: client).listChannels(
                    .with {
                        $0.pageSize = size
                        $0.pageToken = token
                    }, options: options)
                return (page.channels, page.nextPageToken)
            }
        }
        let reply = Holdfast_V1_ListChannelsResponse.with {
            $0.channels = channels
            $0.nextPageToken = token
        }
        try server.format.show(reply) { reply in
            var table = Table([.text("CODE"), .text("NAME"), .text("CURRENCY"), .text("REVIEW")])
            for channel in reply.channels {
                table.add(
                    channel.code, channel.name, channel.currencyCode, channel.hasReview ? channel.review.shown : "")
            }
            table.noteMore(reply.nextPageToken)
            return table
        }
    }
}

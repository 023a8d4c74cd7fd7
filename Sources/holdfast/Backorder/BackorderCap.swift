import ArgumentParser
import GRPCCore
import HoldfastAPI
import SwiftProtobuf

/// `holdfast backorder cap`.
struct BackorderCap: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cap",
        abstract: "Set how many units may wait, by article and channel.",
        discussion: """
            Examples:

              holdfast backorder cap MUG-WHITE@WEB=200 MUG-WHITE@TILLS=0

            Units that wait already go on waiting, also above a lower cap. All or none.
            """)

    @Argument(help: ArgumentHelp("Article, channel and the most units that may wait.", valueName: "sku@channel=units"))
    var caps: [StockLine]

    @OptionGroup var change: MutationID
    @OptionGroup var server: ServerOptions

    mutating func validate() throws {
        guard caps.allSatisfy({ !$0.location.isEmpty }) else {
            throw ValidationError("a cap is of one channel: write SKU@CHANNEL=UNITS")
        }
    }

    func run() async throws {
        let id = change.chosen()
        let reply = try await server.withClient { client, options in
            try await Holdfast_V1_BackorderService.Client(wrapping: client).setBackorderPolicies(
                .with {
                    $0.requestID = id
                    $0.policies = caps.map { cap in
                        .with {
                            $0.sku = cap.sku
                            $0.channel = cap.location
                            $0.cap = cap.number
                        }
                    }
                }, options: options)
        }
        try server.format.show(reply) { reply in Table(caps: reply.policies) }
    }
}

/// `holdfast backorder caps`.
struct BackorderCaps: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "caps",
        abstract: "List how many units may wait, and how many do.",
        discussion: """
            Example:

              holdfast backorder caps --channel WEB
            """)

    @Option(help: "Only this article.")
    var sku = ""

    @Option(help: "Only this channel.")
    var channel = ""

    @OptionGroup var limit: ListLimit
    @OptionGroup var server: ServerOptions

    func run() async throws {
        let (policies, token) = try await server.withClient { client, options in
            try await Pages.collect(limit: limit.limit) { size, token in
                let page = try await Holdfast_V1_BackorderService.Client(wrapping: client).listBackorderPolicies(
                    .with {
                        $0.sku = sku
                        $0.channel = channel
                        $0.pageSize = size
                        $0.pageToken = token
                    }, options: options)
                return (page.policies, page.nextPageToken)
            }
        }
        let reply = Holdfast_V1_ListBackorderPoliciesResponse.with {
            $0.policies = policies
            $0.nextPageToken = token
        }
        try server.format.show(reply) { reply in
            var table = Table(caps: reply.policies)
            table.noteMore(reply.nextPageToken)
            return table
        }
    }
}

extension Table {
    /// Caps, one a row.
    fileprivate init(caps: [Holdfast_V1_BackorderPolicy]) {
        self.init([.text("SKU"), .text("CHANNEL"), .number("CAP"), .number("WAITING")])
        for cap in caps { add(cap.sku, cap.channel, "\(cap.cap)", "\(cap.waiting)") }
    }
}

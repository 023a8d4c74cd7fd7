import ArgumentParser
import GRPCCore
import HoldfastAPI
import HoldfastClient
import SwiftProtobuf

/// `holdfast catalog price`.
struct PriceCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "price",
        abstract: "A channel's own prices, which its rules compare those of orders with.",
        subcommands: [PriceSet.self, PriceList.self])
}

/// `holdfast catalog price set`.
struct PriceSet: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "set",
        abstract: "Set a channel's own prices, or take them away.",
        discussion: """
            Examples:

              holdfast catalog price set WEB MUG-WHITE=4.95 MUG-BLUE=5.25
              holdfast catalog price set WEB MUG-BLUE=
            """)

    @Argument(help: "The channel's code.")
    var channel: String

    @Argument(help: ArgumentHelp("The price of one; nothing takes it away.", valueName: "sku=price"))
    var prices: [PriceArgument]

    @OptionGroup var change: MutationID
    @OptionGroup var server: ServerOptions

    func run() async throws {
        let id = change.chosen()
        let reply = try await server.withClient { client, options in
            let currency = try await ChannelCurrency.code(of: channel, client: client, options: options)
            return try await Holdfast_V1_OrderReviewService.Client(wrapping: client).setPrices(
                .with {
                    $0.requestID = id
                    $0.channel = channel
                    $0.prices = prices.map { $0.proto(currency: currency) }
                }, options: options)
        }
        try server.format.show(reply) { reply in
            var table = Table(facts: [])
            table.note("\(reply.changed) prices of \(channel) changed")
            return table
        }
    }
}

/// `holdfast catalog price list`.
struct PriceList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List a channel's own prices in order of the sku.",
        discussion: "Example:\n\n  holdfast catalog price list WEB")

    @Argument(help: "The channel's code.")
    var channel: String

    @OptionGroup var limit: ListLimit
    @OptionGroup var server: ServerOptions

    func run() async throws {
        let (prices, token) = try await server.withClient { client, options in
            try await Pages.collect(limit: limit.limit) { size, token in
                let page = try await Holdfast_V1_OrderReviewService.Client(wrapping: client).listPrices(
                    .with {
                        $0.channel = channel
                        $0.pageSize = size
                        $0.pageToken = token
                    }, options: options)
                return (page.prices, page.nextPageToken)
            }
        }
        let reply = Holdfast_V1_ListPricesResponse.with {
            $0.prices = prices
            $0.nextPageToken = token
        }
        try server.format.show(reply) { reply in
            var table = Table([.text("SKU"), .number("PRICE")])
            for entry in reply.prices { table.add(entry.sku, entry.price.shown) }
            table.noteMore(reply.nextPageToken)
            return table
        }
    }
}

/// A price as written on the command line: `SKU=PRICE`, or `SKU=` for none.
struct PriceArgument: Hashable, Sendable, ExpressibleByArgument {
    /// The article.
    var sku: String
    /// The price of one; nil takes it away.
    var price: DecimalPrice?

    /// Reads `SKU=[PRICE]`.
    init?(argument: String) {
        guard let split = argument.lastIndex(of: "="), split != argument.startIndex else { return nil }
        sku = String(argument[..<split])
        let text = argument[argument.index(after: split)...]
        guard !text.isEmpty else { return }
        guard let price = DecimalPrice(argument: String(text)) else { return nil }
        self.price = price
    }

    /// The same as the contract writes it.
    func proto(currency: String) -> Holdfast_V1_SetPricesRequest.Entry {
        .with {
            $0.sku = sku
            if let price {
                $0.price = .with {
                    $0.currencyCode = currency
                    $0.units = price.units
                    $0.nanos = price.nanos
                }
            }
        }
    }
}

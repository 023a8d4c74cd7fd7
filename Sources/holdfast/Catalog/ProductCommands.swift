import ArgumentParser
import GRPCCore
import HoldfastAPI
import SwiftProtobuf

/// `holdfast catalog product`.
struct ProductCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "product",
        abstract: "Articles that can be ordered.",
        subcommands: [ProductAdd.self, ProductGet.self, ProductList.self])
}

/// `holdfast catalog product add`.
struct ProductAdd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add",
        abstract: "Create a product or replace its description.",
        discussion: """
            Examples:

              holdfast catalog product add MUG-WHITE --name "White mug" --barcode 501234
              holdfast catalog product add POSTAGE --name "Postage" --untracked

            An untracked product (postage, a fee) can be ordered but touches no stock. For many products use \
            'holdfast import'.
            """)

    @Argument(help: "Stock keeping unit: 1 to 64 bytes, case-sensitive.")
    var sku: String

    @Option(help: "Name shown to people.")
    var name = ""

    @Option(help: "EAN, UPC or another code that a scanner reads.")
    var barcode = ""

    @Flag(help: "The product has no stock: postage, fees and the like.")
    var untracked = false

    @OptionGroup var change: MutationID
    @OptionGroup var server: ServerOptions

    func run() async throws {
        let id = change.chosen()
        let reply = try await server.withClient { client, options in
            try await Holdfast_V1_CatalogService.Client(wrapping: client).upsertProducts(
                .with {
                    $0.requestID = id
                    $0.products = [
                        .with {
                            $0.sku = sku
                            $0.name = name
                            $0.barcode = barcode
                            $0.tracked = !untracked
                        }
                    ]
                }, options: options)
        }
        try server.format.show(reply) { reply in
            Table(upserted: sku, created: reply.created, updated: reply.updated)
        }
    }
}

/// `holdfast catalog product get`.
struct ProductGet: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "get",
        abstract: "Show one product.",
        discussion: "Example:\n\n  holdfast catalog product get MUG-WHITE")

    @Argument(help: "The product's sku.")
    var sku: String

    @OptionGroup var server: ServerOptions

    func run() async throws {
        let reply = try await server.withClient { client, options in
            try await Holdfast_V1_CatalogService.Client(wrapping: client).getProduct(
                .with { $0.sku = sku }, options: options)
        }
        try server.format.show(reply) { reply in
            Table(facts: [
                ("sku", reply.product.sku), ("name", reply.product.name), ("barcode", reply.product.barcode),
                ("tracked", reply.product.tracked ? "yes" : "no"),
            ])
        }
    }
}

/// `holdfast catalog product list`.
struct ProductList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List products in order of their sku.",
        discussion: "Example:\n\n  holdfast catalog product list --prefix MUG- --limit 20")

    @Option(help: "Only products whose sku starts with this text.")
    var prefix = ""

    @OptionGroup var limit: ListLimit
    @OptionGroup var server: ServerOptions

    func run() async throws {
        let (products, token) = try await server.withClient { client, options in
            try await Pages.collect(limit: limit.limit) { size, token in
                let page = try await Holdfast_V1_CatalogService.Client(wrapping: client).listProducts(
                    .with {
                        $0.prefix = prefix
                        $0.pageSize = size
                        $0.pageToken = token
                    }, options: options)
                return (page.products, page.nextPageToken)
            }
        }
        let reply = Holdfast_V1_ListProductsResponse.with {
            $0.products = products
            $0.nextPageToken = token
        }
        try server.format.show(reply) { reply in
            var table = Table([.text("SKU"), .text("NAME"), .text("BARCODE"), .text("TRACKED")])
            for product in reply.products {
                table.add(product.sku, product.name, product.barcode, product.tracked ? "yes" : "no")
            }
            table.noteMore(reply.nextPageToken)
            return table
        }
    }
}

extension Table {
    /// Says what an upsert of one entry did.
    init(upserted code: String, created: Int32, updated: Int32) {
        self.init(facts: [(code, created > 0 ? "created" : updated > 0 ? "updated" : "was already so")])
    }
}

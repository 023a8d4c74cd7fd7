import ArgumentParser

/// `holdfast catalog`: what is sold, where stock is kept, and the doors that orders come through.
struct CatalogCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "catalog",
        abstract: "Products, locations and channels.",
        discussion: """
            A product is an article with a sku; a location is where stock is kept; a channel is a door that orders \
            come through. All three must exist before stock can be received and sold:

              holdfast catalog location add HIGH-STREET --name "High Street"
              holdfast catalog channel add WEB --name "Web shop" --currency GBP
              holdfast catalog product add MUG-WHITE --name "White mug"
            """,
        subcommands: [ProductCommands.self, LocationCommands.self, ChannelCommands.self, PriceCommands.self])
}

import ArgumentParser
import Domain
import GRPCCore
import HoldfastAPI
import SwiftProtobuf

/// `holdfast fulfil release`.
struct FulfilRelease: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "release",
        abstract: "Give an order's units to the locations that have them.",
        discussion: """
            Examples:

              holdfast fulfil release 0b1f6f0a-5c0e-4a55-9d7a-0a4f6b9f3f11
              holdfast fulfil release 0b1f6f0a-5c0e-4a55-9d7a-0a4f6b9f3f11 1=2

            Without lines every unit that is set aside is released. A line is written NUMBER=QUANTITY. There is a \
            fulfilment for each location. What has no stock (postage, services) goes with the first one; where no \
            goods are left to go with it is fulfilled at once, at no location.
            """)

    @Argument(help: "The order's id.")
    var order: EntityID

    @Argument(help: ArgumentHelp("What to release.", valueName: "line=quantity"))
    var lines: [CancelledLine] = []

    @OptionGroup var change: MutationID
    @OptionGroup var server: ServerOptions

    func run() async throws {
        let id = change.chosen()
        let reply = try await server.withClient { client, options in
            try await Holdfast_V1_FulfilmentService.Client(wrapping: client).releaseOrder(
                .with {
                    $0.releaseID = id
                    $0.orderID = order.description
                    $0.lines = lines.map { line in
                        .with {
                            $0.lineNumber = line.number
                            $0.quantity = line.quantity
                        }
                    }
                }, options: options)
        }
        try server.format.show(reply) { reply in
            var table = FulfilmentTables.list(reply.fulfilments)
            if reply.fulfilments.isEmpty {
                table.note("what has no stock is fulfilled: no location has to do anything")
            }
            table.note("order \(order) is \(reply.orderStatus.word)")
            return table
        }
    }
}

/// `holdfast fulfil get`.
struct FulfilGet: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "get",
        abstract: "Show one fulfilment as it stands.",
        discussion: """
            Example:

              holdfast fulfil get 3c9e2a44-1f55-4a0e-8a87-1d2c3b4a5968
            """)

    @Argument(help: "The fulfilment's id.")
    var fulfilment: EntityID

    @OptionGroup var server: ServerOptions

    func run() async throws {
        let reply = try await server.withClient { client, options in
            try await Holdfast_V1_FulfilmentService.Client(wrapping: client).getFulfilment(
                .with { $0.fulfilmentID = fulfilment.description }, options: options)
        }
        if server.format == .table {
            for line in FulfilmentTables.facts(reply).lines { Terminal.line(line) }
        }
        try server.format.show(reply) { reply in FulfilmentTables.lines(reply.fulfilment) }
    }
}

/// `holdfast fulfil list`.
struct FulfilList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List fulfilments, oldest release first.",
        discussion: """
            Examples:

              holdfast fulfil list --location DC --kind ship --state released
              holdfast fulfil list --order 0b1f6f0a-5c0e-4a55-9d7a-0a4f6b9f3f11
            """)

    @Option(help: "Only of this order.")
    var order: EntityID?

    @Option(help: "Only of this location, or collected there.")
    var location = ""

    @Option(help: "Only of this kind.")
    var kind: FulfilmentKindWord?

    @Option(help: "Only in this state; needs --kind.")
    var state = ""

    @Option(help: "Only of this wave.")
    var wave: EntityID?

    @OptionGroup var limit: ListLimit
    @OptionGroup var server: ServerOptions

    func run() async throws {
        let (fulfilments, token) = try await server.withClient { client, options in
            try await Pages.collect(limit: limit.limit) { size, token in
                let page = try await Holdfast_V1_FulfilmentService.Client(wrapping: client).listFulfilments(
                    .with {
                        $0.orderID = order?.description ?? ""
                        $0.location = location
                        if let kind { $0.kind = kind.proto }
                        $0.state = state.replacing("-", with: "_")
                        $0.waveID = wave?.description ?? ""
                        $0.pageSize = size
                        $0.pageToken = token
                    }, options: options)
                return (page.fulfilments, page.nextPageToken)
            }
        }
        let reply = Holdfast_V1_ListFulfilmentsResponse.with {
            $0.fulfilments = fulfilments
            $0.nextPageToken = token
        }
        try server.format.show(reply) { reply in
            var table = FulfilmentTables.list(reply.fulfilments)
            table.noteMore(reply.nextPageToken)
            return table
        }
    }
}

/// `holdfast fulfil wave`.
struct FulfilWave: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "wave",
        abstract: "Gather fulfilments of a location to be picked together.",
        discussion: """
            Examples:

              holdfast fulfil wave DC --size 12
              holdfast fulfil wave DC 3c9e2a44-1f55-4a0e-8a87-1d2c3b4a5968

            The id of the change is the wave's id, too.
            """)

    @Argument(help: "The location.")
    var location: String

    @Argument(help: "The fulfilments (default: the oldest that nobody has begun).")
    var fulfilments: [EntityID] = []

    @Option(help: "Most fulfilments where none are named: 1 to 1,000 (default: 20).")
    var size: Int32 = 0

    @OptionGroup var change: MutationID
    @OptionGroup var server: ServerOptions

    func run() async throws {
        let id = change.chosen()
        let reply = try await server.withClient { client, options in
            try await Holdfast_V1_FulfilmentService.Client(wrapping: client).createWave(
                .with {
                    $0.waveID = id
                    $0.location = location
                    $0.fulfilmentIds = fulfilments.map(\.description)
                    $0.size = size
                }, options: options)
        }
        try server.format.show(reply) { reply in
            var table = Table([.text("FULFILMENT")])
            for one in reply.fulfilmentIds { table.add(one) }
            table.note("wave \(id)")
            return table
        }
    }
}

/// `holdfast fulfil pick-list`.
struct FulfilPickList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pick-list",
        abstract: "Show what is to be taken from a location's shelves.",
        discussion: """
            Examples:

              holdfast fulfil pick-list DC
              holdfast fulfil pick-list DC --wave 7d1c0d7e-6a5b-4c39-8f21-0e9d8c7b6a50
            """)

    @Argument(help: "The location.")
    var location: String

    @Option(help: "Only of this wave.")
    var wave: EntityID?

    @OptionGroup var server: ServerOptions

    func run() async throws {
        let reply = try await server.withClient { client, options in
            try await Holdfast_V1_FulfilmentService.Client(wrapping: client).getPickList(
                .with {
                    $0.location = location
                    $0.waveID = wave?.description ?? ""
                }, options: options)
        }
        try server.format.show(reply) { reply in
            var table = Table([
                .text("SKU"), .text("BARCODE"), .text("NAME"), .number("UNITS"), .text("FOR"),
            ])
            for line in reply.lines {
                let parts = line.parts.prefix(3).map { "\($0.fulfilmentID.prefix(8)) \($0.quantity)" }
                let more = line.parts.count > 3 ? " and \(line.parts.count - 3) more" : ""
                table.add(
                    line.sku, line.barcode, line.name, "\(line.quantity)", parts.joined(separator: ", ") + more)
            }
            if reply.isCut { table.note("more is wanted than is listed") }
            return table
        }
    }
}

/// `holdfast fulfil quote`.
struct FulfilQuote: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "quote",
        abstract: "Show what the carriers would take for a packed fulfilment.",
        discussion: """
            Example:

              holdfast fulfil quote 3c9e2a44-1f55-4a0e-8a87-1d2c3b4a5968
            """)

    @Argument(help: "The fulfilment's id.")
    var fulfilment: EntityID

    @OptionGroup var server: ServerOptions

    func run() async throws {
        let reply = try await server.withClient { client, options in
            try await Holdfast_V1_FulfilmentService.Client(wrapping: client).quoteShipment(
                .with { $0.fulfilmentID = fulfilment.description }, options: options)
        }
        try server.format.show(reply) { reply in
            var table = Table([.text("CARRIER"), .text("SERVICE"), .number("PRICE"), .number("DAYS")])
            for quote in reply.quotes {
                table.add(quote.carrier, quote.service, quote.price.shown, "\(quote.transitDays)")
            }
            return table
        }
    }
}

/// `holdfast fulfil label`.
struct FulfilLabel: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "label",
        abstract: "Write the label of a package to a PDF file.",
        discussion: """
            Example:

              holdfast fulfil label 3c9e2a44-1f55-4a0e-8a87-1d2c3b4a5968 label.pdf
            """)

    @Argument(help: "The fulfilment's id.")
    var fulfilment: EntityID

    @Argument(help: "The file to write; one that is there is replaced.")
    var file: String

    @Option(help: "The package, from 1.")
    var package: Int32 = 1

    @OptionGroup var server: ServerOptions

    func run() async throws {
        let reply = try await server.withClient { client, options in
            try await Holdfast_V1_FulfilmentService.Client(wrapping: client).getLabel(
                .with {
                    $0.fulfilmentID = fulfilment.description
                    $0.packageNumber = package
                }, options: options)
        }
        try PrivateFile.write(Array(reply.document), to: file)
        Terminal.line("\(file): \(reply.trackingNumber), \(reply.document.count) bytes")
    }
}

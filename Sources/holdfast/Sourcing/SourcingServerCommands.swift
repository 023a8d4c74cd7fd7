import ArgumentParser
import Domain
import GRPCCore
import HoldfastAPI
import Sourcing
import SwiftProtobuf

/// `holdfast sourcing show`: a plan that a server has stored.
struct SourcingShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show a stored plan, and whether planning its inputs again gives it again.",
        discussion: """
            Examples:

              holdfast sourcing show 0b1f6f0a-5c0e-4a55-9d7a-0a4f6b9f3f11 --replay
              holdfast sourcing show UUID --inputs > problem.json
            """)

    @Argument(help: "The plan's id.")
    var plan: EntityID

    @Flag(help: "Plan its inputs again and compare.")
    var replay = false

    @Flag(help: "Print its inputs alone: a file that sourcing plan reads.")
    var inputs = false

    @OptionGroup var server: ServerOptions

    func run() async throws {
        let reply = try await server.withClient { client, options in
            try await Holdfast_V1_SourcingService.Client(wrapping: client).getSourcingPlan(
                .with {
                    $0.planID = plan.description
                    $0.replay = replay
                }, options: options)
        }
        if inputs {
            Terminal.line(reply.inputs)
            return
        }
        try StoredPlanText.show(reply, reply.plan, server.format)
        if server.format == .table {
            if !reply.commitID.isEmpty { Terminal.line("carried out by \(reply.commitID)") }
            if replay && reply.reproduced { Terminal.line("planned again: the same") }
        }
        if replay && !reply.reproduced {
            throw CommandFailure(.refused, "planned again, the plan is another one")
        }
    }
}

/// `holdfast sourcing commit`: carries a plan out.
struct SourcingCommit: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "commit",
        abstract: "Carry a stored plan of an order out: what is set aside moves to its locations.",
        discussion: """
            Example:

              holdfast sourcing commit 0b1f6f0a-5c0e-4a55-9d7a-0a4f6b9f3f11

            All units move, or none. Where the order or the stock is no longer as it was planned on, plan again.
            """)

    @Argument(help: "The plan's id.")
    var plan: EntityID

    @OptionGroup var change: MutationID
    @OptionGroup var server: ServerOptions

    func run() async throws {
        let id = change.chosen()
        let reply = try await server.withClient { client, options in
            try await Holdfast_V1_SourcingService.Client(wrapping: client).commitSourcing(
                .with {
                    $0.commitID = id
                    $0.planID = plan.description
                }, options: options)
        }
        try server.format.show(reply) { reply in
            Table(facts: [("plan", plan.description), ("units moved", "\(reply.moved)")])
        }
    }
}

/// `holdfast sourcing config`: a configuration on a server.
struct SourcingConfigCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config",
        abstract: "Store a configuration on a server, or print the one that a name or version stands for.",
        discussion: """
            Examples:

              holdfast sourcing config default --file config.json
              holdfast sourcing config default > config.json

            A stored configuration never changes; storing another one points the name to it.
            """)

    @Argument(help: "Name, or a version to print.")
    var name: String

    @Option(help: "File with a configuration, or with a problem whose config is taken.")
    var file: String?

    @OptionGroup var change: MutationID
    @OptionGroup var server: ServerOptions

    func run() async throws {
        guard let file else {
            let isVersion = name.utf8.count == 64
            let reply = try await server.withClient { client, options in
                try await Holdfast_V1_SourcingService.Client(wrapping: client).getSourcingConfig(
                    .with { if isVersion { $0.version = name } else { $0.name = name } }, options: options)
            }
            Terminal.line(reply.document)
            return
        }
        let document = try SourcingFile.config(file).file.canonical
        let id = change.chosen()
        let reply = try await server.withClient { client, options in
            try await Holdfast_V1_SourcingService.Client(wrapping: client).upsertSourcingConfig(
                .with {
                    $0.requestID = id
                    $0.name = name
                    $0.document = document
                }, options: options)
        }
        try server.format.show(reply) { reply in
            Table(facts: [("name", name), ("version", reply.version), ("new", reply.created ? "yes" : "no")])
        }
    }
}

/// `holdfast sourcing locations`: what a server's sourcing knows of locations.
struct SourcingLocationsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "locations",
        abstract: "List what a server's sourcing knows of locations, or set it from a file.",
        discussion: """
            Examples:

              holdfast sourcing locations
              holdfast sourcing locations --file locations.json

            The file holds an UpsertSourcingLocationsRequest in protobuf JSON.
            """)

    @Option(help: ArgumentHelp("Set what this file says.", valueName: "path"))
    var file: String?

    @OptionGroup var change: MutationID
    @OptionGroup var limit: ListLimit
    @OptionGroup var server: ServerOptions

    func run() async throws {
        if let file {
            var request: Holdfast_V1_UpsertSourcingLocationsRequest = try RequestFile.read(file)
            if change.id != nil || request.requestID.isEmpty { request.requestID = change.chosen() }
            let asked = request
            let reply = try await server.withClient { client, options in
                try await Holdfast_V1_SourcingService.Client(wrapping: client).upsertSourcingLocations(
                    asked, options: options)
            }
            try server.format.show(reply) { reply in
                Table(facts: [("created", "\(reply.created)"), ("updated", "\(reply.updated)")])
            }
            return
        }
        let (locations, token) = try await server.withClient { client, options in
            try await Pages.collect(limit: limit.limit) { size, token in
                let page = try await Holdfast_V1_SourcingService.Client(wrapping: client).listSourcingLocations(
                    .with {
                        $0.pageSize = size
                        $0.pageToken = token
                    }, options: options)
                return (page.locations, page.nextPageToken)
            }
        }
        let reply = Holdfast_V1_ListSourcingLocationsResponse.with {
            $0.locations = locations
            $0.nextPageToken = token
        }
        try server.format.show(reply) { reply in
            var table = Table([
                .text("LOCATION"), .text("COUNTRY"), .text("POSTCODE"), .text("METHODS"), .text("CAPABLE OF"),
                .number("LEAD DAYS"), .text("TAKES ORDERS"),
            ])
            for location in reply.locations {
                table.add(
                    location.code, location.country, location.postcode, location.methods.joined(separator: ", "),
                    location.capabilities.joined(separator: ", "), "\(location.leadDays)",
                    location.inactive ? "no" : "yes")
            }
            table.noteMore(reply.nextPageToken)
            return table
        }
    }
}

/// `holdfast sourcing products`: what a server's sourcing knows of articles.
struct SourcingProductsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "products",
        abstract: "Set weight, volume and needs of articles on a server, from a file.",
        discussion: """
            Example:

              holdfast sourcing products --file products.json

            The file holds an UpsertSourcingProductsRequest in protobuf JSON.
            """)

    @Option(help: ArgumentHelp("Set what this file says.", valueName: "path"))
    var file: String

    @OptionGroup var change: MutationID
    @OptionGroup var server: ServerOptions

    func run() async throws {
        var request: Holdfast_V1_UpsertSourcingProductsRequest = try RequestFile.read(file)
        if change.id != nil || request.requestID.isEmpty { request.requestID = change.chosen() }
        let asked = request
        let reply = try await server.withClient { client, options in
            try await Holdfast_V1_SourcingService.Client(wrapping: client).upsertSourcingProducts(
                asked, options: options)
        }
        try server.format.show(reply) { reply in
            Table(facts: [("created", "\(reply.created)"), ("updated", "\(reply.updated)")])
        }
    }
}

import ArgumentParser
import GRPCCore
import HoldfastAPI
import SwiftProtobuf

/// `holdfast catalog location`.
struct LocationCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "location",
        abstract: "Places where stock is kept.",
        subcommands: [LocationAdd.self, LocationList.self])
}

/// What kind of place a location is, as written on the command line.
enum LocationKind: String, CaseIterable, ExpressibleByArgument {
    case warehouse
    case store
    case thirdParty = "third-party"
    case supplier

    /// The same as the contract writes it.
    var proto: Holdfast_V1_Location.Kind {
        switch self {
        case .warehouse: .warehouse
        case .store: .store
        case .thirdParty: .thirdParty
        case .supplier: .supplier
        }
    }

    /// The word for a kind of the contract.
    static func shown(_ kind: Holdfast_V1_Location.Kind) -> String {
        allCases.first { $0.proto == kind }?.rawValue ?? "\(kind)"
    }
}

/// `holdfast catalog location add`.
struct LocationAdd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add",
        abstract: "Create a location or replace its description.",
        discussion: """
            Example:

              holdfast catalog location add HIGH-STREET --kind store --rank 20

            A request that names no location takes from the one with the lowest rank first.
            """)

    @Argument(help: "Unique code: 1 to 64 bytes.")
    var code: String

    @Option(help: "Name shown to people.")
    var name = ""

    @Option(help: "What kind of place it is.")
    var kind = LocationKind.warehouse

    @Option(help: "Order in which requests without a location take from it, lowest first: 0 to 1,000,000.")
    var rank: Int32 = 0

    @Option(help: "IANA zone of its business dates, such as Europe/London (default: UTC).")
    var timeZone = ""

    @OptionGroup var change: MutationID
    @OptionGroup var server: ServerOptions

    func run() async throws {
        let id = change.chosen()
        let reply = try await server.withClient { client, options in
            try await Holdfast_V1_CatalogService.Client(wrapping: client).upsertLocations(
                .with {
                    $0.requestID = id
                    $0.locations = [
                        .with {
                            $0.code = code
                            $0.name = name
                            $0.kind = kind.proto
                            $0.rank = rank
                            $0.timeZone = timeZone
                        }
                    ]
                }, options: options)
        }
        try server.format.show(reply) { reply in
            Table(upserted: code, created: reply.created, updated: reply.updated)
        }
    }
}

/// `holdfast catalog location list`.
struct LocationList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List locations in order of their code.",
        discussion: "Example:\n\n  holdfast catalog location list --format json")

    @OptionGroup var limit: ListLimit
    @OptionGroup var server: ServerOptions

    func run() async throws {
        let (locations, token) = try await server.withClient { client, options in
            try await Pages.collect(limit: limit.limit) { size, token in
                let page = try await Holdfast_V1_CatalogService.Client(wrapping: client).listLocations(
                    .with {
                        $0.pageSize = size
                        $0.pageToken = token
                    }, options: options)
                return (page.locations, page.nextPageToken)
            }
        }
        let reply = Holdfast_V1_ListLocationsResponse.with {
            $0.locations = locations
            $0.nextPageToken = token
        }
        try server.format.show(reply) { reply in
            var table = Table([.text("CODE"), .text("NAME"), .text("KIND"), .number("RANK"), .text("TIME ZONE")])
            for location in reply.locations {
                table.add(
                    location.code, location.name, LocationKind.shown(location.kind), "\(location.rank)",
                    location.timeZone.isEmpty ? "UTC" : location.timeZone)
            }
            table.noteMore(reply.nextPageToken)
            return table
        }
    }
}

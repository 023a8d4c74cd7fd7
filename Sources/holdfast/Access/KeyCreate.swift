import ArgumentParser
import HoldfastAPI
import HoldfastServices
import SwiftProtobuf

/// `holdfast key create`.
struct KeyCreate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Make an API key and show it, once.",
        discussion: """
            Examples:

              holdfast key create --name "First admin" --role admin
              holdfast key create --name "Web shop" --role backend \\
                  --channel WEB --expires 90d

            Standard output has the key and nothing else. It is not kept: who has lost it makes another. Without \
            --channel a key may deal with every channel, without --location with every location.
            """)

    @Option(help: "Name shown to people.")
    var name: String

    @Option(
        help: "What the key may do: pos, kiosk, backend, warehouse, support, finance or admin; may be repeated.")
    var role: [RoleWord]

    @Option(help: "A channel that it may deal with; may be repeated.")
    var channel: [String] = []

    @Option(help: "A location that it may deal with; may be repeated.")
    var location: [String] = []

    @Option(help: ArgumentHelp("After how long it expires, e.g. 90d (default: never).", valueName: "time"))
    var expires: TimeSpan?

    @OptionGroup var id: MutationID
    @OptionGroup var desk: OperatorDesk

    func run() async throws {
        let request = Holdfast_V1_CreateApiKeyRequest.with {
            $0.keyID = id.chosen()
            $0.name = name
            $0.roles = role.map(\.proto)
            $0.channels = channel
            $0.locations = location
            if let expires { $0.expiresAt = expires.fromNow(CallerIdentity.now) }
        }
        let made = try await desk.open { try await $0.create(request, by: $1) }
        switch desk.format {
        case .json: Terminal.line(try made.jsonString())
        case .table: KeyCommands.show(made.key, secret: made.secret, isRepeated: made.repeated)
        }
    }
}

/// `holdfast key rotate`.
struct KeyRotate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate",
        abstract: "Replace an API key by a new one with the same rights.",
        discussion: """
            Example:

              holdfast key rotate k3v9xw2mq7ra --overlap 7d

            The old key stays valid for the overlap, so that clients can change over one by one, and ends by itself.
            """)

    @Argument(help: ArgumentHelp("The key's prefix, or its id.", valueName: "key"))
    var key: String

    @Option(help: ArgumentHelp("For how long the old key stays valid: 0s to 30d.", valueName: "time"))
    var overlap = TimeSpan(milliseconds: 86_400_000)

    @Option(help: ArgumentHelp("After how long the new key expires (default: as the old one).", valueName: "time"))
    var expires: TimeSpan?

    @OptionGroup var id: MutationID
    @OptionGroup var desk: OperatorDesk

    func run() async throws {
        let request = Holdfast_V1_RotateApiKeyRequest.with {
            $0.keyID = id.chosen()
            $0.replaces = key
            $0.overlapSeconds = overlap.milliseconds / 1_000
            if let expires { $0.expiresAt = expires.fromNow(CallerIdentity.now) }
        }
        let made = try await desk.open { try await $0.rotate(request, by: $1) }
        switch desk.format {
        case .json: Terminal.line(try made.jsonString())
        case .table:
            KeyCommands.show(made.key, secret: made.secret, isRepeated: made.repeated)
            Terminal.error("the key \(made.replaced.prefix) ends at \(made.replaced.expiresAt.shown)")
        }
    }
}

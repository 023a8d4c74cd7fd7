import ArgumentParser
import HoldfastAPI
import HoldfastServices
import SwiftProtobuf

/// `holdfast key list`.
struct KeyList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List API keys, newest first, without their secrets.",
        discussion: """
            Examples:

              holdfast key list
              holdfast key list --all --format json
            """)

    @Flag(help: "Also keys that have expired or were revoked.")
    var all = false

    @OptionGroup var limit: ListLimit
    @OptionGroup var desk: OperatorDesk

    func run() async throws {
        let (keys, token) = try await desk.open { desk, _ in
            try await Pages.collect(limit: limit.limit) { size, token in
                let page = try await desk.list(
                    .with {
                        $0.includeEnded = all
                        $0.pageSize = size
                        $0.pageToken = token
                    })
                return (page.keys, page.nextPageToken)
            }
        }
        let reply = Holdfast_V1_ListApiKeysResponse.with {
            $0.keys = keys
            $0.nextPageToken = token
        }
        try desk.format.show(reply) { reply in
            var table = KeyCommands.table(reply.keys)
            table.noteMore(reply.nextPageToken)
            return table
        }
    }
}

/// `holdfast key revoke`.
struct KeyRevoke: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke",
        abstract: "End an API key: within two seconds no server takes it any more.",
        discussion: """
            Example:

              holdfast key revoke k3v9xw2mq7ra

            It cannot be taken back. Revoking a key again changes nothing.
            """)

    @Argument(help: ArgumentHelp("The key's prefix, or its id.", valueName: "key"))
    var key: String

    @OptionGroup var desk: OperatorDesk

    func run() async throws {
        let request = Holdfast_V1_RevokeApiKeyRequest.with { $0.key = key }
        let ended = try await desk.open { try await $0.revoke(request, by: $1) }
        try desk.format.show(ended) { KeyCommands.table([$0.key]) }
    }
}

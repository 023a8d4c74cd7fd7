import ArgumentParser
import Domain
import GRPCCore
import HoldfastAPI
import SwiftProtobuf

/// `holdfast pay open`.
struct PayOpen: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "open",
        abstract: "List attempts whose outcome is not known, the oldest first.",
        discussion: """
            Examples:

              holdfast pay open
              holdfast pay open --older-than 7d

            What stays open for days must be asked of the gateway's people, and told with 'holdfast pay resolve'.
            """)

    @Option(help: ArgumentHelp("Only those written down at least so long ago, such as 7d.", valueName: "time"))
    var olderThan: TimeSpan?

    @OptionGroup var limit: ListLimit
    @OptionGroup var server: ServerOptions

    func run() async throws {
        let (attempts, token) = try await server.withClient { client, options in
            try await Pages.collect(limit: limit.limit) { size, token in
                let page = try await Holdfast_V1_PaymentService.Client(wrapping: client).listOpenAttempts(
                    .with {
                        $0.olderThanSeconds = (olderThan?.milliseconds ?? 0) / 1_000
                        $0.pageSize = size
                        $0.pageToken = token
                    }, options: options)
                return (page.attempts, page.nextPageToken)
            }
        }
        let reply = Holdfast_V1_ListOpenAttemptsResponse.with {
            $0.attempts = attempts
            $0.nextPageToken = token
        }
        try server.format.show(reply) { reply in
            var table = Table([
                .text("ATTEMPT"), .text("ORDER"), .text("ACTION"), .number("AMOUNT"), .text("SINCE"), .number("TRIES"),
                .text("WHY"),
            ])
            for open in reply.attempts {
                table.add(
                    open.attempt.attemptID, open.orderID, open.attempt.action.word, open.attempt.amount.shown,
                    open.attempt.madeAt.shown, "\(open.attempt.tries)", open.attempt.reason)
            }
            table.noteMore(reply.nextPageToken)
            return table
        }
    }
}

/// What was found out about an attempt, as written on the command line.
enum AttemptResolutionWord: String, CaseIterable, ExpressibleByArgument {
    case done
    case notDone = "not-done"

    /// The same as the contract writes it.
    var proto: Holdfast_V1_AttemptResolution {
        switch self {
        case .done: .done
        case .notDone: .notDone
        }
    }
}

/// `holdfast pay resolve`.
struct PayResolve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resolve",
        abstract: "Say what became of an attempt whose outcome stays unknown.",
        discussion: """
            Look at the gateway's own books first: what is not done is asked for again, under another key.

            Examples:

              holdfast pay resolve 0b1f6f0a-5c0e-4a55-9d7a-0a4f6b9f3f11 done \\
                  --reference gw-4711 --reason "seen in their console"
              holdfast pay resolve 0b1f6f0a-5c0e-4a55-9d7a-0a4f6b9f3f11 not-done \\
                  --reason "their support says they never had it"
            """)

    @Argument(help: "The attempt's id: the key that the gateway was given.")
    var attempt: EntityID

    @Argument(help: "What became of it.")
    var resolution: AttemptResolutionWord

    @Option(help: "What the gateway calls it, for what was done.")
    var reference = ""

    @Option(help: "How it was found out.")
    var reason: String

    @OptionGroup var change: MutationID
    @OptionGroup var server: ServerOptions

    func run() async throws {
        let id = change.chosen()
        let reply = try await server.withClient { client, options in
            try await Holdfast_V1_PaymentService.Client(wrapping: client).resolveAttempt(
                .with {
                    $0.resolutionID = id
                    $0.attemptID = attempt.description
                    $0.resolution = resolution.proto
                    $0.reference = reference
                    $0.reason = reason
                }, options: options)
        }
        try server.format.show(reply) { Table(attempts: [$0.attempt]) }
    }
}

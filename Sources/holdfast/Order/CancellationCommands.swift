import ArgumentParser
import Domain
import GRPCCore
import HoldfastAPI
import SwiftProtobuf

/// `holdfast order cancellation`: wishes to cancel what is being fulfilled.
struct CancellationCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancellation",
        abstract: "Cancel what a location already has: asked for, and accepted or too late.",
        discussion: """
            Example:

              holdfast order cancellation request 0b1f6f0a-5c0e-4a55-9d7a-0a4f6b9f3f11 1=2
              holdfast order cancellation list --location DC --state asked
              holdfast order cancellation accept 5f1d2c3b-0000-4000-8000-000000000001
            """,
        subcommands: [
            CancellationRequestCommand.self, CancellationAccept.self, CancellationRefuse.self,
            CancellationWithdraw.self, CancellationList.self,
        ])
}

/// `holdfast order cancellation request`.
struct CancellationRequestCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "request",
        abstract: "Ask those who have released units to give them up.",
        discussion: """
            Example:

              holdfast order cancellation request \\
                  0b1f6f0a-5c0e-4a55-9d7a-0a4f6b9f3f11 1=2 --reason "not needed"

            Without lines everything is asked for that is released and has not left. Units that are not released are \
            cancelled at once by holdfast order cancel.
            """)

    @Argument(help: "The order's id.")
    var order: EntityID

    @Argument(help: ArgumentHelp("What to cancel.", valueName: "line=quantity"))
    var lines: [CancelledLine] = []

    @Option(help: "Why.")
    var reason = ""

    @OptionGroup var change: MutationID
    @OptionGroup var server: ServerOptions

    func run() async throws {
        let id = change.chosen()
        let reply = try await server.withClient { client, options in
            try await Holdfast_V1_LateCancellationService.Client(wrapping: client).requestCancellation(
                .with {
                    $0.requestID = id
                    $0.orderID = order.description
                    $0.reason = reason
                    $0.lines = lines.map { line in
                        .with {
                            $0.lineNumber = line.number
                            $0.quantity = line.quantity
                        }
                    }
                }, options: options)
        }
        try server.format.show(reply) { reply in Table(wishes: reply.cancellations) }
    }
}

/// `holdfast order cancellation accept`.
struct CancellationAccept: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "accept",
        abstract: "The goods stay: cancel them.",
        discussion: "Example:\n\n  holdfast order cancellation accept 5f1d2c3b-0000-4000-8000-000000000001")

    @Argument(help: "The wish's id.")
    var cancellation: EntityID

    @Option(help: "In words.")
    var answer = ""

    @OptionGroup var change: MutationID
    @OptionGroup var server: ServerOptions

    func run() async throws { try await answerWish(cancellation, true, answer, change, server) }
}

/// `holdfast order cancellation refuse`.
struct CancellationRefuse: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "refuse",
        abstract: "The goods have left, or cannot be stopped.",
        discussion: """
            Example:

              holdfast order cancellation refuse 5f1d2c3b-0000-4000-8000-000000000001 \\
                  --answer "on the lorry"
            """)

    @Argument(help: "The wish's id.")
    var cancellation: EntityID

    @Option(help: "In words.")
    var answer = ""

    @OptionGroup var change: MutationID
    @OptionGroup var server: ServerOptions

    func run() async throws { try await answerWish(cancellation, false, answer, change, server) }
}

private func answerWish(
    _ cancellation: EntityID, _ accept: Bool, _ answer: String, _ change: MutationID, _ server: ServerOptions
) async throws {
    let id = change.chosen()
    let reply = try await server.withClient { client, options in
        try await Holdfast_V1_LateCancellationService.Client(wrapping: client).respondCancellation(
            .with {
                $0.responseID = id
                $0.cancellationID = cancellation.description
                $0.accept = accept
                $0.answer = answer
            }, options: options)
    }
    try server.format.show(reply) { reply in
        var table = Table([.number("LINE"), .number("CANCELLED"), .number("AMOUNT")])
        for line in reply.cancelled { table.add("\(line.lineNumber)", "\(line.quantity)", line.amount.shown) }
        table.note("the wish is \(reply.cancellation.state.word), the order is \(reply.status.word)")
        return table
    }
}

/// `holdfast order cancellation withdraw`.
struct CancellationWithdraw: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "withdraw",
        abstract: "Take a wish back that nobody has answered.",
        discussion: "Example:\n\n  holdfast order cancellation withdraw 5f1d2c3b-0000-4000-8000-000000000001")

    @Argument(help: "The wish's id.")
    var cancellation: EntityID

    @OptionGroup var change: MutationID
    @OptionGroup var server: ServerOptions

    func run() async throws {
        let id = change.chosen()
        let reply = try await server.withClient { client, options in
            try await Holdfast_V1_LateCancellationService.Client(wrapping: client).withdrawCancellation(
                .with {
                    $0.withdrawalID = id
                    $0.cancellationID = cancellation.description
                }, options: options)
        }
        try server.format.show(reply) { reply in Table(wishes: [reply.cancellation]) }
    }
}

/// `holdfast order cancellation list`.
struct CancellationList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List wishes, oldest first.",
        discussion: "Example:\n\n  holdfast order cancellation list --location DC --state asked")

    @Option(help: "Only of this order.")
    var order: EntityID?

    @Option(help: "Only at this location.")
    var location = ""

    @Option(help: "Only in this state.")
    var state: CancellationStateWord?

    @OptionGroup var limit: ListLimit
    @OptionGroup var server: ServerOptions

    func run() async throws {
        let (wishes, token) = try await server.withClient { client, options in
            try await Pages.collect(limit: limit.limit) { size, token in
                let page = try await Holdfast_V1_LateCancellationService.Client(wrapping: client).listCancellations(
                    .with {
                        $0.orderID = order?.description ?? ""
                        $0.location = location
                        if let state { $0.state = state.proto }
                        $0.pageSize = size
                        $0.pageToken = token
                    }, options: options)
                return (page.cancellations, page.nextPageToken)
            }
        }
        let reply = Holdfast_V1_ListCancellationsResponse.with {
            $0.cancellations = wishes
            $0.nextPageToken = token
        }
        try server.format.show(reply) { reply in
            var table = Table(wishes: reply.cancellations)
            table.noteMore(reply.nextPageToken)
            return table
        }
    }
}

/// Where a wish stands as written on the command line.
enum CancellationStateWord: String, CaseIterable, ExpressibleByArgument {
    case asked
    case accepted
    case tooLate = "too-late"
    case withdrawn

    /// The same as the contract writes it.
    var proto: Holdfast_V1_CancellationState {
        switch self {
        case .asked: .asked
        case .accepted: .accepted
        case .tooLate: .tooLate
        case .withdrawn: .withdrawn
        }
    }
}

extension Holdfast_V1_CancellationState {
    /// The state in words.
    var word: String { CancellationStateWord.allCases.first { $0.proto == self }?.rawValue ?? "\(rawValue)" }
}

extension Table {
    /// Wishes to cancel.
    init(wishes: [Holdfast_V1_Cancellation]) {
        self.init([
            .text("CANCELLATION"), .text("ORDER"), .text("LOCATION"), .text("STATE"), .text("UNITS"), .text("ASKED"),
            .text("REASON"),
        ])
        for wish in wishes {
            add(
                wish.cancellationID, wish.orderID, wish.location, wish.state.word,
                wish.lines.map { "\($0.lineNumber)=\($0.quantity) \($0.sku)" }.joined(separator: ", "),
                wish.askedAt.shown, wish.reason)
        }
    }
}

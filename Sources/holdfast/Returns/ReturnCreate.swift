import ArgumentParser
import Domain
import GRPCCore
import HoldfastAPI
import SwiftProtobuf

/// `holdfast return create`.
struct ReturnCreate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Ask for a return of delivered units.",
        discussion: """
            Example:

              holdfast return create 0b1f6f0a-5c0e-4a55-9d7a-0a4f6b9f3f11 1=2 \\
                  --reason defective --condition used --method mail

            A line is written NUMBER=QUANTITY, by the order's numbers. The rules in force grant the return or refuse \
            it; the units are then this return's and no other one's.
            """)

    @Argument(help: "The order's id.")
    var order: EntityID

    @Argument(help: ArgumentHelp("What is to come back.", valueName: "line=quantity"))
    var lines: [CancelledLine]

    @Option(help: "Why.")
    var reason: WordArgument<ReturnReason>

    @Option(help: "In which condition the goods are, as the customer says.")
    var condition: WordArgument<ReturnCondition>

    @Option(help: "On which way they come.")
    var method: WordArgument<ReturnMethod>

    @Option(help: "What the customer wants (default: what the rule says).")
    var refund: WordArgument<RefundWay>?

    @Option(help: "Anything else.")
    var note = ""

    @OptionGroup var change: MutationID
    @OptionGroup var server: ServerOptions

    func run() async throws {
        let id = change.chosen()
        let reply = try await server.withClient { client, options in
            try await Holdfast_V1_ReturnService.Client(wrapping: client).createReturn(
                .with {
                    $0.returnID = id
                    $0.orderID = order.description
                    $0.method = .init(rawValue: method.number) ?? .unspecified
                    $0.refundWay = refund.flatMap { .init(rawValue: $0.number) } ?? .unspecified
                    $0.note = note
                    $0.lines = lines.map { line in
                        .with {
                            $0.orderLineNumber = line.number
                            $0.quantity = line.quantity
                            $0.reason = .init(rawValue: reason.number) ?? .unspecified
                            $0.condition = .init(rawValue: condition.number) ?? .unspecified
                        }
                    }
                }, options: options)
        }
        try server.format.show(reply) { ReturnTables.show($0.returnOrder) }
    }
}

/// `holdfast return claim`.
struct ReturnClaim: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "claim",
        abstract: "Grant a refund for goods that will not come back.",
        discussion: """
            Example:

              holdfast return claim 0b1f6f0a-5c0e-4a55-9d7a-0a4f6b9f3f11 1=1 \\
                  --reason damaged-in-transit --percent 40

            For delivered units: damaged, never arrived, or left with the customer at a lower price. They cannot be \
            returned after that.
            """)

    @Argument(help: "The order's id.")
    var order: EntityID

    @Argument(help: ArgumentHelp("What it is about.", valueName: "line=quantity"))
    var lines: [CancelledLine]

    @Option(help: "Why.")
    var reason: WordArgument<ReturnReason>

    @Option(help: "How much of the units' value is refunded, in per cent.")
    var percent: Int32 = 100

    @Option(help: "What the customer gets.")
    var refund: WordArgument<RefundWay>?

    @Option(help: "Anything else.")
    var note = ""

    @OptionGroup var change: MutationID
    @OptionGroup var server: ServerOptions

    mutating func validate() throws {
        guard (1...100).contains(percent) else { throw ValidationError("--percent must be 1 to 100") }
    }

    func run() async throws {
        let id = change.chosen()
        let reply = try await server.withClient { client, options in
            try await Holdfast_V1_ReturnService.Client(wrapping: client).createClaim(
                .with {
                    $0.returnID = id
                    $0.orderID = order.description
                    $0.reason = .init(rawValue: reason.number) ?? .unspecified
                    $0.refundWay = refund.flatMap { .init(rawValue: $0.number) } ?? .unspecified
                    $0.basisPoints = percent * 100
                    $0.note = note
                    $0.lines = lines.map { line in
                        .with {
                            $0.orderLineNumber = line.number
                            $0.quantity = line.quantity
                        }
                    }
                }, options: options)
        }
        try server.format.show(reply) { ReturnTables.show($0.returnOrder) }
    }
}

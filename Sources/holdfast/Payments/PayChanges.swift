import ArgumentParser
import Domain
import GRPCCore
import HoldfastAPI
import SwiftProtobuf

/// `holdfast pay add`.
struct PayAdd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add",
        abstract: "Name something that an order is paid with.",
        discussion: """
            Examples:

              holdfast pay add 0b1f6f0a-5c0e-4a55-9d7a-0a4f6b9f3f11 cash --amount 20GBP
              holdfast pay add 0b1f6f0a-5c0e-4a55-9d7a-0a4f6b9f3f11 gift-card \\
                  --code-file card.txt

            Without --amount it pays what nothing covers yet. Cash, terminal, store credit and gift card are charged \
            at once. A card at a gateway is asked for with --authorize, or later by 'holdfast pay authorize'.
            """)

    @Argument(help: "The order's id.")
    var order: EntityID

    @Argument(help: "What it is paid with.")
    var kind: TenderKindWord

    @Option(help: ArgumentHelp("What it pays, such as 12.50GBP.", valueName: "amount"))
    var amount: AmountArgument?

    @Option(help: "What the gateway knows the card by; never the card's number.")
    var token = ""

    @Option(
        help: ArgumentHelp(
            "File whose first line is the gift card's code: an argument can be read by everybody on the machine.",
            valueName: "file"))
    var codeFile: String?

    @Option(help: "What people know it by: the card's last digits, the terminal's receipt.")
    var label = ""

    @Option(help: "Its turn to be charged, lower ones first.")
    var chargeSequence: Int32 = 0

    @Option(help: "Its turn to be refunded, lower ones first.")
    var refundSequence: Int32 = 0

    @Flag(help: "Ask the gateway to hold the amount at once.")
    var authorize = false

    @OptionGroup var change: MutationID
    @OptionGroup var server: ServerOptions

    func run() async throws {
        let code = try codeFile.map { try GiftCardFile.code(in: $0) } ?? ""
        let id = change.chosen()
        let reply = try await server.withClient { client, options in
            try await Holdfast_V1_PaymentService.Client(wrapping: client).addTender(
                .with {
                    $0.tenderID = id
                    $0.orderID = order.description
                    $0.kind = kind.proto
                    if let amount { $0.amount = amount.proto }
                    $0.token = token
                    $0.giftCardCode = code
                    $0.label = label
                    $0.chargeSequence = chargeSequence
                    $0.refundSequence = refundSequence
                    $0.authorize = authorize
                }, options: options)
        }
        try server.format.show(reply) { reply in
            var table = Table(attempts: reply.attempts)
            table.note("tender \(reply.tenderNumber) pays \(reply.amount.shown)")
            if reply.attempts.isEmpty {
                table.note("its card was not asked yet: holdfast pay authorize \(order) \(reply.tenderNumber)")
            }
            return table
        }
    }
}

/// A file with the code of a gift card.
enum GiftCardFile {
    /// Its first line.
    static func code(in path: String) throws -> String {
        let text = try WholeFile.text(path: path, limit: 1_024)
        return String(text.prefix { $0 != "\n" })
    }
}

/// `holdfast pay authorize`.
struct PayAuthorize: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "authorize",
        abstract: "Ask the gateway to hold a tender's amount.",
        discussion: """
            Example:

              holdfast pay authorize 0b1f6f0a-5c0e-4a55-9d7a-0a4f6b9f3f11 1

            A tender that was declined is tried again.
            """)

    @Argument(help: "The order's id.")
    var order: EntityID

    @Argument(help: "The tender's number in the order.")
    var tender: Int32

    @OptionGroup var change: MutationID
    @OptionGroup var server: ServerOptions

    func run() async throws {
        let id = change.chosen()
        let reply = try await server.withClient { client, options in
            try await Holdfast_V1_PaymentService.Client(wrapping: client).authorizeTender(
                .with {
                    $0.authorizationID = id
                    $0.orderID = order.description
                    $0.tenderNumber = tender
                }, options: options)
        }
        try server.format.show(reply) { Table(attempts: $0.attempts) }
    }
}

/// `holdfast pay capture`.
struct PayCapture: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "capture",
        abstract: "Take a part of what a tender holds, before it is due.",
        discussion: """
            Example:

              holdfast pay capture 0b1f6f0a-5c0e-4a55-9d7a-0a4f6b9f3f11 1 --amount 5GBP

            What is due is taken without being asked for, when goods leave. Without --amount all that is held and owed is \
            taken.
            """)

    @Argument(help: "The order's id.")
    var order: EntityID

    @Argument(help: "The tender's number in the order.")
    var tender: Int32

    @Option(help: ArgumentHelp("How much, such as 12.50GBP.", valueName: "amount"))
    var amount: AmountArgument?

    @OptionGroup var change: MutationID
    @OptionGroup var server: ServerOptions

    func run() async throws {
        let id = change.chosen()
        let reply = try await server.withClient { client, options in
            try await Holdfast_V1_PaymentService.Client(wrapping: client).captureTender(
                .with {
                    $0.captureID = id
                    $0.orderID = order.description
                    $0.tenderNumber = tender
                    if let amount { $0.amount = amount.proto }
                }, options: options)
        }
        try server.format.show(reply) { Table(attempts: $0.attempts) }
    }
}

/// `holdfast pay void`.
struct PayVoid: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "void",
        abstract: "Let go what a tender holds.",
        discussion: """
            Example:

              holdfast pay void 0b1f6f0a-5c0e-4a55-9d7a-0a4f6b9f3f11 1
            """)

    @Argument(help: "The order's id.")
    var order: EntityID

    @Argument(help: "The tender's number in the order.")
    var tender: Int32

    @OptionGroup var change: MutationID
    @OptionGroup var server: ServerOptions

    func run() async throws {
        let id = change.chosen()
        let reply = try await server.withClient { client, options in
            try await Holdfast_V1_PaymentService.Client(wrapping: client).voidTender(
                .with {
                    $0.voidID = id
                    $0.orderID = order.description
                    $0.tenderNumber = tender
                }, options: options)
        }
        try server.format.show(reply) { Table(attempts: $0.attempts) }
    }
}

/// `holdfast pay refund`.
struct PayRefund: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "refund",
        abstract: "Give an amount of an order back.",
        discussion: """
            Examples:

              holdfast pay refund 0b1f6f0a-5c0e-4a55-9d7a-0a4f6b9f3f11
              holdfast pay refund 0b1f6f0a-5c0e-4a55-9d7a-0a4f6b9f3f11 --amount 5GBP \\
                  --goodwill --reason "late"

            Without --amount it is what is due back. More than that is goodwill: the order then costs so much less.
            """)

    @Argument(help: "The order's id.")
    var order: EntityID

    @Option(help: ArgumentHelp("How much, such as 12.50GBP.", valueName: "amount"))
    var amount: AmountArgument?

    @Option(help: ArgumentHelp("The only tender that gets any of it, by number.", valueName: "number"))
    var tender: Int32 = 0

    @Flag(help: "Let the amount be more than is due back.")
    var goodwill = false

    @Option(help: "Why.")
    var reason = ""

    @OptionGroup var change: MutationID
    @OptionGroup var server: ServerOptions

    func run() async throws {
        let id = change.chosen()
        let reply = try await server.withClient { client, options in
            try await Holdfast_V1_PaymentService.Client(wrapping: client).refundOrder(
                .with {
                    $0.refundID = id
                    $0.orderID = order.description
                    if let amount { $0.amount = amount.proto }
                    $0.tenderNumber = tender
                    $0.goodwill = goodwill
                    $0.reason = reason
                }, options: options)
        }
        try server.format.show(reply) { Table(attempts: $0.attempts) }
    }
}

import ArgumentParser
import Domain
import GRPCCore
import HoldfastAPI
import SwiftProtobuf

/// `holdfast credit`: store credit and gift cards.
struct CreditCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "credit",
        abstract: "Store credit and gift cards: issued, shown, adjusted.",
        discussion: """
            Examples:

              holdfast credit issue 25GBP --customer C-17 --reason apology
              holdfast credit issue 50GBP --gift-card
              holdfast credit show --customer C-17 --currency GBP
            """,
        subcommands: [CreditIssue.self, CreditShow.self, CreditAdjust.self])
}

extension Table {
    /// An account of stored value, for people.
    init(account: Holdfast_V1_StoredValue) {
        var facts = [("account", account.accountID), ("balance", account.balance.shown)]
        if !account.customerID.isEmpty { facts.append(("customer", account.customerID)) }
        if !account.label.isEmpty { facts.append(("code ends in", account.label)) }
        self.init(facts: facts)
    }
}

/// `holdfast credit issue`.
struct CreditIssue: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "issue",
        abstract: "Add to a customer's store credit, or make a gift card.",
        discussion: """
            Examples:

              holdfast credit issue 25GBP --customer C-17 --reason apology
              holdfast credit issue 50GBP --gift-card

            A gift card's code is shown once and not stored.
            """)

    @Argument(help: "How much, such as 12.50GBP.")
    var amount: AmountArgument

    @Option(help: "The customer who gets it.")
    var customer = ""

    @Flag(help: "Make a gift card.")
    var giftCard = false

    @Option(help: "Why.")
    var reason = ""

    @OptionGroup var change: MutationID
    @OptionGroup var server: ServerOptions

    mutating func validate() throws {
        guard giftCard == customer.isEmpty else { throw ValidationError("name a --customer, or say --gift-card") }
    }

    func run() async throws {
        let id = change.chosen()
        let reply = try await server.withClient { client, options in
            try await Holdfast_V1_PaymentService.Client(wrapping: client).issueStoredValue(
                .with {
                    $0.issueID = id
                    $0.kind = giftCard ? .giftCard : .storeCredit
                    $0.customerID = customer
                    $0.amount = amount.proto
                    $0.reason = reason
                }, options: options)
        }
        try server.format.show(reply) { reply in
            var table = Table(account: reply.account)
            if !reply.giftCardCode.isEmpty { table.note("code \(reply.giftCardCode), shown this once") }
            if giftCard && reply.giftCardCode.isEmpty { table.note("made before: its code was shown then") }
            return table
        }
    }
}

/// `holdfast credit show`.
struct CreditShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show an account with its last entries.",
        discussion: """
            Examples:

              holdfast credit show --customer C-17 --currency GBP
              holdfast credit show --code-file card.txt
            """)

    @Option(help: "The account's id.")
    var account = ""

    @Option(help: "The customer, with --currency.")
    var customer = ""

    @Option(help: "ISO 4217 code, with --customer.")
    var currency = ""

    @Option(help: ArgumentHelp("File whose first line is a gift card's code.", valueName: "file"))
    var codeFile: String?

    @OptionGroup var server: ServerOptions

    func run() async throws {
        let code = try codeFile.map { try GiftCardFile.code(in: $0) } ?? ""
        let reply = try await server.withClient { client, options in
            try await Holdfast_V1_PaymentService.Client(wrapping: client).getStoredValue(
                .with {
                    $0.accountID = account
                    $0.customerID = customer
                    $0.currencyCode = currency
                    $0.giftCardCode = code
                }, options: options)
        }
        if server.format == .table {
            for line in Table(account: reply.account).lines { Terminal.line(line) }
        }
        try server.format.show(reply) { reply in
            var table = Table([.number("ENTRY"), .text("AT"), .number("AMOUNT"), .text("ORDER"), .text("WHY")])
            for entry in reply.entries {
                table.add("\(entry.sequence)", entry.at.shown, entry.amount.shown, entry.orderID, entry.reason)
            }
            return table
        }
    }
}

/// `holdfast credit adjust`.
struct CreditAdjust: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "adjust",
        abstract: "Change a balance by hand; never below 0.",
        discussion: """
            Example:

              holdfast credit adjust 0b1f6f0a-5c0e-4a55-9d7a-0a4f6b9f3f11 --by=-5GBP \\
                  --reason "issued twice"
            """)

    @Argument(help: "The account's id.")
    var account: EntityID

    @Option(help: ArgumentHelp("What is added, or taken away with a minus.", valueName: "amount"))
    var by: AmountArgument

    @Option(help: "Why.")
    var reason: String

    @OptionGroup var change: MutationID
    @OptionGroup var server: ServerOptions

    func run() async throws {
        let id = change.chosen()
        let reply = try await server.withClient { client, options in
            try await Holdfast_V1_PaymentService.Client(wrapping: client).adjustStoredValue(
                .with {
                    $0.adjustmentID = id
                    $0.accountID = account.description
                    $0.amount = by.proto
                    $0.reason = reason
                }, options: options)
        }
        try server.format.show(reply) { Table(account: $0.account) }
    }
}

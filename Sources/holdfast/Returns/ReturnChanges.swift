import ArgumentParser
import Domain
import GRPCCore
import HoldfastAPI
import SwiftProtobuf

/// `holdfast return change`.
struct ReturnChangeCommand: AsyncParsableCommand {
    /// What is done.
    enum Action: String, CaseIterable, ExpressibleByArgument {
        case approve
        case decline
        case handIn = "hand-in"
        case closeReceipt = "close-receipt"
        case refuse
        case cancel

        /// The same as the contract writes it.
        var proto: Holdfast_V1_ReturnAction {
            switch self {
            case .approve: .approve
            case .decline: .decline
            case .handIn: .handIn
            case .closeReceipt: .closeReceipt
            case .refuse: .refuse
            case .cancel: .cancel
            }
        }
    }

    static let configuration = CommandConfiguration(
        commandName: "change",
        abstract: "Approve, decline, hand in, close, refuse or cancel a return.",
        discussion: """
            Examples:

              holdfast return change 5f0c1f3e-8f52-4a39-9a33-3f1a4e5f7a10 approve
              holdfast return change 5f0c1f3e-8f52-4a39-9a33-3f1a4e5f7a10 refuse \\
                  --reason "not our goods"

            hand-in: a carrier has the goods. close-receipt: what is missing is not waited for. refuse: what came is \
            not accepted and stays the customer's.
            """)

    @Argument(help: "The return's id.")
    var subject: EntityID

    @Argument(help: "What is to be done.")
    var action: Action

    @Option(help: "Why.")
    var reason = ""

    @OptionGroup var change: MutationID
    @OptionGroup var server: ServerOptions

    func run() async throws {
        let id = change.chosen()
        let reply = try await server.withClient { client, options in
            try await Holdfast_V1_ReturnService.Client(wrapping: client).changeReturn(
                .with {
                    $0.changeID = id
                    $0.returnID = subject.description
                    $0.action = action.proto
                    $0.reason = reason
                }, options: options)
        }
        try server.format.show(reply) { ReturnTables.show($0.returnOrder) }
    }
}

/// `holdfast return settle`.
struct ReturnSettle: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "settle",
        abstract: "Settle a decided return: pay it back, or record who has.",
        discussion: """
            Example:

              holdfast return settle 5f0c1f3e-8f52-4a39-9a33-3f1a4e5f7a10 outside \\
                  --reference "bank transfer 4711"

            outside: by a till or a bank that Holdfast does not speak with. --ahead gives the value of the units asked \
            for, less fees, before they were inspected, where the rules say so.
            """)

    @Argument(help: "The return's id.")
    var subject: EntityID

    @Argument(help: "How.")
    var settlement: WordArgument<ReturnSettlement>

    @Option(help: "What names it outside.")
    var reference = ""

    @Flag(help: "Give money before the goods were inspected.")
    var ahead = false

    @OptionGroup var change: MutationID
    @OptionGroup var server: ServerOptions

    func run() async throws {
        let id = change.chosen()
        let reply = try await server.withClient { client, options in
            try await Holdfast_V1_ReturnService.Client(wrapping: client).settleReturn(
                .with {
                    $0.settlementID = id
                    $0.returnID = subject.description
                    $0.settlement = .init(rawValue: settlement.number) ?? .unspecified
                    $0.reference = reference
                    $0.ahead = ahead
                }, options: options)
        }
        try server.format.show(reply) { ReturnTables.show($0.returnOrder) }
    }
}

/// `holdfast return exchange`.
struct ReturnExchangeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "exchange",
        abstract: "Send other goods for those of a return.",
        discussion: """
            Example:

              holdfast return exchange 5f0c1f3e-8f52-4a39-9a33-3f1a4e5f7a10 \\
                  MUG-BLUE=1x5.95
              holdfast return exchange 5f0c1f3e-8f52-4a39-9a33-3f1a4e5f7a10 \\
                  MUG-BLUE=1x5.95 --pickup LDN-OXFORD-ST

            A new order of the same channel and customer sets the goods aside at once. The refund goes into it; what is \
            left over, of either, is told. It is delivered as the order whose goods come back, unless an option says other.
            """)

    @Argument(help: "The return's id.")
    var subject: EntityID

    @Argument(help: ArgumentHelp("What is sent, and the price of one.", valueName: "sku@location=quantityxprice"))
    var lines: [OrderLineArgument]

    @OptionGroup var delivery: DeliveryOptions
    @OptionGroup var change: MutationID
    @OptionGroup var server: ServerOptions

    func run() async throws {
        let id = change.chosen()
        let reply = try await server.withClient { client, options in
            let returns = Holdfast_V1_ReturnService.Client(wrapping: client)
            let currency = try await returns.getReturn(
                .with { $0.returnID = subject.description }, options: options
            ).returnOrder.refund.currencyCode
            return try await returns.exchangeReturn(
                .with {
                    if let delivery = delivery.proto { $0.delivery = delivery }
                    $0.exchangeID = id
                    $0.returnID = subject.description
                    $0.lines = lines.map { line in
                        .with {
                            $0.sku = line.sku
                            $0.location = line.location
                            $0.quantity = line.quantity
                            $0.unitPrice.currencyCode = currency
                            $0.unitPrice.units = line.priceUnits
                            $0.unitPrice.nanos = line.priceNanos
                        }
                    }
                }, options: options)
        }
        try server.format.show(reply) { ReturnTables.show($0.returnOrder) }
    }
}

/// `holdfast return label`.
struct ReturnLabelCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "label",
        abstract: "Order the label of a return and write it to a PDF file.",
        discussion: """
            Examples:

              holdfast return label 5f0c1f3e-8f52-4a39-9a33-3f1a4e5f7a10 label.pdf \\
                  --location DC-LEEDS
              holdfast return label 5f0c1f3e-8f52-4a39-9a33-3f1a4e5f7a10 label.pdf

            --location is where the goods are to go; without it the label that was made is written again. A return has \
            one label, whoever asks for another one. Who pays it, the rules say: the customer's part is kept of the refund.
            """)

    @Argument(help: "The return's id.")
    var subject: EntityID

    @Argument(help: "The file to write; one that is there is replaced.")
    var file: String

    @Option(help: "Where the goods are to go.")
    var location: String?

    @Option(help: "Code of the carrier (default: the first of the deployment).")
    var carrier = ""

    @Option(help: "Code of its service (default: the cheapest).")
    var service = ""

    @OptionGroup var change: MutationID
    @OptionGroup var server: ServerOptions

    func run() async throws {
        let id = change.chosen()
        let (document, tracking) = try await server.withClient { client, options in
            let returns = Holdfast_V1_ReturnService.Client(wrapping: client)
            guard let location else {
                let reply = try await returns.getReturnLabel(
                    .with { $0.returnID = subject.description }, options: options)
                return (reply.document, reply.trackingNumber)
            }
            let reply = try await returns.issueReturnLabel(
                .with {
                    $0.labelID = id
                    $0.returnID = subject.description
                    $0.location = location
                    $0.carrier = carrier
                    $0.service = service
                }, options: options)
            return (reply.document, reply.returnOrder.label.trackingNumber)
        }
        try PrivateFile.write(Array(document), to: file)
        Terminal.line("\(file): \(tracking), \(document.count) bytes")
    }
}

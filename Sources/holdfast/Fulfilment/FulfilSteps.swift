import ArgumentParser
import Domain
import GRPCCore
import HoldfastAPI
import SwiftProtobuf

/// `holdfast fulfil start`.
struct FulfilStart: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "start",
        abstract: "Begin to pick a fulfilment.",
        discussion: """
            Example:

              holdfast fulfil start 3c9e2a44-1f55-4a0e-8a87-1d2c3b4a5968
            """)

    @OptionGroup var step: StepOptions

    func run() async throws {
        try await step.run { service, id, fulfilment, options in
            try await service.startPicking(
                .with {
                    $0.requestID = id
                    $0.fulfilmentID = fulfilment
                }, options: options)
        }
    }
}

/// `holdfast fulfil pick`.
struct FulfilPick: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pick",
        abstract: "End picking with what was scanned.",
        discussion: """
            Examples:

              holdfast fulfil pick 3c9e2a44-1f55-4a0e-8a87-1d2c3b4a5968 5012345678900=2
              holdfast fulfil pick 3c9e2a44-1f55-4a0e-8a87-1d2c3b4a5968 MUG-WHITE=1 \\
                  --short reallocate-or-backorder --correct-count

            A scan is written CODE=QUANTITY, where CODE is the barcode or the sku, or CODE for one. Units that are \
            not scanned were not found: --short says what becomes of them.
            """)

    @OptionGroup var step: StepOptions

    @Argument(help: ArgumentHelp("What was scanned.", valueName: "code=quantity"))
    var scans: [ScannedCode] = []

    @Option(help: "What becomes of units that were not found.")
    var short: ShortRuleWord?

    @Flag(help: "Take the units that were not found off the location's count.")
    var correctCount = false

    func run() async throws {
        try await step.run { service, id, fulfilment, options in
            try await service.confirmPick(
                .with {
                    $0.requestID = id
                    $0.fulfilmentID = fulfilment
                    $0.scans = scans.map { scan in
                        .with {
                            $0.code = scan.code
                            $0.quantity = scan.quantity
                        }
                    }
                    if let short { $0.shortRule = short.proto }
                    $0.correctCount = correctCount
                }, options: options)
        } notes: { reply in
            guard reply.short > 0 else { return [] }
            return [
                "\(reply.short) short: \(reply.reallocated) from elsewhere, \(reply.backordered) backordered, "
                    + "\(reply.cancelled) cancelled"
            ]
        }
    }
}

/// `holdfast fulfil pack`.
struct FulfilPack: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pack",
        abstract: "Put what was picked into packages.",
        discussion: """
            Examples:

              holdfast fulfil pack 3c9e2a44-1f55-4a0e-8a87-1d2c3b4a5968 1200g:300x200x100
              holdfast fulfil pack 3c9e2a44-1f55-4a0e-8a87-1d2c3b4a5968 \\
                  500g:1=2 900g:1=1+2=4

            A package is written WEIGHTg, then its sides in millimetres LxWxH and its contents LINE=QUANTITY+… after \
            colons. One package alone has everything.
            """)

    @OptionGroup var step: StepOptions

    @Argument(help: ArgumentHelp("The packages.", valueName: "package"))
    var packages: [PackedPackage] = []

    func run() async throws {
        try await step.run { service, id, fulfilment, options in
            try await service.packFulfilment(
                .with {
                    $0.requestID = id
                    $0.fulfilmentID = fulfilment
                    $0.packages = packages.map(\.proto)
                }, options: options)
        }
    }
}

/// `holdfast fulfil ship`.
struct FulfilShip: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ship",
        abstract: "Order labels and hand the packages to the carrier.",
        discussion: """
            Examples:

              holdfast fulfil ship 3c9e2a44-1f55-4a0e-8a87-1d2c3b4a5968
              holdfast fulfil ship 3c9e2a44-1f55-4a0e-8a87-1d2c3b4a5968 \\
                  --carrier PARCELS --tracking PX123456789GB

            With --tracking, one for each package, the labels come from elsewhere.
            """)

    @OptionGroup var step: StepOptions

    @Option(help: "The carrier (default: the first of the server's).")
    var carrier = ""

    @Option(help: "Its service (default: the one that was sold, or the cheapest).")
    var service = ""

    @Option(help: "The number of a package that has its label from elsewhere; as often as there are packages.")
    var tracking: [String] = []

    func run() async throws {
        try await step.run { client, id, fulfilment, options in
            try await client.shipFulfilment(
                .with {
                    $0.requestID = id
                    $0.fulfilmentID = fulfilment
                    $0.carrier = carrier
                    $0.service = service
                    $0.trackingNumbers = tracking
                }, options: options)
        }
    }
}

/// `holdfast fulfil deliver`.
struct FulfilDeliver: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "deliver",
        abstract: "Say that the customer has the goods.",
        discussion: """
            Example:

              holdfast fulfil deliver 3c9e2a44-1f55-4a0e-8a87-1d2c3b4a5968 --note porch
            """)

    @OptionGroup var step: StepOptions

    @Option(help: "Who took it, or where it was left.")
    var note = ""

    func run() async throws {
        try await step.run { service, id, fulfilment, options in
            try await service.confirmDelivery(
                .with {
                    $0.requestID = id
                    $0.fulfilmentID = fulfilment
                    $0.note = note
                }, options: options)
        }
    }
}

/// `holdfast fulfil lost`.
struct FulfilLost: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lost",
        abstract: "Say that the goods were lost on the way.",
        discussion: """
            Example:

              holdfast fulfil lost 3c9e2a44-1f55-4a0e-8a87-1d2c3b4a5968 --reason stolen
            """)

    @OptionGroup var step: StepOptions

    @Option(help: "Why.")
    var reason = ""

    @Option(help: "On the way to a store: what becomes of the units.")
    var short: ShortRuleWord?

    func run() async throws {
        try await step.run { service, id, fulfilment, options in
            try await service.reportLost(
                .with {
                    $0.requestID = id
                    $0.fulfilmentID = fulfilment
                    $0.reason = reason
                    if let short { $0.shortRule = short.proto }
                }, options: options)
        }
    }
}

/// `holdfast fulfil decline`.
struct FulfilDecline: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "decline",
        abstract: "Give a fulfilment up; its units stay set aside.",
        discussion: """
            Example:

              holdfast fulfil decline 3c9e2a44-1f55-4a0e-8a87-1d2c3b4a5968 --reason closed
            """)

    @OptionGroup var step: StepOptions

    @Option(help: "Why.")
    var reason = ""

    func run() async throws {
        try await step.run { service, id, fulfilment, options in
            try await service.declineFulfilment(
                .with {
                    $0.requestID = id
                    $0.fulfilmentID = fulfilment
                    $0.reason = reason
                }, options: options)
        }
    }
}

/// `holdfast fulfil acknowledge`.
struct FulfilAcknowledge: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "acknowledge",
        abstract: "A supplier will send an order.",
        discussion: """
            Example:

              holdfast fulfil acknowledge 3c9e2a44-1f55-4a0e-8a87-1d2c3b4a5968 \\
                  --reference S-77 --expected 2026-12-01T00:00:00Z
            """)

    @OptionGroup var step: StepOptions

    @Option(help: "The supplier's own number of it.")
    var reference = ""

    @Option(help: ArgumentHelp("When the goods will be there.", valueName: "rfc3339"))
    var expected: Moment?

    func run() async throws {
        try await step.run { service, id, fulfilment, options in
            try await service.acknowledgeSupplierOrder(
                .with {
                    $0.requestID = id
                    $0.fulfilmentID = fulfilment
                    $0.reference = reference
                    if let expected { $0.expectedAt = expected.proto }
                }, options: options)
        }
    }
}

/// `holdfast fulfil reject`.
struct FulfilReject: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reject",
        abstract: "A supplier will not send an order.",
        discussion: """
            Example:

              holdfast fulfil reject 3c9e2a44-1f55-4a0e-8a87-1d2c3b4a5968 \\
                  --short reallocate-or-cancel --reason discontinued --correct-count
            """)

    @OptionGroup var step: StepOptions

    @Option(help: "What becomes of the units.")
    var short: ShortRuleWord

    @Option(help: "Why.")
    var reason = ""

    @Flag(help: "Take the units off the supplier's count.")
    var correctCount = false

    func run() async throws {
        try await step.run { service, id, fulfilment, options in
            try await service.rejectSupplierOrder(
                .with {
                    $0.requestID = id
                    $0.fulfilmentID = fulfilment
                    $0.reason = reason
                    $0.shortRule = short.proto
                    $0.correctCount = correctCount
                }, options: options)
        } notes: { reply in
            [
                "\(reply.reallocated) from elsewhere, \(reply.backordered) backordered, \(reply.cancelled) cancelled"
            ]
        }
    }
}

/// `holdfast fulfil ship-notice`.
struct FulfilNotice: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ship-notice",
        abstract: "A supplier has sent an order to the customer.",
        discussion: """
            Example:

              holdfast fulfil ship-notice 3c9e2a44-1f55-4a0e-8a87-1d2c3b4a5968 \\
                  --carrier DHL --tracking JD0146 --cost-minor 1250 --currency EUR
            """)

    @OptionGroup var step: StepOptions

    @Option(help: "The supplier's own number of it (default: what was acknowledged).")
    var reference = ""

    @Option(help: "Name of the carrier.")
    var carrier = ""

    @Option(help: "Number of a parcel; may be given several times.")
    var tracking: [String] = []

    @Option(help: "What the supplier is owed, in minor units; needs --currency.")
    var costMinor: Int64?

    @Option(help: "ISO 4217 code of the cost.")
    var currency: String?

    @Option(help: ArgumentHelp("When the goods will be there.", valueName: "rfc3339"))
    var expected: Moment?

    mutating func validate() throws {
        guard (costMinor == nil) == (currency == nil) else {
            throw ValidationError("--cost-minor and --currency go together")
        }
    }

    func run() async throws {
        try await step.run { service, id, fulfilment, options in
            try await service.notifyShipment(
                .with {
                    $0.requestID = id
                    $0.fulfilmentID = fulfilment
                    $0.reference = reference
                    $0.carrier = carrier
                    $0.trackingNumbers = tracking
                    if let costMinor, let currency {
                        $0.cost = .with {
                            $0.amountMinor = costMinor
                            $0.currencyCode = currency
                        }
                    }
                    if let expected { $0.expectedAt = expected.proto }
                }, options: options)
        }
    }
}

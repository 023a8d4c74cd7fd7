import ArgumentParser
import Domain
import GRPCCore
import HoldfastAPI
import SwiftProtobuf

/// `holdfast pickup`: what the customer collects.
struct PickupCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pickup",
        abstract: "Pickups: at the counter, collected with a code, expired, back on the shelf.",
        discussion: """
            After its units are picked (holdfast fulfil):

              holdfast pickup ready 3c9e2a44-1f55-4a0e-8a87-1d2c3b4a5968 --keep 5d
              holdfast pickup collect 3c9e2a44-1f55-4a0e-8a87-1d2c3b4a5968 7KQ2M9XD
            """,
        subcommands: [
            PickupSend.self, PickupReady.self, PickupRemind.self, PickupExtend.self, PickupCollect.self,
            PickupRestock.self,
        ])
}

/// `holdfast pickup send`.
struct PickupSend: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "send",
        abstract: "Send what was picked to the store where it is collected.",
        discussion: """
            Example:

              holdfast pickup send 3c9e2a44-1f55-4a0e-8a87-1d2c3b4a5968 --tracking TOUR-12
            """)

    @OptionGroup var step: StepOptions

    @Option(help: "Number of the parcel or of the vehicle's tour.")
    var tracking = ""

    func run() async throws {
        try await step.run { service, id, fulfilment, options in
            try await service.sendToStore(
                .with {
                    $0.requestID = id
                    $0.fulfilmentID = fulfilment
                    $0.trackingNumber = tracking
                }, options: options)
        }
    }
}

/// `holdfast pickup ready`.
struct PickupReady: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ready",
        abstract: "Say that the goods are at the counter; prints the code, once.",
        discussion: """
            Example:

              holdfast pickup ready 3c9e2a44-1f55-4a0e-8a87-1d2c3b4a5968 --keep 5d
            """)

    @OptionGroup var step: StepOptions

    @Option(help: ArgumentHelp("How long it is kept, 1h to 90d (default: 7d).", valueName: "time"))
    var keep: TimeSpan?

    func run() async throws {
        try await step.run { service, id, fulfilment, options in
            try await service.makeReady(
                .with {
                    $0.requestID = id
                    $0.fulfilmentID = fulfilment
                    if let keep { $0.keep = keep.proto }
                }, options: options)
        } notes: { reply in
            [reply.code.isEmpty ? "the code was told before" : "code \(reply.code)"]
        }
    }
}

/// `holdfast pickup remind`.
struct PickupRemind: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remind",
        abstract: "Note that the customer is reminded.",
        discussion: """
            Example:

              holdfast pickup remind 3c9e2a44-1f55-4a0e-8a87-1d2c3b4a5968
            """)

    @OptionGroup var step: StepOptions

    func run() async throws {
        try await step.run { service, id, fulfilment, options in
            try await service.remindPickup(
                .with {
                    $0.requestID = id
                    $0.fulfilmentID = fulfilment
                }, options: options)
        }
    }
}

/// `holdfast pickup extend`.
struct PickupExtend: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "extend",
        abstract: "Give the customer more time, and a new code where asked for.",
        discussion: """
            Example:

              holdfast pickup extend 3c9e2a44-1f55-4a0e-8a87-1d2c3b4a5968 \\
                  --keep 3d --new-code
            """)

    @OptionGroup var step: StepOptions

    @Option(help: ArgumentHelp("How long it is kept from now, 1h to 90d (default: 7d).", valueName: "time"))
    var keep: TimeSpan?

    @Flag(help: "Make a new code; the old one is worth nothing then.")
    var newCode = false

    func run() async throws {
        try await step.run { service, id, fulfilment, options in
            try await service.extendPickup(
                .with {
                    $0.requestID = id
                    $0.fulfilmentID = fulfilment
                    if let keep { $0.keep = keep.proto }
                    $0.newCode = newCode
                }, options: options)
        } notes: { reply in
            reply.code.isEmpty ? [] : ["code \(reply.code)"]
        }
    }
}

/// `holdfast pickup collect`.
struct PickupCollect: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "collect",
        abstract: "Hand the goods over to who shows the code.",
        discussion: """
            Example:

              holdfast pickup collect 3c9e2a44-1f55-4a0e-8a87-1d2c3b4a5968 7KQ2M9XD
            """)

    @OptionGroup var step: StepOptions

    @Argument(help: "What the customer shows.")
    var code: String

    func run() async throws {
        try await step.run { service, id, fulfilment, options in
            try await service.collectPickup(
                .with {
                    $0.requestID = id
                    $0.fulfilmentID = fulfilment
                    $0.code = code
                }, options: options)
        }
    }
}

/// `holdfast pickup restock`.
struct PickupRestock: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restock",
        abstract: "Put goods that were not collected in time back on the shelf.",
        discussion: """
            Example:

              holdfast pickup restock 3c9e2a44-1f55-4a0e-8a87-1d2c3b4a5968
            """)

    @OptionGroup var step: StepOptions

    func run() async throws {
        try await step.run { service, id, fulfilment, options in
            try await service.restockPickup(
                .with {
                    $0.requestID = id
                    $0.fulfilmentID = fulfilment
                }, options: options)
        }
    }
}

public import ArgumentParser
public import Domain
import GRPCCore
import HoldfastAPI
import SwiftProtobuf

/// `holdfast order hold`.
struct OrderHoldCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hold",
        abstract: "Keep an order from being released until somebody approves it.",
        discussion: """
            Example:

              holdfast order hold 0b1f6f0a-5c0e-4a55-9d7a-0a4f6b9f3f11 \\
                  --detail "the customer asked to wait"
            """)

    @Argument(help: "The order's id.")
    var order: EntityID

    @Option(help: "Why, for people.")
    var detail: String

    @OptionGroup var change: MutationID
    @OptionGroup var server: ServerOptions

    func run() async throws {
        let id = change.chosen()
        let reply = try await server.withClient { client, options in
            try await Holdfast_V1_OrderReviewService.Client(wrapping: client).holdOrder(
                .with {
                    $0.holdID = id
                    $0.orderID = order.description
                    $0.detail = detail
                }, options: options)
        }
        try server.format.show(reply) { reply in Table(holds: reply.holds, reply.review, of: order) }
    }
}

/// `holdfast order approve`.
struct OrderApprove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "approve",
        abstract: "Let an order pass in spite of what holds it.",
        discussion: """
            Examples:

              holdfast order approve 0b1f6f0a-5c0e-4a55-9d7a-0a4f6b9f3f11
              holdfast order approve 0b1f6f0a-5c0e-4a55-9d7a-0a4f6b9f3f11 \\
                  amount_too_high fraud_suspected --note "spoke with the customer"

            Without reasons everything that holds the order is approved.
            """)

    @Argument(help: "The order's id.")
    var order: EntityID

    @Argument(help: "What is approved, as holds show it.")
    var reasons: [HoldReason] = []

    @Option(help: "Why, for people.")
    var note = ""

    @OptionGroup var change: MutationID
    @OptionGroup var server: ServerOptions

    func run() async throws {
        let id = change.chosen()
        let reply = try await server.withClient { client, options in
            try await Holdfast_V1_OrderReviewService.Client(wrapping: client).approveOrder(
                .with {
                    $0.approvalID = id
                    $0.orderID = order.description
                    $0.reasons = reasons.map(\.proto)
                    $0.note = note
                }, options: options)
        }
        try server.format.show(reply) { reply in
            var table = Table(holds: reply.holds, reply.review, of: order)
            table.note("approved: \(reply.approved.map(\.word).joined(separator: ", "))")
            return table
        }
    }
}

/// `holdfast order validate`.
struct OrderValidate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "validate",
        abstract: "Look at an order again by the rules of its channel.",
        discussion: "Example:\n\n  holdfast order validate 0b1f6f0a-5c0e-4a55-9d7a-0a4f6b9f3f11")

    @Argument(help: "The order's id.")
    var order: EntityID

    @OptionGroup var change: MutationID
    @OptionGroup var server: ServerOptions

    func run() async throws {
        let id = change.chosen()
        let reply = try await server.withClient { client, options in
            try await Holdfast_V1_OrderReviewService.Client(wrapping: client).validateOrder(
                .with {
                    $0.validationID = id
                    $0.orderID = order.description
                }, options: options)
        }
        try server.format.show(reply) { reply in Table(holds: reply.holds, reply.review, of: order) }
    }
}

/// `holdfast order holds`.
struct OrderHolds: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "holds",
        abstract: "List what holds orders now, oldest first.",
        discussion: """
            Examples:

              holdfast order holds
              holdfast order holds --channel WEB --reason fraud_suspected --limit 20
            """)

    @Option(help: "Only this channel.")
    var channel = ""

    @Option(help: "Only this reason.")
    var reason: HoldReason?

    @OptionGroup var limit: ListLimit
    @OptionGroup var server: ServerOptions

    func run() async throws {
        let (entries, token) = try await server.withClient { client, options in
            try await Pages.collect(limit: limit.limit) { size, token in
                let page = try await Holdfast_V1_OrderReviewService.Client(wrapping: client).listHolds(
                    .with {
                        $0.channel = channel
                        if let reason { $0.reason = reason.proto }
                        $0.pageSize = size
                        $0.pageToken = token
                    }, options: options)
                return (page.entries, page.nextPageToken)
            }
        }
        let reply = Holdfast_V1_ListHoldsResponse.with {
            $0.entries = entries
            $0.nextPageToken = token
        }
        try server.format.show(reply) { reply in
            var table = Table([
                .text("ORDER"), .text("CHANNEL"), .text("EXTERNAL ID"), .text("REASON"), .text("SINCE"),
                .text("DETAIL"),
            ])
            for entry in reply.entries {
                table.add(
                    entry.orderID, entry.channel, entry.externalID, entry.hold.reason.word,
                    entry.hold.placedAt.shown, entry.hold.detail)
            }
            table.noteMore(reply.nextPageToken)
            return table
        }
    }
}

extension HoldReason: ExpressibleByArgument {
    /// Reads a reason by its word: `fraud_suspected`.
    public init?(argument: String) { self.init(word: argument) }

    /// The words of all reasons.
    public static var allValueStrings: [String] { allCases.map(\.word) }

    /// The same as the contract writes it.
    var proto: Holdfast_V1_HoldReason { Holdfast_V1_HoldReason(rawValue: Int(rawValue)) ?? .unspecified }
}

extension Holdfast_V1_HoldReason {
    /// The reason in one word.
    var word: String { Int16(exactly: rawValue).flatMap { HoldReason(rawValue: $0) }?.word ?? "\(rawValue)" }
}

extension Holdfast_V1_OrderReview {
    /// The review in a few words.
    var shown: String {
        let word = Int16(exactly: state.rawValue).flatMap { ReviewState(rawValue: $0) }?.word ?? "\(state.rawValue)"
        return hasReleaseDue ? "\(word), released from \(releaseDue.shown)" : word
    }
}

extension Table {
    /// What holds an order, and where its review stands.
    init(holds: [Holdfast_V1_OrderHold], _ review: Holdfast_V1_OrderReview, of order: EntityID) {
        self.init([.text("REASON"), .text("SINCE"), .text("DETAIL")])
        for hold in holds { add(hold.reason.word, hold.placedAt.shown, hold.detail) }
        if review.state != .unspecified { note("the review of \(order) is \(review.shown)") }
    }
}

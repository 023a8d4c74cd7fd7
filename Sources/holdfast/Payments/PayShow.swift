import ArgumentParser
import Domain
import GRPCCore
import HoldfastAPI
import SwiftProtobuf

/// `holdfast pay show`.
struct PayShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show an order's tenders, every attempt, and how its payment stands.",
        discussion: """
            Example:

              holdfast pay show 0b1f6f0a-5c0e-4a55-9d7a-0a4f6b9f3f11
            """)

    @Argument(help: "The order's id.")
    var order: EntityID

    @OptionGroup var server: ServerOptions

    func run() async throws {
        let reply = try await server.withClient { client, options in
            try await Holdfast_V1_PaymentService.Client(wrapping: client).getPayments(
                .with { $0.orderID = order.description }, options: options)
        }
        if server.format == .table {
            for line in PayShow.facts(reply).lines + PayShow.tenders(reply).lines { Terminal.line(line) }
        }
        try server.format.show(reply) { Table(attempts: $0.attempts) }
    }

    private static func facts(_ reply: Holdfast_V1_GetPaymentsResponse) -> Table {
        Table(
            facts: [
                ("payment", reply.standing.word), ("total", reply.total.shown), ("owed", reply.owed.shown),
                ("earned", reply.earned.shown), ("held", reply.held.shown), ("taken", reply.taken.shown),
                ("given back", reply.givenBack.shown), ("due back", reply.dueBack.shown),
                ("uncovered", reply.uncovered.shown),
            ]
                + reply.refunds.map { refund in
                    let way = ReturnTables.word(ReturnSettlement.self, refund.settlement.rawValue)
                    return ("return \(refund.number)", "\(refund.amount.shown), \(way)\(refund.ahead ? ", ahead" : "")")
                })
    }

    private static func tenders(_ reply: Holdfast_V1_GetPaymentsResponse) -> Table {
        var table = Table([
            .number("TENDER"), .text("KIND"), .text("LABEL"), .text("STATE"), .number("AMOUNT"), .number("HELD"),
            .number("TAKEN"), .number("GIVEN BACK"), .text("HELD UNTIL"),
        ])
        for tender in reply.tenders {
            table.add(
                "\(tender.number)", tender.kind.word, tender.label, tender.state.word, tender.amount.shown,
                tender.held.shown, tender.taken.shown, tender.givenBack.shown,
                tender.hasHoldExpiresAt ? tender.holdExpiresAt.shown : "")
        }
        for tender in reply.tenders where tender.renewsTenderNumber != 0 {
            table.note("tender \(tender.number) holds anew what tender \(tender.renewsTenderNumber) held")
        }
        return table
    }
}

/// `holdfast pay report`.
struct PayReport: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Say that a gateway has news of an attempt: it is asked at once.",
        discussion: """
            Example:

              holdfast pay report 0b1f6f0a-5c0e-4a55-9d7a-0a4f6b9f3f11
            """)

    @Argument(help: "The attempt's id: the key that the gateway was given.")
    var attempt: EntityID

    @OptionGroup var server: ServerOptions

    func run() async throws {
        let reply = try await server.withClient { client, options in
            try await Holdfast_V1_PaymentService.Client(wrapping: client).reportGatewayEvent(
                .with { $0.attemptID = attempt.description }, options: options)
        }
        try server.format.show(reply) { Table(attempts: [$0.attempt]) }
    }
}

import ArgumentParser
import Domain
import GRPCCore
import HoldfastAPI
import SwiftProtobuf

/// `holdfast order get`.
struct OrderGet: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "get",
        abstract: "Show one order as it stands.",
        discussion: """
            Examples:

              holdfast order get 0b1f6f0a-5c0e-4a55-9d7a-0a4f6b9f3f11
              holdfast order get --channel WEB --external-id W-1001
            """)

    @Argument(help: "The order's id.")
    var order: EntityID?

    @Option(help: "The channel, with --external-id.")
    var channel: String?

    @Option(help: "The channel's own number.")
    var externalID: String?

    @OptionGroup var server: ServerOptions

    mutating func validate() throws {
        let byNumber = channel != nil || externalID != nil
        guard (order != nil) != byNumber, (channel == nil) == (externalID == nil) else {
            throw ValidationError("name the order by its id, or by --channel and --external-id")
        }
    }

    func run() async throws {
        let reply = try await server.withClient { client, options in
            try await Holdfast_V1_OrderService.Client(wrapping: client).getOrder(
                .with {
                    $0.orderID = order?.description ?? ""
                    $0.channel = channel ?? ""
                    $0.externalID = externalID ?? ""
                }, options: options)
        }
        if server.format == .table {
            for line in OrderGet.facts(reply.order).lines { Terminal.line(line) }
        }
        try server.format.show(reply) { reply in OrderGet.lines(reply.order) }
    }

    private static func facts(_ order: Holdfast_V1_Order) -> Table {
        var facts = [
            ("order", order.orderID), ("channel", "\(order.channel) \(order.externalID)"),
            ("status", order.status.word), ("ordered", order.orderedAt.shown), ("placed", order.placedAt.shown),
            ("total", "\(order.total.shown), of which tax added \(order.addedTax.shown)"),
        ]
        let customer = [order.customer.customerID, order.customer.name, order.customer.country]
        let known = customer.filter { !$0.isEmpty }
        if !known.isEmpty { facts.append(("customer", known.joined(separator: ", "))) }
        if !order.reservationID.isEmpty { facts.append(("reservation", order.reservationID)) }
        if order.hasDelivery { facts.append(("delivery", order.delivery.shown)) }
        if order.goodsInHand { facts.append(("goods", "in the customer's hands")) }
        if order.hasReview { facts.append(("review", order.review.shown)) }
        for hold in order.holds {
            let end = hold.hasLiftedAt ? "until \(hold.liftedAt.shown), by \(hold.liftedBy)" : "now"
            facts.append(("held", "\(hold.reason.word) from \(hold.placedAt.shown) \(end): \(hold.detail)"))
        }
        for event in order.events { facts.append(("event \(event.sequence)", "\(event.type) \(event.at.shown)")) }
        return Table(facts: facts)
    }

    private static func lines(_ order: Holdfast_V1_Order) -> Table {
        var table = Table([
            .number("LINE"), .text("SKU"), .text("DESCRIPTION"), .number("QUANTITY"), .number("PRICE"),
            .number("AMOUNT"), .text("STATUS"), .text("FROM"),
        ])
        for line in order.lines {
            table.add(
                "\(line.lineNumber)", line.sku, line.description_p, "\(line.quantity)", line.unitPrice.shown,
                line.amount.shown, line.quantities.map { "\($0.status.word) \($0.quantity)" }.joined(separator: ", "),
                line.allocations.shown)
        }
        return table
    }
}

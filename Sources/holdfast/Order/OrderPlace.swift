import ArgumentParser
import Domain
import GRPCCore
import HoldfastAPI
import Replay
import SwiftProtobuf

/// `holdfast order place`.
struct OrderPlace: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "place",
        abstract: "Capture an order with its stock: all lines or none.",
        discussion: """
            Examples:

              holdfast order place MUG-WHITE=2x4.95 POSTAGE=1x3.50 \\
                  --channel WEB --external-id W-1001
              holdfast order place MUG-WHITE@HIGH-STREET=1x4.95 \\
                  --channel TILLS --external-id 4711 --goods-in-hand
              holdfast order place MUG-WHITE=1x4.95 --channel WEB --external-id W-1002 \\
                  --ship-to "name=Ann Lee;line=1 High St;city=Leeds;country=GB"
              holdfast order place MUG-WHITE=1x4.95 --channel WEB --external-id W-1003 \\
                  --pickup HIGH-STREET
              holdfast order place --file order.json

            The external id is the channel's own number of the order; it can be used once a channel. --file reads the \
            whole request as protobuf JSON (the message PlaceOrderRequest, which can also hold taxes and \
            descriptions); options given beside it replace what it says.
            """)

    @Argument(help: ArgumentHelp("What is ordered, and the price of one.", valueName: "sku@location=quantityxprice"))
    var lines: [OrderLineArgument] = []

    @Option(help: "The channel the order came through.")
    var channel: String?

    @Option(help: "The channel's own number of the order.")
    var externalID: String?

    @Option(help: "A reservation whose units the order takes.")
    var reservation: EntityID?

    @Option(help: "The caller's id of the customer.")
    var customer: String?

    @Option(help: "ISO 4217 code (default: the channel's currency).")
    var currency: String?

    @Flag(help: "Let several locations serve a line that names none.")
    var split = false

    @Flag(help: "What stock cannot serve waits for supply, up to the cap of the article and channel.")
    var allowBackorder = false

    @Option(help: "With --allow-backorder: among waiting lines, higher is served first.")
    var priority: Int32 = 0

    @Flag(help: "A till sale: the customer has the goods already; every tracked line names its location.")
    var goodsInHand = false

    @OptionGroup var delivery: DeliveryOptions

    @Option(help: ArgumentHelp("Read the request from this file.", valueName: "path"))
    var file: String?

    @OptionGroup var change: MutationID
    @OptionGroup var server: ServerOptions

    mutating func validate() throws {
        guard file == nil else { return }
        guard !lines.isEmpty else { throw ValidationError("an order has at least one line") }
        guard channel != nil, externalID != nil else {
            throw ValidationError("an order needs --channel and --external-id")
        }
    }

    func run() async throws {
        let asked = try request()
        let (request, reply) = try await server.withClient { client, options in
            var request = asked
            if !lines.isEmpty && request.currencyCode.isEmpty {
                let currency = try await ChannelCurrency.code(of: request.channel, client: client, options: options)
                for index in request.lines.indices { request.lines[index].unitPrice.currencyCode = currency }
            }
            let orders = Holdfast_V1_OrderService.Client(wrapping: client)
            return (request, try await orders.placeOrder(request, options: options))
        }
        try server.format.show(reply) { reply in OrderPlace.table(reply, of: request) }
    }

    private func request() throws -> Holdfast_V1_PlaceOrderRequest {
        var request = Holdfast_V1_PlaceOrderRequest()
        if let file {
            let text = try WholeFile.text(path: file, limit: 4 << 20)
            do {
                request = try Holdfast_V1_PlaceOrderRequest(jsonString: text)
            } catch {
                throw CommandFailure(.invalid, "\(file) is not a PlaceOrderRequest in protobuf JSON: \(error)")
            }
        }
        if let channel { request.channel = channel }
        if let externalID { request.externalID = externalID }
        if let reservation { request.reservationID = reservation.description }
        if let customer { request.customer.customerID = customer }
        if let currency { request.currencyCode = currency }
        if goodsInHand { request.goodsInHand = true }
        if let delivery = delivery.proto { request.delivery = delivery }
        if !lines.isEmpty {
            request.lines = lines.map { line in
                .with {
                    $0.sku = line.sku
                    $0.location = line.location
                    $0.quantity = line.quantity
                    $0.allowSplit = split && line.location.isEmpty
                    $0.allowBackorder = allowBackorder
                    $0.backorderPriority = priority
                    $0.unitPrice = .with {
                        $0.currencyCode = request.currencyCode
                        $0.units = line.priceUnits
                        $0.nanos = line.priceNanos
                    }
                }
            }
        }
        if change.id != nil || request.orderID.isEmpty { request.orderID = change.chosen() }
        return request
    }

    private static func table(_ reply: Holdfast_V1_PlaceOrderResponse, of request: Holdfast_V1_PlaceOrderRequest)
        -> Table
    {
        var table = Table([.number("LINE"), .text("SKU"), .number("QUANTITY"), .number("AMOUNT"), .text("FROM")])
        for (index, (asked, line)) in zip(request.lines, reply.lines).enumerated() {
            table.add(
                "\(index + 1)", asked.sku, "\(asked.quantity)", line.amount.shown, line.allocations.shown)
        }
        table.note("order \(reply.orderID) placed at \(reply.placedAt.shown)")
        table.note("total \(reply.total.shown), of which tax added \(reply.addedTax.shown)")
        let waiting = reply.lines.reduce(0) { $0 + $1.backordered }
        if waiting > 0 { table.note("\(waiting) units wait for supply") }
        if reply.shortage > 0 {
            table.note("\(reply.shortage) units were sold that the books did not have: count them")
        }
        return table
    }
}

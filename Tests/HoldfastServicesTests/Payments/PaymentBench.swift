import Domain
import GRPCCore
import HoldfastAPI
import HoldfastTesting
import Logging
import NIOCore
import OrderPromising
import PaymentGateways
import PostgresClient
import SwiftProtobuf
import Synchronization
import Testing

@testable import HoldfastServices
@testable import Ledger
@testable import OrderProcessing

/// Payments over a deployment of their own, with a scripted gateway, as a transport would call them.
struct PaymentBench: Sendable {
    let deployment: TestDeployment
    let scripted: ScriptedGateway
    let processing: OrderProcessing
    let service: PaymentService
    let orders: OrderService
    let context: ServerContext

    /// Runs a body with fresh payments.
    ///
    /// - Parameters:
    ///   - works: whether what follows by itself runs; without, only what is called happens.
    ///   - currency: of the channel `shop`.
    ///   - limit: how long the gateway may take.
    ///   - holdValidity: how long a hold is good for where the gateway does not say.
    ///   - body: what is tried.
    /// - Throws: what the body throws.
    static func with(
        works: Bool = true, currency: String = "GBP", limit: Duration = .seconds(30), holdValidity: Duration? = nil,
        _ body: @Sendable (PaymentBench) async throws -> Void
    ) async throws {
        try await TestDeployment.with { deployment in
            try await ScriptedGateway.with { scripted in
                var quiet = Logger(label: "test")
                quiet.logLevel = .critical
                let gateway = HTTPCardGateway(
                    settings: HTTPCardGatewaySettings(
                        url: scripted.url, secret: ScriptedGateway.secret,
                        timeLimit: .milliseconds(
                            limit.components.seconds * 1_000 + limit.components.attoseconds / 1_000_000_000_000_000)),
                    logger: quiet)
                var settings = PaymentSettings()
                settings.gateway = gateway
                // As a server has it, and long enough for a machine that is busy.
                settings.patience = max(settings.patience, limit + .seconds(15))
                settings.interval = .milliseconds(20)
                settings.pause = .milliseconds(20)
                settings.longestPause = .milliseconds(100)
                settings.holdValidity = holdValidity
                let processing = OrderProcessing(
                    promising: deployment.promising, payments: settings, logger: quiet)
                let money = try #require(Currency(code: currency))
                _ = try await deployment.ledger.upsertChannels(
                    .fresh, [Channel(code: "shop", name: "Shop", currency: money)], body: [1], caller: .anonymous
                ) { _ in [] }
                try await deployment.catalogue(skus: ["A"], untracked: ["POST"], locations: ["DC"])
                try await deployment.change(.receive, [("A", "DC", 1_000)])
                let running = Task { if works { await processing.run() } }
                let result: Result<Void, any Error>
                do {
                    try await withServerContextRPCCancellationHandle { cancellation in
                        let context = ServerContext(
                            descriptor: MethodDescriptor(fullyQualifiedService: "test", method: "Test"),
                            remotePeer: "in-process:1", localPeer: "in-process:2", cancellation: cancellation)
                        try await CallerContext.$current.withValue(.anonymous) {
                            try await body(
                                PaymentBench(
                                    deployment: deployment, scripted: scripted, processing: processing,
                                    service: PaymentService(processing: processing, logger: quiet),
                                    orders: OrderService(promising: deployment.promising, logger: quiet),
                                    context: context))
                        }
                    }
                    result = .success(())
                } catch {
                    result = .failure(error)
                }
                running.cancel()
                await running.value
                try await gateway.shutdown()
                #expect(scripted.reusedKeys == 0)
                try result.get()
            }
        }
    }

    // MARK: - Orders

    /// Places an order of units of A at so many minor units each, in the currency of the channel.
    func place(
        _ lines: [(quantity: Int64, minor: Int64)], currency: String = "GBP", goodsInHand: Bool = false,
        customer: String = "", tax: Int64 = 0
    ) async throws -> EntityID {
        let money = try #require(Currency(code: currency))
        var divisor: Int64 = 1
        for _ in 0..<money.decimals { divisor *= 10 }
        let items = try lines.map { line in
            OrderRequest.Line(
                demand: Demand(sku: "A", location: "DC", quantity: line.quantity, allowSplit: false),
                unitPrice: try #require(
                    UnitPrice(
                        units: line.minor / divisor,
                        nanos: Int32((line.minor % divisor) * (1_000_000_000 / divisor)))),
                amount: Money(line.quantity * line.minor, money),
                taxes: tax == 0 ? [] : [Tax(name: "VAT", amountMinor: tax, included: false)], description: "")
        }
        let id = EntityID.fresh
        _ = try await deployment.place(
            OrderRequest(
                id: id, channel: "shop", externalID: id.description, reservation: nil,
                customer: Customer(id: customer, name: "Ada", email: "", country: "GB"), lines: items,
                goodsInHand: goodsInHand, orderedAt: nil, currency: money,
                subtotal: items.reduce(0) { $0 + $1.amount.minorUnits }, addedTax: tax * Int64(lines.count),
                body: [3], caller: .anonymous))
        return id
    }

    /// Sends units of a line to the customer.
    func ship(_ order: EntityID, _ quantity: Int64, line: Int32 = 1) async throws {
        try await change(order) { work in
            try work.move(.release, quantity, line: line, from: .allocated)
            try work.move(.pick, quantity, line: line, from: .released)
            try work.move(.pack, quantity, line: line, from: .picked)
            try work.move(.ship, quantity, line: line, from: .packed)
        }
    }

    /// Takes units of a line back.
    func takeBack(_ order: EntityID, _ quantity: Int64, line: Int32 = 1) async throws {
        try await change(order) { work in try work.move(.takeBack, quantity, line: line, from: .shipped) }
    }

    /// Changes an order.
    func change(_ order: EntityID, _ body: @escaping @Sendable (inout OrderWork) throws -> Void) async throws {
        let change = OrderChange(id: .fresh, order: order, kind: .cancellation, body: [1], caller: .anonymous)
        let (_, settlement) = try await deployment.ledger.changeOrder(change) { work in
            try body(&work)
            return []
        }
        await deployment.promising.settle(settlement)
    }

    // MARK: - Payments

    /// Names a tender.
    func add(
        _ order: EntityID, _ kind: Holdfast_V1_TenderKind, _ minor: Int64? = nil, currency: String = "GBP",
        id: EntityID = .fresh, charge: Int32 = 0, refund: Int32 = 0, authorize: Bool = true, code: String = ""
    ) async throws -> Holdfast_V1_AddTenderResponse {
        try await service.addTender(
            request: .with {
                $0.tenderID = id.description
                $0.orderID = order.description
                $0.kind = kind
                if let minor { $0.amount = Self.money(minor, currency) }
                $0.chargeSequence = charge
                $0.refundSequence = refund
                if kind == .cardGateway {
                    $0.token = "tok-1"
                    $0.authorize = authorize
                }
                $0.giftCardCode = code
            }, context: context)
    }

    /// Gives an amount back.
    func refund(
        _ order: EntityID, _ minor: Int64? = nil, currency: String = "GBP", id: EntityID = .fresh, tender: Int32 = 0,
        goodwill: Bool = false
    ) async throws -> Holdfast_V1_RefundOrderResponse {
        try await service.refundOrder(
            request: .with {
                $0.refundID = id.description
                $0.orderID = order.description
                if let minor { $0.amount = Self.money(minor, currency) }
                $0.tenderNumber = tender
                $0.goodwill = goodwill
                $0.reason = "test"
            }, context: context)
    }

    /// The payments of an order.
    func payments(_ order: EntityID) async throws -> Holdfast_V1_GetPaymentsResponse {
        try await service.getPayments(request: .with { $0.orderID = order.description }, context: context)
    }

    /// The documents of an order, oldest first.
    func documents(_ order: EntityID) async throws -> [Holdfast_V1_Document] {
        try await service.listDocuments(request: .with { $0.orderID = order.description }, context: context)
            .documents.reversed()
    }

    /// Waits until an order's payments are as they shall be, and expects it.
    func becomes(
        _ order: EntityID, _ condition: @Sendable (Holdfast_V1_GetPaymentsResponse) -> Bool,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let came = try await eventually { condition(try await payments(order)) }
        if !came {
            let stands = try await payments(order)
            Issue.record("it did not come; it is \(stands)", sourceLocation: sourceLocation)
        }
    }

    /// Waits until nothing of an order is on its way any more.
    func settles(_ order: EntityID, sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let came = try await eventually {
            let open = try await numbers(
                """
                SELECT count(*) FROM order_money m WHERE m.order_id = '\(order)' AND (m.due_at < 'infinity' OR EXISTS (
                    SELECT FROM payment_attempt a WHERE a.order_id = m.order_id AND a.state IN (1, 4)))
                """)
            return open == [0]
        }
        #expect(came, sourceLocation: sourceLocation)
    }

    /// Settles what is due, and waits for what is sent for it.
    func settleDue() async throws -> Int {
        let handedOn = Mutex<[PaymentReply]>([])
        let count = try await processing.payments.settleDue { made in handedOn.withLock { $0.append(made) } }
        await withTaskGroup(of: Void.self) { group in
            for made in handedOn.withLock({ $0 }) { group.addTask { await processing.payments.sendLogged(made) } }
        }
        return count
    }

    /// Makes everything due that waits for its time.
    func makeDue() async throws {
        try await run("UPDATE payment_attempt SET due_at = now() WHERE state IN (1, 4)")
    }

    /// Numbers of one column, asked of the database itself.
    func numbers(_ sql: String) async throws -> [Int64] { try await deployment.numbers(sql) }

    /// Runs statements that only a test would.
    func run(_ sql: String) async throws { try await deployment.run(sql) }

    /// The topics of an order's events, in order, without `order.`.
    func events(_ order: EntityID) async throws -> [String] {
        try await deployment.ledger.order(order)?.events.map(\.kind.word) ?? []
    }

    static func money(_ minor: Int64, _ currency: String = "GBP") -> Holdfast_V1_Money {
        .with {
            $0.currencyCode = currency
            $0.amountMinor = minor
        }
    }
}

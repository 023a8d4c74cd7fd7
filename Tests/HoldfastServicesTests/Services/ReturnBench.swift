import Domain
import GRPCCore
import HoldfastAPI
import HoldfastServices
import HoldfastTesting
import PostgresClient
import SwiftProtobuf
import Testing

/// A shop that has sold goods over the counter, and takes them back.
struct ReturnBench {
    let bench: ServiceBench
    let context: ServerContext

    /// Runs a body with a shop: A with its second grade A-B, C without one, POST untracked, at DC and LDN-1.
    static func with(
        rules: [Holdfast_V1_ReturnRule] = [ReturnBench.rule()], zone: String = "Europe/London", suffix: String = "-B",
        _ body: @Sendable (ReturnBench) async throws -> Void
    ) async throws {
        try await ServiceBench.with { bench, context in
            let shop = ReturnBench(bench: bench, context: context)
            try await bench.deployment.catalogue(
                skus: ["A", "A-B", "C"], untracked: ["POST"], locations: ["DC", "LDN-1"])
            try await bench.deployment.change(.receive, [("A", "DC", 100), ("C", "DC", 100)])
            if !rules.isEmpty { _ = try await shop.set(rules, zone: zone, suffix: suffix) }
            try await body(shop)
        }
    }

    static func rule(
        _ name: String = "all", change: (inout Holdfast_V1_ReturnRule) -> Void = { _ in }
    ) -> Holdfast_V1_ReturnRule {
        var rule = Holdfast_V1_ReturnRule.with {
            $0.name = name
            $0.terms.windowDays = 30
        }
        change(&rule)
        return rule
    }

    func set(
        _ rules: [Holdfast_V1_ReturnRule], zone: String = "Europe/London", suffix: String = "-B"
    ) async throws -> Int32 {
        try await bench.returns.upsertReturnRules(
            request: .with {
                $0.requestID = EntityID.fresh.description
                $0.timeZone = zone
                $0.secondGradeSuffix = suffix
                $0.rules = rules
            }, context: context
        ).version
    }

    /// Sells lines of (sku, quantity, price in units and nanos) over the counter at DC.
    func sell(
        _ lines: [(sku: String, quantity: Int64, units: Int64, nanos: Int32)], channel: String = "web",
        currency: String = "GBP", tax: Int64 = 0, at: Google_Protobuf_Timestamp? = nil
    ) async throws -> EntityID {
        let id = EntityID.fresh
        _ = try await bench.orders.placeOrder(
            request: .with { request in
                request.orderID = id.description
                request.channel = channel
                request.externalID = id.description
                request.goodsInHand = true
                if let at { request.orderedAt = at }
                request.lines = lines.map { line in
                    .with {
                        $0.sku = line.sku
                        $0.location = "DC"
                        $0.quantity = line.quantity
                        $0.unitPrice.currencyCode = currency
                        $0.unitPrice.units = line.units
                        $0.unitPrice.nanos = line.nanos
                        if tax > 0 { $0.taxes = [OrderRequestsTests.tax(tax, currency: currency)] }
                    }
                }
            }, context: context)
        return id
    }

    static func request(
        _ order: EntityID, _ lines: [(line: Int32, quantity: Int64)], id: EntityID = .fresh,
        reason: Holdfast_V1_ReturnReason = .unwanted, condition: Holdfast_V1_ReturnCondition = .opened,
        method: Holdfast_V1_ReturnMethod = .mail
    ) -> Holdfast_V1_CreateReturnRequest {
        .with {
            $0.returnID = id.description
            $0.orderID = order.description
            $0.method = method
            $0.lines = lines.map { line in
                .with {
                    $0.orderLineNumber = line.line
                    $0.quantity = line.quantity
                    $0.reason = reason
                    $0.condition = condition
                }
            }
        }
    }

    func create(_ request: Holdfast_V1_CreateReturnRequest) async throws -> Holdfast_V1_Return {
        try await bench.returns.createReturn(request: request, context: context).returnOrder
    }

    func create(_ order: EntityID, _ lines: [(line: Int32, quantity: Int64)]) async throws -> Holdfast_V1_Return {
        try await create(Self.request(order, lines))
    }

    @discardableResult
    func receive(
        _ order: Holdfast_V1_Return, _ lines: [(sku: String, quantity: Int64)], at location: String = "DC",
        last: Bool = false, id: EntityID = .fresh
    ) async throws -> Holdfast_V1_Return {
        try await bench.returns.receiveReturn(
            request: .with { request in
                request.receiptID = id.description
                request.returnID = order.returnID
                request.location = location
                request.last = last
                request.lines = lines.map { line in
                    .with {
                        $0.sku = line.sku
                        $0.quantity = line.quantity
                    }
                }
            }, context: context
        ).returnOrder
    }

    func inspect(
        _ order: Holdfast_V1_Return, _ lines: [(line: Int32, quantity: Int64, what: Holdfast_V1_Disposition)],
        id: EntityID = .fresh
    ) async throws -> Holdfast_V1_Return {
        try await bench.returns.inspectReturn(
            request: .with { request in
                request.inspectionID = id.description
                request.returnID = order.returnID
                request.lines = lines.map { line in
                    .with {
                        $0.lineNumber = line.line
                        $0.quantity = line.quantity
                        $0.disposition = line.what
                        $0.condition = .opened
                    }
                }
            }, context: context
        ).returnOrder
    }

    func change(
        _ order: Holdfast_V1_Return, _ action: Holdfast_V1_ReturnAction
    ) async throws -> Holdfast_V1_Return {
        try await bench.returns.changeReturn(
            request: .with {
                $0.changeID = EntityID.fresh.description
                $0.returnID = order.returnID
                $0.action = action
                $0.reason = "because"
            }, context: context
        ).returnOrder
    }

    func exchange(
        _ order: Holdfast_V1_Return, _ lines: [(sku: String, quantity: Int64, units: Int64)], id: EntityID = .fresh,
        currency: String = "GBP"
    ) async throws -> Holdfast_V1_Return {
        try await bench.returns.exchangeReturn(
            request: Self.exchange(order, lines, id: id, currency: currency), context: context
        ).returnOrder
    }

    static func exchange(
        _ order: Holdfast_V1_Return, _ lines: [(sku: String, quantity: Int64, units: Int64)], id: EntityID,
        currency: String = "GBP"
    ) -> Holdfast_V1_ExchangeReturnRequest {
        .with { request in
            request.exchangeID = id.description
            request.returnID = order.returnID
            request.lines = lines.map { line in
                .with {
                    $0.sku = line.sku
                    $0.quantity = line.quantity
                    $0.unitPrice.currencyCode = currency
                    $0.unitPrice.units = line.units
                }
            }
        }
    }

    func settle(
        _ order: Holdfast_V1_Return, _ how: Holdfast_V1_ReturnSettlement = .outside
    ) async throws -> Holdfast_V1_Return {
        try await bench.returns.settleReturn(
            request: .with {
                $0.settlementID = EntityID.fresh.description
                $0.returnID = order.returnID
                $0.settlement = how
                $0.reference = "4711"
            }, context: context
        ).returnOrder
    }

    /// Asks for all of some lines, receives and restocks it; returns what is refunded.
    func takeBack(_ order: EntityID, _ lines: [(line: Int32, quantity: Int64)], sku: String = "A") async throws
        -> Int64
    {
        let made = try await create(order, lines)
        try await receive(made, [(sku, lines.reduce(0) { $0 + $1.quantity })])
        let parts = lines.enumerated().map { (Int32($0 + 1), $1.quantity, Holdfast_V1_Disposition.restock) }
        return try await inspect(made, parts).refund.amountMinor
    }

    func order(_ id: EntityID) async throws -> Holdfast_V1_Order {
        try await bench.orders.getOrder(request: .with { $0.orderID = id.description }, context: context).order
    }

    /// Sums of a line's money: earned, due back, withheld.
    func money(_ order: EntityID, line: Int = 1) async throws -> [Int64] {
        try await bench.deployment.numbers(
            """
            SELECT unnest(ARRAY[earned, refund_due, withheld]) FROM order_line_money
            WHERE order_id = '\(order)' AND line_number = \(line)
            """)
    }

    /// True where the books add up and both stores tell the same.
    func booksAreExact() async throws -> Bool {
        try await bench.deployment.booksAgree()
    }
}

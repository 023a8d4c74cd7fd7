import Carriers
import Domain
import GRPCCore
import HoldfastAPI
import HoldfastServices
import HoldfastTesting
import Ledger
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
        carriers: CarrierDirectory = CarrierDirectory([RateTableCarrier.own]),
        _ body: @Sendable (ReturnBench) async throws -> Void
    ) async throws {
        try await ServiceBench.with(carriers: carriers) { bench, context in
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
        currency: String = "GBP", tax: Int64 = 0, at: Google_Protobuf_Timestamp? = nil, customer: String = ""
    ) async throws -> EntityID {
        let id = EntityID.fresh
        _ = try await bench.orders.placeOrder(
            request: .with { request in
                request.orderID = id.description
                request.channel = channel
                request.externalID = id.description
                request.goodsInHand = true
                request.customer.customerID = customer
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

    /// Claims one unit of an order's first line, which was damaged on its way.
    func claim(_ order: EntityID) async throws -> Holdfast_V1_Return {
        try await asRead(
            try await bench.returns.createClaim(
                request: .with {
                    $0.returnID = EntityID.fresh.description
                    $0.orderID = order.description
                    $0.reason = .damagedInTransit
                    $0.lines = [
                        .with {
                            $0.orderLineNumber = 1
                            $0.quantity = 1
                        }
                    ]
                }, context: context
            ).returnOrder)
    }

    @discardableResult
    func receive(
        _ order: Holdfast_V1_Return, _ lines: [(sku: String, quantity: Int64)], at location: String = "DC",
        last: Bool = false, id: EntityID = .fresh, again: Bool = false
    ) async throws -> Holdfast_V1_Return {
        try await asRead(
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
            ).returnOrder, again: again)
    }

    func inspect(
        _ order: Holdfast_V1_Return, _ lines: [(line: Int32, quantity: Int64, what: Holdfast_V1_Disposition)],
        id: EntityID = .fresh
    ) async throws -> Holdfast_V1_Return {
        try await asRead(
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
            ).returnOrder)
    }

    func change(
        _ order: Holdfast_V1_Return, _ action: Holdfast_V1_ReturnAction
    ) async throws -> Holdfast_V1_Return {
        try await asRead(
            try await bench.returns.changeReturn(
                request: .with {
                    $0.changeID = EntityID.fresh.description
                    $0.returnID = order.returnID
                    $0.action = action
                    $0.reason = "because"
                }, context: context
            ).returnOrder)
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
        _ order: Holdfast_V1_Return, _ how: Holdfast_V1_ReturnSettlement = .outside, ahead: Bool = false,
        id: EntityID = .fresh
    ) async throws -> Holdfast_V1_Return {
        try await asRead(
            try await bench.returns.settleReturn(
                request: .with {
                    $0.settlementID = id.description
                    $0.returnID = order.returnID
                    $0.settlement = how
                    $0.reference = "4711"
                    $0.ahead = ahead
                }, context: context
            ).returnOrder)
    }

    func get(_ order: Holdfast_V1_Return) async throws -> Holdfast_V1_Return {
        try await bench.returns.getReturn(request: .with { $0.returnID = order.returnID }, context: context)
            .returnOrder
    }

    /// An answer, compared with what is read then, unless it is one that was given before.
    private func asRead(_ answer: Holdfast_V1_Return, again: Bool = false) async throws -> Holdfast_V1_Return {
        if !again { #expect(try await get(answer) == answer) }
        return answer
    }

    // MARK: - Money

    /// Pays an order, or what is left of it, at the till.
    @discardableResult
    func pay(_ order: EntityID, _ kind: Holdfast_V1_TenderKind = .cash, _ minor: Int64? = nil) async throws -> Int64 {
        try await bench.payments.addTender(
            request: .with {
                $0.tenderID = EntityID.fresh.description
                $0.orderID = order.description
                $0.kind = kind
                if let minor {
                    $0.amount.currencyCode = "GBP"
                    $0.amount.amountMinor = minor
                }
            }, context: context
        ).amount.amountMinor
    }

    func payments(_ order: EntityID) async throws -> Holdfast_V1_GetPaymentsResponse {
        try await bench.payments.getPayments(request: .with { $0.orderID = order.description }, context: context)
    }

    /// Does what follows by itself for an order's money.
    func follow(_ order: EntityID) async throws {
        _ = try await bench.deployment.ledger.settlePayments(of: order, patience: 1_000)
    }

    func cancel(_ order: EntityID, _ lines: [(line: Int32, quantity: Int64)] = []) async throws {
        _ = try await bench.orders.cancelOrder(
            request: .with {
                $0.cancellationID = EntityID.fresh.description
                $0.orderID = order.description
                $0.lines = lines.map { line in
                    .with {
                        $0.lineNumber = line.line
                        $0.quantity = line.quantity
                    }
                }
            }, context: context)
        try await follow(order)
    }

    func refund(_ order: EntityID, _ minor: Int64? = nil) async throws {
        _ = try await bench.payments.refundOrder(
            request: .with {
                $0.refundID = EntityID.fresh.description
                $0.orderID = order.description
                if let minor {
                    $0.amount.currencyCode = "GBP"
                    $0.amount.amountMinor = minor
                }
            }, context: context)
    }

    /// What a customer has as store credit.
    func credit(_ customer: String) async throws -> Int64 {
        try await bench.deployment.numbers(
            "SELECT coalesce(sum(balance), 0)::int8 FROM stored_value_account WHERE customer_id = '\(customer)'")[0]
    }

    /// True where the sums of every order are those of its attempts, no order gave back more than it took, in all ways, or kept
    /// less than it is owed after giving back, its credit memos are over what it gave back, what orders took of refunds is what
    /// their returns gave, and what was set off of some returns was recovered of others.
    func moneyIsExact() async throws -> Bool {
        try await bench.deployment.numbers(
            """
            SELECT count(*) FROM order_money m LEFT JOIN (
                SELECT order_id, sum(amount) FILTER (WHERE action IN (2, 5)) AS taken,
                    sum(amount) FILTER (WHERE action = 4) AS given_back,
                    sum(CASE action WHEN 1 THEN amount WHEN 2 THEN -amount - lets_go WHEN 3 THEN -amount ELSE 0 END) AS held
                FROM payment_attempt WHERE state = 2 GROUP BY 1) a ON a.order_id = m.order_id
            WHERE (m.taken, m.given_back, m.held)
                IS DISTINCT FROM (coalesce(a.taken, 0)::int8, coalesce(a.given_back, 0)::int8, coalesce(a.held, 0)::int8)
                OR m.given_back + m.given_otherwise > m.taken
                OR m.given_back + m.given_otherwise > 0 AND m.taken - m.given_back + m.held < m.owed
            UNION ALL
            SELECT count(*) FROM order_money m
            FULL JOIN (SELECT order_id, sum(total) AS total FROM document WHERE kind = 3 GROUP BY 1) d
                ON d.order_id = m.order_id
            WHERE coalesce(m.given_back + m.given_otherwise, 0) <> coalesce(d.total, 0)
            UNION ALL
            SELECT count(*) FROM (SELECT id, credited FROM return_exchange WHERE credited > 0) x
            FULL JOIN (
                SELECT t.order_id, sum(a.amount) AS taken FROM tender t JOIN payment_attempt a
                    ON a.order_id = t.order_id AND a.tender_number = t.number AND a.action = 2 AND a.state = 2
                WHERE t.kind = 6 GROUP BY 1) t ON t.order_id = x.id
            WHERE x.credited IS DISTINCT FROM t.taken
            UNION ALL
            SELECT count(*) FROM (
                SELECT FROM return_order GROUP BY order_id HAVING sum(recovered) <> sum(set_off)) r
            """) == [0, 0, 0, 0]
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

import Domain
import GRPCCore
import HoldfastAPI
import HoldfastTesting
import SwiftProtobuf
import Testing

/// A return, stopped at every step of the way.
@Suite("Crash table: returns", .serialized)
struct ReturnCrashTests {
    /// The calls of a return of 3 units of A, in order.
    private struct Way {
        let create: Holdfast_V1_CreateReturnRequest
        let receive: Holdfast_V1_ReceiveReturnRequest
        let inspect: Holdfast_V1_InspectReturnRequest
        let settle: Holdfast_V1_SettleReturnRequest

        init(of order: String) {
            let id = EntityID.fresh.description
            create = .with {
                $0.returnID = id
                $0.orderID = order
                $0.method = .mail
                $0.lines = [
                    .with {
                        $0.orderLineNumber = 1
                        $0.quantity = 3
                        $0.reason = .unwanted
                        $0.condition = .opened
                    }
                ]
            }
            receive = .with {
                $0.receiptID = EntityID.fresh.description
                $0.returnID = id
                $0.location = "W"
                $0.lines = [
                    .with {
                        $0.sku = "A"
                        $0.quantity = 3
                    }
                ]
            }
            inspect = .with {
                $0.inspectionID = EntityID.fresh.description
                $0.returnID = id
                $0.lines = [(2, .restock), (1, .scrap)].map { (quantity: Int64, what: Holdfast_V1_Disposition) in
                    .with {
                        $0.lineNumber = 1
                        $0.quantity = quantity
                        $0.condition = .opened
                        $0.disposition = what
                    }
                }
            }
            settle = .with {
                $0.settlementID = EntityID.fresh.description
                $0.returnID = id
                $0.settlement = .outside
            }
        }

        static let steps = ["CreateReturn", "ReceiveReturn", "InspectReturn", "SettleReturn"]

        /// Makes one of the calls, from 0, once or until it is answered; returns the state it answers with.
        @discardableResult
        func take(_ step: Int, on server: DoomedServer, patiently: Bool) async throws -> Holdfast_V1_ReturnState {
            let method = "ReturnService/" + Way.steps[step]
            func make<Reply: Message>(_ request: some Message, _ reply: Reply.Type) async throws -> Reply {
                patiently
                    ? try await server.patiently(method, request, reply)
                    : try await server.call(method, request, reply)
            }
            switch step {
            case 0: return try await make(create, Holdfast_V1_CreateReturnResponse.self).returnOrder.state
            case 1: return try await make(receive, Holdfast_V1_ReceiveReturnResponse.self).returnOrder.state
            case 2: return try await make(inspect, Holdfast_V1_InspectReturnResponse.self).returnOrder.state
            default: return try await make(settle, Holdfast_V1_SettleReturnResponse.self).returnOrder.state
            }
        }
    }

    private static let states: [Holdfast_V1_ReturnState] = [.approved, .received, .decided, .settled]

    /// Sells 5 units of A over the counter, and makes the rules.
    private func sell(on stage: Stage) async throws -> String {
        var order = stage.order(5)
        order.goodsInHand = true
        _ = try await stage.place(order)
        _ = try await stage.server.patiently(
            "ReturnService/UpsertReturnRules",
            Holdfast_V1_UpsertReturnRulesRequest.with {
                $0.requestID = EntityID.fresh.description
                $0.rules = [
                    .with {
                        $0.name = "all"
                        $0.terms.windowDays = 30
                    }
                ]
            }, Holdfast_V1_UpsertReturnRulesResponse.self)
        return order.orderID
    }

    /// Goes the whole way with a server that dies at one step, and looks at what is there before and after.
    private func go(_ row: String, _ point: String, dyingAt step: Int, committed: Bool) async throws {
        try await Stage.with("\(point):\(step + 1)") { stage in
            let way = Way(of: try await sell(on: stage))
            for earlier in 0..<step { try await way.take(earlier, on: stage.server, patiently: true) }
            let seen = try await stage.see { try await way.take(step, on: stage.server, patiently: false) }
            #expect(seen == .status(.unavailable))
            #expect(try await stage.server.hasDied())
            let state = committed ? step : step - 1
            let stored = try await stage.number(
                "SELECT coalesce((SELECT state FROM return_order), 0)::int8")
            #expect(stored == (state < 0 ? 0 : Int64(Self.states[state].rawValue)), "\(row) \(step)")
            try await stage.server.restart()
            for later in step..<4 {
                let reached = try await stage.timed(row, "the same call answered") {
                    try await way.take(later, on: stage.server, patiently: true)
                }
                #expect(reached == Self.states[later])
            }
            // Once, and no more: what was earned is due back for 3 units of 5, and 2 of them are on the shelf.
            #expect(try await stage.number("SELECT refund_due FROM order_line_money") == 300)
            #expect(try await stage.number("SELECT quantity FROM line_quantity WHERE status = 9") == 3)
            #expect(try await stage.number("SELECT count(*) FROM stock_movement WHERE kind >= 20") == 3)
            #expect(try await stage.number("SELECT count(*) FROM return_order") == 1)
            try await stage.heals(to: 17, row)
        }
    }

    @Test("the server dies before the commit of a step of a return", arguments: 0..<4)
    func uncommitted(step: Int) async throws {
        try await go(
            "the server dies before the commit of a step of a return", "return-uncommitted", dyingAt: step,
            committed: false)
    }

    @Test("the server dies after the commit of a step of a return, before anyone heard of it", arguments: 0..<4)
    func committed(step: Int) async throws {
        try await go(
            "the server dies after the commit of a step of a return, before anyone heard of it", "return-committed",
            dyingAt: step, committed: true)
    }

    // MARK: - Labels and exchanges

    @Test(
        "the server dies with a return's label recorded as wanted, or made by a carrier and not recorded",
        arguments: ["label-wanted", "label-made"])
    func labels(failpoint: String) async throws {
        let row = "the server dies with a return's label recorded as wanted, or made by a carrier and not recorded"
        try await Stage.with(failpoint) { stage in
            let order = try await sell(on: stage)
            try await stage.run(
                """
                INSERT INTO order_delivery (order_id, sequence, method, service, has_address, name, lines, city, region,
                    postcode, country, phone)
                VALUES ('\(order)', 1, 1, '', true, 'Ann Example', '{1 Long Road}', 'Leeds', '', 'LS1 1AA', 'GB', '')
                """)
            let way = Way(of: order)
            try await way.take(0, on: stage.server, patiently: true)
            let ask = Holdfast_V1_IssueReturnLabelRequest.with {
                $0.labelID = EntityID.fresh.description
                $0.returnID = way.create.returnID
                $0.location = "W"
            }
            let seen = try await stage.see {
                _ = try await stage.server.call(
                    "ReturnService/IssueReturnLabel", ask, Holdfast_V1_IssueReturnLabelResponse.self)
            }
            #expect(seen == .status(.unavailable))
            #expect(try await stage.server.hasDied())
            let key = try await stage.text("SELECT key::text FROM return_label WHERE state = 1")
            try await stage.server.restart()
            let reply = try await stage.timed(row, "the same call answered") {
                try await stage.server.patiently(
                    "ReturnService/IssueReturnLabel", ask, Holdfast_V1_IssueReturnLabelResponse.self)
            }
            #expect(reply.returnOrder.hasLabel)
            #expect(!reply.document.isEmpty)
            // The carrier was asked with the key that stood there: its label is the one that counts.
            #expect(try await stage.text("SELECT key::text FROM return_label WHERE state = 3") == key)
            #expect(try await stage.number("SELECT count(*) FROM return_label") == 1)
            #expect(try await stage.number("SELECT count(*) FROM return_event WHERE event = 4") == 1)
            try await stage.heals(to: 15, row)
        }
    }

    @Test(
        "the server dies with an exchange asked for, or its order placed and its return not told",
        arguments: ["exchange-asked", "exchange-placed"])
    func exchanges(failpoint: String) async throws {
        let row = "the server dies with an exchange asked for, or its order placed and its return not told"
        try await Stage.with(failpoint) { stage in
            let way = Way(of: try await sell(on: stage))
            try await way.take(0, on: stage.server, patiently: true)
            let ask = Holdfast_V1_ExchangeReturnRequest.with { request in
                request.exchangeID = EntityID.fresh.description
                request.returnID = way.create.returnID
                request.lines = [
                    .with {
                        $0.sku = "B"
                        $0.quantity = 4
                        $0.unitPrice.currencyCode = "GBP"
                        $0.unitPrice.units = 1
                    }
                ]
            }
            let seen = try await stage.see {
                _ = try await stage.server.call(
                    "ReturnService/ExchangeReturn", ask, Holdfast_V1_ExchangeReturnResponse.self)
            }
            #expect(seen == .status(.unavailable))
            #expect(try await stage.server.hasDied())
            try await stage.server.restart()
            // Until it is gone on with, the return does not end without its goods.
            let cancelled = try await stage.see {
                _ = try await stage.server.patiently(
                    "ReturnService/ChangeReturn",
                    Holdfast_V1_ChangeReturnRequest.with {
                        $0.changeID = EntityID.fresh.description
                        $0.returnID = way.create.returnID
                        $0.action = .cancel
                    }, Holdfast_V1_ChangeReturnResponse.self)
            }
            #expect(cancelled == .status(.failedPrecondition))
            let made = try await stage.timed(row, "the same call answered") {
                try await stage.server.patiently(
                    "ReturnService/ExchangeReturn", ask, Holdfast_V1_ExchangeReturnResponse.self
                ).returnOrder
            }
            #expect(made.exchange.toPay.amountMinor == 100)
            #expect(try await stage.number("SELECT count(*) FROM tender WHERE kind = 6") == 1)
            #expect(try await stage.number("SELECT held FROM order_money") == 300)
            for later in 1..<3 { try await way.take(later, on: stage.server, patiently: true) }
            #expect(try await stage.number("SELECT credited FROM return_exchange") == 300)
            #expect(try await stage.number("SELECT taken FROM order_money") == 300)
            #expect(try await stage.number("SELECT state::int8 FROM return_order") == 8)
            try await stage.heals(to: 17, row)
        }
    }
}

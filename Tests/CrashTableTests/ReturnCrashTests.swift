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
}

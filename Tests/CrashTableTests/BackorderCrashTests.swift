import Domain
import GRPCCore
import HoldfastAPI
import HoldfastTesting
import Ledger
import SwiftProtobuf
import Testing

/// Lines that wait for supply, stopped at every step of the way.
@Suite("Crash table: backorders", .serialized)
struct BackorderCrashTests {
    /// Lets up to 50 units of A wait.
    private static func allow(_ stage: Stage) async throws {
        let policy = BackorderPolicy(sku: "A", channel: TestDeployment.channel, cap: 50)
        _ = try await stage.deployment.ledger.setBackorderPolicies(
            BackorderPolicyChange(id: .fresh, policies: [policy], body: [100], caller: .anonymous)
        ) { _ in [] }
    }

    /// An order of units of A that may wait.
    private static func order(_ stage: Stage, _ units: Int64) -> Holdfast_V1_PlaceOrderRequest {
        var request = stage.order(units)
        request.lines[0].allowBackorder = true
        return request
    }

    private static func units(_ stage: Stage, _ order: String, _ status: LineStatus) async throws -> Int64 {
        let id = try #require(EntityID(order))
        return try await stage.deployment.ledger.order(id)?.lines[0].quantities[status] ?? 0
    }

    @Test("the server dies after the commit of an order that waits for a part of its units")
    func captured() async throws {
        let row = "the server dies after the commit of an order that waits for a part of its units"
        try await Stage.with("captured") { stage in
            try await Self.allow(stage)
            let request = Self.order(stage, 23)
            #expect(try await stage.seePlace(request) == .status(.unavailable))
            #expect(try await stage.server.hasDied())
            #expect(try await stage.number("SELECT waiting FROM backorder_book") == 3)
            try await stage.server.restart()
            let reply = try await stage.timed(row, "the same call answered") { try await stage.place(request) }
            #expect(reply.lines.map(\.backordered) == [3])
            #expect(try await stage.number("SELECT count(*) FROM orders") == 1)
            #expect(try await stage.number("SELECT waiting FROM backorder_policy") == 3)
            try await stage.heals(to: 0, row)
        }
    }

    @Test("the server dies after the commit of a delivery that serves a waiting line, before the order has it")
    func delivered() async throws {
        let row = "the server dies after the commit of a delivery that serves a waiting line, before the order has it"
        try await Stage.with("stock-changed") { stage in
            try await Self.allow(stage)
            let request = Self.order(stage, 23)
            _ = try await stage.place(request)
            let delivery = stage.delivery(5)
            let seen = try await stage.see {
                _ = try await stage.server.call(
                    "InventoryService/ReceiveStock", delivery, Holdfast_V1_ReceiveStockResponse.self)
            }
            #expect(seen == .status(.unavailable))
            #expect(try await stage.server.hasDied())
            #expect(try await Self.units(stage, request.orderID, .backordered) == 3)
            #expect(try await stage.number("SELECT sum(quantity)::int8 FROM backorder_grant") == 3)
            try await stage.server.restart()
            try await stage.timed(row, "the order has its units") {
                let isFilled = try await eventually(within: 30) {
                    try await Self.units(stage, request.orderID, .allocated) == 23
                }
                #expect(isFilled)
            }
            _ = try await stage.server.patiently(
                "InventoryService/ReceiveStock", delivery, Holdfast_V1_ReceiveStockResponse.self)
            #expect(try await stage.number("SELECT count(*) FROM backorder_grant") == 0)
            try await stage.heals(to: 2, row)
        }
    }

    @Test("the server dies after an order has taken supply for its waiting line over")
    func filled() async throws {
        let row = "the server dies after an order has taken supply for its waiting line over"
        try await Stage.with("backorder-filled") { stage in
            try await Self.allow(stage)
            let request = Self.order(stage, 23)
            _ = try await stage.place(request)
            _ = try await stage.server.call(
                "InventoryService/ReceiveStock", stage.delivery(5), Holdfast_V1_ReceiveStockResponse.self)
            #expect(try await stage.server.hasDied())
            #expect(try await Self.units(stage, request.orderID, .allocated) == 23)
            try await stage.server.restart()
            #expect(try await stage.number("SELECT count(*) FROM order_event WHERE kind = 101") == 1)
            try await stage.heals(to: 2, row)
        }
    }
}

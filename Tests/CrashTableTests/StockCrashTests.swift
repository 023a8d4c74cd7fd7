import Domain
import GRPCCore
import HoldfastAPI
import HoldfastTesting
import Ledger
import SwiftProtobuf
import Testing

/// Changes of stock, stopped at every step of the way.
@Suite("Crash table: stock", .serialized)
struct StockCrashTests {
    @Test("the server dies after the commit of a delivery, before Redis heard of it")
    func delivered() async throws {
        let row = "the server dies after the commit of a delivery, before Redis heard of it"
        try await Stage.with("stock-changed") { stage in
            let request = stage.delivery(5)
            let seen = try await stage.see {
                _ = try await stage.server.call(
                    "InventoryService/ReceiveStock", request, Holdfast_V1_ReceiveStockResponse.self)
            }
            #expect(seen == .status(.unavailable))
            #expect(try await stage.server.hasDied())
            #expect(try await stage.inRedis() == 20)
            try await stage.server.restart()
            let reply = try await stage.timed(row, "the same call answered") {
                try await stage.server.patiently(
                    "InventoryService/ReceiveStock", request, Holdfast_V1_ReceiveStockResponse.self)
            }
            #expect(reply.levels.map(\.onHand) == [25])
            try await stage.heals(to: 25, row)
        }
    }

    @Test("the server dies with a loss of stock taken in Redis and nothing in PostgreSQL, and the client comes back")
    func lossTaken() async throws {
        let row =
            "the server dies with a loss of stock taken in Redis and nothing in PostgreSQL, and the client comes back"
        try await Stage.with("movement-taken") { stage in
            let request = stage.adjustment(-4)
            let seen = try await stage.see {
                _ = try await stage.server.call(
                    "InventoryService/AdjustStock", request, Holdfast_V1_AdjustStockResponse.self)
            }
            #expect(seen == .status(.unavailable))
            #expect(try await stage.server.hasDied())
            #expect(try await stage.number("SELECT count(*) FROM stock_movement WHERE on_hand_delta < 0") == 0)
            #expect(try await stage.inRedis() == 16)
            try await stage.server.restart()
            let reply = try await stage.timed(row, "the same call answered") {
                try await stage.server.patiently(
                    "InventoryService/AdjustStock", request, Holdfast_V1_AdjustStockResponse.self)
            }
            #expect(reply.levels.map(\.onHand) == [16])
            // The repetition took the first attempt's units over: they are taken once.
            try await stage.heals(to: 16, row)
        }
    }

    @Test("the server dies with a loss of stock taken in Redis and nothing in PostgreSQL, and nobody comes back")
    func lossAbandoned() async throws {
        let row = "the server dies with a loss of stock taken in Redis and nothing in PostgreSQL, and nobody comes back"
        try await Stage.with("movement-taken") { stage in
            let request = stage.adjustment(-4)
            let seen = try await stage.see {
                _ = try await stage.server.call(
                    "InventoryService/AdjustStock", request, Holdfast_V1_AdjustStockResponse.self)
            }
            #expect(seen == .status(.unavailable))
            #expect(try await stage.server.hasDied())
            let taken = try await stage.takenKeys()
            #expect(taken.map(\.kind) == [.movement])
            try await stage.server.restart()
            try await stage.heals(to: 20, row)
            #expect(try await stage.deployment.ledger.states(of: taken).values.map { $0 } == [.voided])
            #expect(try await stage.takenKeys().isEmpty)
            #expect(try await stage.number("SELECT count(*) FROM stock_movement WHERE on_hand_delta < 0") == 0)
            // Who comes after all is served: it was no promise to anybody.
            let reply = try await stage.server.patiently(
                "InventoryService/AdjustStock", request, Holdfast_V1_AdjustStockResponse.self)
            #expect(reply.levels.map(\.onHand) == [16])
            try await stage.heals(to: 16, row)
        }
    }

    @Test("the server dies after the commit of a loss of stock, before Redis heard of it")
    func lossWritten() async throws {
        let row = "the server dies after the commit of a loss of stock, before Redis heard of it"
        try await Stage.with("stock-changed") { stage in
            let request = stage.adjustment(-4)
            let seen = try await stage.see {
                _ = try await stage.server.call(
                    "InventoryService/AdjustStock", request, Holdfast_V1_AdjustStockResponse.self)
            }
            #expect(seen == .status(.unavailable))
            #expect(try await stage.server.hasDied())
            #expect(try await stage.inRedis() == 16)
            try await stage.server.restart()
            let reply = try await stage.timed(row, "the same call answered") {
                try await stage.server.patiently(
                    "InventoryService/AdjustStock", request, Holdfast_V1_AdjustStockResponse.self)
            }
            #expect(reply.levels.map(\.onHand) == [16])
            try await stage.heals(to: 16, row)
        }
    }
}

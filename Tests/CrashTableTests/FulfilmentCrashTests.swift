import Domain
import GRPCCore
import HoldfastAPI
import HoldfastTesting
import OrderPromising
import SwiftProtobuf
import Testing

/// A fulfilment, stopped between any two steps of the way.
@Suite("Crash table: fulfilment", .serialized)
struct FulfilmentCrashTests {
    /// Makes a call until it is answered.
    private func call<Request: Message, Reply: Message>(
        _ stage: Stage, _ method: String, _ request: Request, _ type: Reply.Type
    ) async throws -> Reply {
        try await stage.server.patiently("FulfilmentService/" + method, request, type)
    }

    private func see<Request: Message, Reply: Message>(
        _ stage: Stage, _ method: String, _ request: Request, _ type: Reply.Type
    ) async throws -> Stage.Seen {
        try await stage.see { _ = try await stage.server.call("FulfilmentService/" + method, request, type) }
    }

    /// An order of 4 units that is released; the id of its fulfilment.
    private func released(_ stage: Stage) async throws -> String {
        let order = stage.order(4)
        _ = try await stage.place(order)
        let released = try await call(
            stage, "ReleaseOrder",
            Holdfast_V1_ReleaseOrderRequest.with {
                $0.releaseID = EntityID.fresh.description
                $0.orderID = order.orderID
            }, Holdfast_V1_ReleaseOrderResponse.self)
        return try #require(released.fulfilments.first?.fulfilmentID)
    }

    private func picking(_ stage: Stage) async throws -> String {
        let id = try await released(stage)
        _ = try await call(
            stage, "StartPicking",
            Holdfast_V1_StartPickingRequest.with {
                $0.requestID = EntityID.fresh.description
                $0.fulfilmentID = id
            }, Holdfast_V1_StartPickingResponse.self)
        return id
    }

    private func pick(
        _ id: String, _ units: Int64, _ rule: Holdfast_V1_ShortRule = .unspecified
    ) -> Holdfast_V1_ConfirmPickRequest {
        .with {
            $0.requestID = EntityID.fresh.description
            $0.fulfilmentID = id
            $0.scans = [
                .with {
                    $0.code = "A"
                    $0.quantity = units
                }
            ]
            $0.shortRule = rule
        }
    }

    private func packed(_ stage: Stage) async throws -> String {
        let id = try await picking(stage)
        _ = try await call(stage, "ConfirmPick", pick(id, 4), Holdfast_V1_ConfirmPickResponse.self)
        _ = try await call(
            stage, "PackFulfilment",
            Holdfast_V1_PackFulfilmentRequest.with {
                $0.requestID = EntityID.fresh.description
                $0.fulfilmentID = id
                $0.packages = [.with { $0.weightGrams = 400 }]
            }, Holdfast_V1_PackFulfilmentResponse.self)
        return id
    }

    private func shipment(_ id: String) -> Holdfast_V1_ShipFulfilmentRequest {
        .with {
            $0.requestID = EntityID.fresh.description
            $0.fulfilmentID = id
        }
    }

    /// Another location with 20 units of A.
    private func openSecondLocation(_ stage: Stage) async throws {
        try await stage.deployment.catalogue(skus: ["A", "B"], locations: ["W", "V"])
        try await stage.deployment.change(.receive, [("A", "V", 20)])
    }

    @Test(
        "the server dies with labels recorded as wanted, or made by a carrier and not recorded",
        arguments: ["label-wanted", "label-made"])
    func labels(failpoint: String) async throws {
        let row = "the server dies with labels recorded as wanted, or made by a carrier and not recorded"
        try await Stage.with(failpoint) { stage in
            let id = try await packed(stage)
            let ship = shipment(id)
            #expect(
                try await see(stage, "ShipFulfilment", ship, Holdfast_V1_ShipFulfilmentResponse.self)
                    == .status(.unavailable))
            #expect(try await stage.server.hasDied())
            #expect(try await stage.number("SELECT state::int8 FROM fulfilment") == 4)
            let key = try await stage.text("SELECT key::text FROM carrier_label WHERE state = 1")
            try await stage.server.restart()
            let reply = try await stage.timed(row, "the same call answered") {
                try await call(stage, "ShipFulfilment", ship, Holdfast_V1_ShipFulfilmentResponse.self)
            }
            #expect(reply.step.fulfilment.state == "shipped")
            #expect(
                try await call(stage, "ShipFulfilment", ship, Holdfast_V1_ShipFulfilmentResponse.self) == reply)
            // The carrier was asked with the key that stood there: its label is the one that counts.
            #expect(try await stage.text("SELECT key::text FROM carrier_label WHERE state = 3") == key)
            #expect(try await stage.number("SELECT count(*) FROM carrier_label") == 1)
            try await stage.heals(to: 16, row)
        }
    }

    @Test(
        "the server dies with labels recorded as wanted, and the fulfilment is given up",
        arguments: ["label-wanted", "label-made"])
    func looseLabels(failpoint: String) async throws {
        let row = "the server dies with labels recorded as wanted, and the fulfilment is given up"
        try await Stage.with(failpoint) { stage in
            let id = try await packed(stage)
            _ = try await see(stage, "ShipFulfilment", shipment(id), Holdfast_V1_ShipFulfilmentResponse.self)
            #expect(try await stage.server.hasDied())
            try await stage.server.restart()
            _ = try await stage.timed(row, "given up") {
                try await call(
                    stage, "DeclineFulfilment",
                    Holdfast_V1_DeclineFulfilmentRequest.with {
                        $0.requestID = EntityID.fresh.description
                        $0.fulfilmentID = id
                    }, Holdfast_V1_DeclineFulfilmentResponse.self)
            }
            #expect(try await stage.number("SELECT count(*) FROM carrier_label WHERE loose_at > now()") == 1)
            // A carrier may take two minutes to answer, and nobody waits for that here.
            try await stage.run("UPDATE carrier_label SET loose_at = now()")
            #expect(
                try await eventually { try await stage.number("SELECT state::int8 FROM carrier_label") == 4 })
            try await stage.heals(to: 16, row)
        }
    }

    @Test(
        "the server dies after the commit of a step of a fulfilment, before Redis heard of it", arguments: 1...4)
    func committed(step: Int) async throws {
        let row = "the server dies after the commit of a step of a fulfilment, before Redis heard of it"
        try await Stage.with("fulfilment-advanced:\(step)") { stage in
            let id = try await released(stage)
            let start = Holdfast_V1_StartPickingRequest.with {
                $0.requestID = EntityID.fresh.description
                $0.fulfilmentID = id
            }
            let found = pick(id, 4)
            let pack = Holdfast_V1_PackFulfilmentRequest.with {
                $0.requestID = EntityID.fresh.description
                $0.fulfilmentID = id
                $0.packages = [.init()]
            }
            let ship = shipment(id)
            let steps: [@Sendable () async throws -> Void] = [
                {
                    _ = try await stage.server.call(
                        "FulfilmentService/StartPicking", start, Holdfast_V1_StartPickingResponse.self)
                },
                {
                    _ = try await stage.server.call(
                        "FulfilmentService/ConfirmPick", found, Holdfast_V1_ConfirmPickResponse.self)
                },
                {
                    _ = try await stage.server.call(
                        "FulfilmentService/PackFulfilment", pack, Holdfast_V1_PackFulfilmentResponse.self)
                },
                {
                    _ = try await stage.server.call(
                        "FulfilmentService/ShipFulfilment", ship, Holdfast_V1_ShipFulfilmentResponse.self)
                },
            ]
            for (index, call) in steps.enumerated() {
                let seen = try await stage.see(call)
                #expect(seen == (index + 1 == step ? .status(.unavailable) : .answered))
                guard index + 1 == step else { continue }
                #expect(try await stage.server.hasDied())
                #expect(try await stage.number("SELECT state::int8 FROM fulfilment") == Int64(index + 2))
                try await stage.server.restart()
                let answered = try await stage.timed(row, "the same call answered") {
                    try await eventually { try await stage.see(call) == .answered }
                }
                #expect(answered)
            }
            #expect(try await stage.number("SELECT on_hand FROM cell ORDER BY id LIMIT 1") == 16)
            #expect(try await stage.number("SELECT count(*) FROM stock_movement WHERE kind = 11") == 1)
            #expect(try await stage.number("SELECT count(*) FROM order_event") == 6)
            try await stage.heals(to: 16, row)
        }
    }

    @Test("the server dies with stock of another location set aside for a short pick")
    func standIn() async throws {
        let row = "the server dies with stock of another location set aside for a short pick"
        try await Stage.with("stand-in-held") {
            $0.sweepInterval = .milliseconds(50)
        } _: { stage in
            try await openSecondLocation(stage)
            let id = try await picking(stage)
            let short = pick(id, 1, .reallocate)
            #expect(
                try await see(stage, "ConfirmPick", short, Holdfast_V1_ConfirmPickResponse.self)
                    == .status(.unavailable))
            #expect(try await stage.server.hasDied())
            #expect(try await stage.number("SELECT state::int8 FROM fulfilment") == 2)
            #expect(try await stage.number("SELECT count(*) FROM hold WHERE kind = 1 AND state = 1") == 1)
            try await stage.server.restart()
            let reply = try await stage.timed(row, "the same call answered") {
                try await call(stage, "ConfirmPick", short, Holdfast_V1_ConfirmPickResponse.self)
            }
            #expect(reply.reallocated == 3)
            #expect(try await stage.number("SELECT sum(allocated)::int8 FROM cell") == 4)
            // What the dead server had set aside lasts a minute, and nobody waits for that here.
            try await stage.run("UPDATE hold SET expires_at = now() WHERE kind = 1 AND state = 1")
            try await stage.heals(to: 19, row)
        }
    }

    @Test("the server dies with units that another location serves, before they are released there")
    func resourced() async throws {
        let row = "the server dies with units that another location serves, before they are released there"
        try await Stage.with("resourced") { stage in
            try await openSecondLocation(stage)
            let id = try await picking(stage)
            let short = pick(id, 1, .reallocate)
            #expect(
                try await see(stage, "ConfirmPick", short, Holdfast_V1_ConfirmPickResponse.self)
                    == .status(.unavailable))
            #expect(try await stage.server.hasDied())
            #expect(try await stage.number("SELECT count(*) FROM fulfilment") == 1)
            #expect(try await stage.number("SELECT count(*) FROM release_due") == 1)
            try await stage.server.restart()
            let released = try await stage.timed(row, "released there") {
                try await eventually { try await stage.number("SELECT count(*) FROM fulfilment") == 2 }
            }
            #expect(released)
            #expect(try await eventually { try await stage.number("SELECT count(*) FROM release_due") == 0 })
            let reply = try await call(stage, "ConfirmPick", short, Holdfast_V1_ConfirmPickResponse.self)
            #expect(reply.reallocated == 3)
            #expect(try await stage.number("SELECT count(*) FROM fulfilment") == 2)
            #expect(
                try await stage.text(
                    "SELECT string_agg(status || '=' || quantity, ',' ORDER BY status) FROM line_quantity WHERE quantity > 0"
                )
                    == "5=3,6=1")
            try await stage.heals(to: 19, row)
        }
    }
}

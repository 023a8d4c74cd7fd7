import Domain
import Foundation
import GRPCCore
import HoldfastAPI
import HoldfastTesting
import SwiftProtobuf
import Testing

/// A payment, stopped at every step of the way by the death of the server; the table is in docs/payments.md.
@Suite("A server dies in a payment", .serialized)
struct PaymentDeathTests {
    /// Runs a body on a stage whose server asks a scripted gateway, and dies at a point.
    private func with(
        _ failpoint: String, _ body: @Sendable @escaping (Stage, ScriptedGateway) async throws -> Void
    ) async throws {
        try await ScriptedGateway.with { scripted in
            try await Stage.with(
                failpoint, options: ["--gateway-url", scripted.url, "--gateway-timeout", "10s"],
                environment: ["HOLDFAST_GATEWAY_SECRET": ScriptedGateway.secret]
            ) { stage in
                try await body(stage, scripted)
                #expect(scripted.reusedKeys == 0)
            }
        }
    }

    private func tender(_ order: Holdfast_V1_PlaceOrderRequest) -> Holdfast_V1_AddTenderRequest {
        .with {
            $0.tenderID = EntityID.fresh.description
            $0.orderID = order.orderID
            $0.kind = .cardGateway
            $0.token = "tok-1"
            $0.authorize = true
        }
    }

    private func seeAdd(_ stage: Stage, _ request: Holdfast_V1_AddTenderRequest) async throws -> Stage.Seen {
        try await stage.see {
            _ = try await stage.server.call("PaymentService/AddTender", request, Holdfast_V1_AddTenderResponse.self)
        }
    }

    private func payments(_ stage: Stage, _ order: String) async throws -> Holdfast_V1_GetPaymentsResponse {
        try await stage.server.patiently(
            "PaymentService/GetPayments", Holdfast_V1_GetPaymentsRequest.with { $0.orderID = order },
            Holdfast_V1_GetPaymentsResponse.self)
    }

    /// Lets the time pass after which somebody asks about an attempt.
    private func pass(_ stage: Stage) async throws {
        try await stage.run("UPDATE payment_attempt SET due_at = now() WHERE state IN (1, 4)")
    }

    @Test(
        "before the call, after the answer, and after the outcome is recorded: done once, and told to the repeated call",
        arguments: ["payment-prepared", "payment-answered", "payment-recorded"])
    func authorizing(failpoint: String) async throws {
        try await with(failpoint) { stage, scripted in
            let order = stage.order(4)
            _ = try await stage.place(order)
            let request = tender(order)
            #expect(try await seeAdd(stage, request) == .status(.unavailable))
            #expect(try await stage.server.hasDied())
            #expect(
                try await stage.number("SELECT state::int8 FROM payment_attempt")
                    == (failpoint == "payment-recorded" ? 2 : 1))
            #expect(scripted.entries.count == (failpoint == "payment-prepared" ? 0 : 1))
            try await stage.server.restart()
            try await pass(stage)
            #expect(try await eventually { try await payments(stage, order.orderID).standing == .covered })
            let reply = try await stage.server.patiently(
                "PaymentService/AddTender", request, Holdfast_V1_AddTenderResponse.self)
            #expect(reply.attempts.map(\.state) == [.approved])
            #expect(scripted.entries.count == 1)
            #expect(scripted.held == 400)
            #expect(
                try await stage.number("SELECT count(*) FROM order_event WHERE kind = 61") == 1)
        }
    }

    @Test(
        "in what follows by itself: asked for, before the call, and before its outcome is recorded",
        arguments: ["payment-settled", "payment-prepared:2", "payment-answered:2"])
    func settling(failpoint: String) async throws {
        try await with(failpoint) { stage, scripted in
            let order = stage.order(4)
            _ = try await stage.place(order)
            // The first settlement finds nothing to do; the one after the cancellation dies.
            _ = try await stage.server.patiently(
                "PaymentService/AddTender", tender(order), Holdfast_V1_AddTenderResponse.self)
            if stage.server.isRunning {
                _ = try await stage.see {
                    _ = try await stage.server.call(
                        "OrderService/CancelOrder",
                        Holdfast_V1_CancelOrderRequest.with {
                            $0.cancellationID = EntityID.fresh.description
                            $0.orderID = order.orderID
                        }, Holdfast_V1_CancelOrderResponse.self)
                }
            }
            #expect(try await stage.server.hasDied())
            try await stage.server.restart()
            if try await stage.number("SELECT count(*) FROM order_cancellation") == 0 {
                _ = try await stage.server.patiently(
                    "OrderService/CancelOrder",
                    Holdfast_V1_CancelOrderRequest.with {
                        $0.cancellationID = EntityID.fresh.description
                        $0.orderID = order.orderID
                    }, Holdfast_V1_CancelOrderResponse.self)
            }
            try await stage.run("UPDATE order_money SET due_at = least(due_at, now())")
            #expect(
                try await eventually {
                    try await pass(stage)
                    return try await payments(stage, order.orderID).tenders.map(\.state) == [.voided]
                })
            #expect(scripted.held == 0)
            #expect(scripted.entries.map(\.action) == ["authorize", "void"])
            #expect(try await stage.number("SELECT count(*) FROM order_event WHERE kind = 64") == 1)
        }
    }

    @Test("when a hold lapses: noted once, before and after")
    func expiring() async throws {
        // Nothing is settled behind the hold itself: the first settlement is that of its end.
        try await with("payment-settled") { stage, scripted in
            scripted.setHoldExpiry(Date(timeIntervalSinceNow: 6).ISO8601Format())
            let order = stage.order(4)
            _ = try await stage.place(order)
            _ = try await seeAdd(stage, tender(order))
            #expect(try await stage.server.hasDied())
            #expect(try await stage.number("SELECT count(*) FROM payment_attempt WHERE action = 6") == 1)
            try await stage.server.restart()
            try await stage.run("UPDATE order_money SET due_at = now()")
            #expect(
                try await eventually {
                    try await stage.number("SELECT count(*) FROM order_money WHERE due_at < 'infinity'") == 0
                })
            let payments = try await payments(stage, order.orderID)
            #expect(payments.tenders.map(\.state) == [.expired])
            #expect(payments.held.amountMinor == 0)
            #expect(try await stage.number("SELECT count(*) FROM payment_attempt WHERE action = 6") == 1)
            #expect(try await stage.number("SELECT count(*) FROM order_event WHERE kind = 68") == 1)
            // The card is left alone: nothing is to be taken.
            #expect(scripted.entries.map(\.action) == ["authorize"])
        }
    }
}

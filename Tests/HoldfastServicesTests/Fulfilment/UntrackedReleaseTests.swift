import Domain
import GRPCCore
import HoldfastAPI
import HoldfastTesting
import Logging
import SwiftProtobuf
import Testing

@testable import HoldfastServices
@testable import Ledger
@testable import OrderProcessing

@Suite("Articles without stock that nothing is left to go with")
struct UntrackedReleaseTests {
    private func cancel(_ shop: Shop, _ order: EntityID, line: Int32, _ quantity: Int64) async throws {
        _ = try await shop.bench.deployment.cancel(order, [(line, quantity)])
    }

    private func earned(_ shop: Shop, _ order: EntityID) async throws -> [Int64] {
        try await shop.bench.deployment.numbers(
            "SELECT sum(earned)::int8 FROM order_line_money WHERE order_id = '\(order)'")
    }

    @Test("An order of services alone is fulfilled by its release, at no location, once")
    func servicesAlone() async throws {
        try await Shop.with { shop in
            let order = try await shop.place([("POST", "", 2), ("POST", "", 1)])
            let request = Holdfast_V1_ReleaseOrderRequest.with {
                $0.releaseID = EntityID.fresh.description
                $0.orderID = order.description
            }
            let reply = try await shop.bench.fulfilment.releaseOrder(request: request, context: shop.context)
            #expect(reply.fulfilments.isEmpty)
            #expect(reply.orderStatus == .delivered)
            #expect(reply.sequence == 4)
            #expect(try await shop.bench.fulfilment.releaseOrder(request: request, context: shop.context) == reply)
            #expect(try await shop.units(order) == "delivered 2")
            #expect(try await shop.units(order, line: 2) == "delivered 1")
            #expect(try await shop.history(order) == ["released", "shipped", "delivered"])
            #expect(try await earned(shop, order) == [300])
            #expect(try await shop.fulfilments(of: order).isEmpty)
            let again = try await status { try await shop.release(order) }
            #expect(again.code == .failedPrecondition)
            try await shop.expectExactBooks()
        }
    }

    @Test("So many as are asked for, of the lines that are named; more are refused")
    func named() async throws {
        try await Shop.with { shop in
            let order = try await shop.place([("POST", "", 3), ("POST", "", 1)])
            let more = try await status { try await shop.release(order, [(1, 4)]) }
            #expect(more.code == .failedPrecondition)
            #expect(try await shop.release(order, [(1, 2)]).isEmpty)
            #expect(try await shop.units(order) == "allocated 1, delivered 2")
            #expect(try await shop.units(order, line: 2) == "allocated 1")
            #expect(try await shop.release(order).isEmpty)
            #expect(try await shop.order(order).status == .delivered)
        }
    }

    @Test("Where the goods were cancelled, not found, or rejected by a supplier, people may release what is left")
    func goodsCancelled() async throws {
        try await Shop.with { shop in
            let cancelled = try await shop.place([("A", "DC", 2), ("POST", "", 1)])
            try await cancel(shop, cancelled, line: 1, 2)
            let unfound = try await shop.released([("A", "DC", 2), ("POST", "", 1)])
            try await shop.start(unfound.fulfilmentID)
            #expect(try await shop.pick(unfound.fulfilmentID, [], short: .cancel).step.fulfilment.state == "declined")
            let supplied = try await shop.released([("A", "SUP", 2), ("POST", "", 1)])
            _ = try await shop.bench.fulfilment.rejectSupplierOrder(
                request: .with {
                    $0.requestID = EntityID.fresh.description
                    $0.fulfilmentID = supplied.fulfilmentID
                    $0.reason = "discontinued"
                    $0.shortRule = .cancel
                }, context: shop.context)
            for order in [cancelled, EntityID(unfound.orderID), EntityID(supplied.orderID)] {
                let order = try #require(order)
                #expect(try await shop.units(order, line: 2) == "allocated 1")
                // Not by itself: postage for goods that nobody gets is for people to charge or to cancel.
                await #expect(throws: Refusal.self) {
                    try await shop.bench.processing.release(order, cause: .fresh)
                }
                #expect(try await shop.release(order).isEmpty)
                #expect(try await shop.units(order, line: 2) == "delivered 1")
                #expect(try await shop.order(order).status == .delivered)
                #expect(try await earned(shop, order) == [100])
            }
            try await shop.expectExactBooks()
        }
    }

    @Test("While goods wait, set aside or for supply, what has no stock waits for them")
    func goodsWait() async throws {
        try await Shop.with { shop in
            let one = try await shop.released([("B", "DC", 2), ("POST", "", 1)])
            let order = try #require(EntityID(one.orderID))
            try await shop.start(one.fulfilmentID)
            try await shop.pick(one.fulfilmentID, [], short: .backorder)
            #expect(try await shop.units(order) == "backordered 2")
            let waits = try await status { try await shop.release(order) }
            #expect(waits.code == .failedPrecondition)
            #expect(waits.message.contains("articles without stock go with the first fulfilment"))
            #expect(try await shop.units(order, line: 2) == "allocated 1")
            let aside = try await shop.place([("A", "DC", 1), ("POST", "", 1)])
            let alone = try await status { try await shop.release(aside, [(2, 1)]) }
            #expect(alone.message.contains("articles without stock go with the first fulfilment"))
        }
    }

    @Test("Who acts at some locations only has no part in it, and a role that may not release neither")
    func callers() async throws {
        try await Shop.with { shop in
            let order = try await shop.place([("POST", "", 1)])
            for caller in [
                Caller(
                    id: "clerk", name: "clerk", roles: [.support], scope: Scope(channels: nil, locations: ["DC"])),
                Caller(id: "kiosk", name: "kiosk", roles: [.pos], scope: .everything),
            ] {
                let refused = try await status {
                    try await CallerContext.$current.withValue(caller) { try await shop.release(order) }
                }
                #expect(refused.code == .permissionDenied)
            }
            #expect(try await shop.units(order) == "allocated 1")
        }
    }

    // MARK: - By itself

    /// What the channel's review does with real releases.
    private func works(_ bench: ReviewBench) -> OrderProcessing {
        OrderProcessing(
            promising: bench.deployment.promising,
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
    }

    private func follow(_ bench: ReviewBench, _ processing: OrderProcessing) async throws {
        for _ in 0..<3 {
            try await bench.passTime()
            while try await processing.reviewPass() > 0 {}
            _ = try await processing.releaseDue()
        }
    }

    private func units(_ bench: ReviewBench, _ order: EntityID, line: Int) async throws -> [String] {
        try await bench.order(order).lines[line - 1].quantities.map { "\($0.status) \($0.quantity)" }
    }

    private func fulfilments(_ bench: ReviewBench, _ order: EntityID) async throws -> [Fulfilment] {
        try await bench.deployment.ledger.onConnection { try Ledger.fulfilments(of: order, on: $0) }
    }

    private static let rules = Holdfast_V1_ReviewRules.with { $0.maximumUnits = 50 }

    @Test("A review releases services alone; postage of goods that were all cancelled it leaves to people")
    func reviewed() async throws {
        try await ReviewBench.with(Self.rules) { bench in
            let processing = works(bench)
            let services = try await bench.place([("POST", 1, 350)])
            let left = try await bench.place([("A", 1, 500), ("POST", 1, 350)])
            _ = try await bench.deployment.cancel(left, [(1, 1)])
            try await follow(bench, processing)
            #expect(try await units(bench, services, line: 1) == ["delivered 1"])
            #expect(try await bench.order(services).review.state == .released)
            #expect(try await units(bench, left, line: 2) == ["allocated 1"])
            #expect(try await bench.order(left).review.state == .validated)
            #expect(
                try await bench.deployment.numbers("SELECT max(failures) FROM order_review")
                    == [0])
            #expect(try await bench.deployment.numbers("SELECT count(*) FROM release_due") == [0])
        }
    }

    @Test("A fulfilment that is left with postage alone ends; where other goods were sent, the postage is earned")
    func lateCancel() async throws {
        try await ReviewBench.with(Self.rules) { bench in
            try await bench.deployment.change(.receive, [("B", "LDN-1", 5)])
            let processing = works(bench)
            let service = LateCancellationService(processing: processing, logger: Logger(label: "test"))
            func recall(_ order: EntityID, line: Int32) async throws -> Holdfast_V1_RespondCancellationResponse {
                let wishes = try await service.requestCancellation(
                    request: .with {
                        $0.requestID = EntityID.fresh.description
                        $0.orderID = order.description
                        $0.lines = [
                            .with {
                                $0.lineNumber = line
                                $0.quantity = 2
                            }
                        ]
                    }, context: bench.context
                ).cancellations
                let wish = try #require(wishes.first)
                return try await service.respondCancellation(
                    request: .with {
                        $0.responseID = EntityID.fresh.description
                        $0.cancellationID = wish.cancellationID
                        $0.accept = true
                    }, context: bench.context)
            }
            let alone = try await bench.place([("A", 2, 500), ("POST", 1, 350)])
            try await follow(bench, processing)
            let answer = try await recall(alone, line: 1)
            #expect(answer.cancelled.map(\.quantity) == [2])
            let ended = try await fulfilments(bench, alone)
            let given = try #require(ended.first)
            #expect(given.standing == .ship(.cancelled))
            #expect(given.openUnits == 0)
            try await follow(bench, processing)
            #expect(try await units(bench, alone, line: 2) == ["allocated 1"])

            // The postage goes with the first fulfilment, A's; B is sent by the other one.
            let both = EntityID.fresh
            _ = try await bench.orders.placeOrder(
                request: .with {
                    $0.orderID = both.description
                    $0.channel = TestDeployment.channel
                    $0.externalID = both.description
                    let lines: [(String, String, Int64)] = [("A", "DC", 2), ("B", "LDN-1", 2), ("POST", "", 1)]
                    $0.lines = lines.map { sku, location, quantity in
                        var line = OrderRequestsTests.line(quantity: quantity, units: 3, nanos: 0)
                        line.sku = sku
                        line.location = location
                        return line
                    }
                }, context: bench.context)
            try await follow(bench, processing)
            #expect(try await units(bench, both, line: 3) == ["released 1"])
            let parts = try await fulfilments(bench, both)
            let second = try #require(parts.first { $0.location == "LDN-1" })
            let fulfilment = FulfilmentService(processing: processing, logger: Logger(label: "test"))
            _ = try await fulfilment.startPicking(
                request: Holdfast_V1_StartPickingRequest.with { start in
                    start.requestID = EntityID.fresh.description
                    start.fulfilmentID = second.id.description
                }, context: bench.context)
            _ = try await fulfilment.confirmPick(
                request: Holdfast_V1_ConfirmPickRequest.with { pick in
                    pick.requestID = EntityID.fresh.description
                    pick.fulfilmentID = second.id.description
                    pick.scans = [
                        .with {
                            $0.code = "B"
                            $0.quantity = 2
                        }
                    ]
                }, context: bench.context)
            _ = try await fulfilment.packFulfilment(
                request: Holdfast_V1_PackFulfilmentRequest.with { pack in
                    pack.requestID = EntityID.fresh.description
                    pack.fulfilmentID = second.id.description
                    pack.packages = [.with { $0.weightGrams = 100 }]
                }, context: bench.context)
            _ = try await fulfilment.shipFulfilment(
                request: Holdfast_V1_ShipFulfilmentRequest.with { ship in
                    ship.requestID = EntityID.fresh.description
                    ship.fulfilmentID = second.id.description
                    ship.carrier = "VAN"
                    ship.trackingNumbers = ["T1"]
                }, context: bench.context)
            #expect(try await recall(both, line: 1).cancelled.map(\.quantity) == [2])
            try await follow(bench, processing)
            #expect(try await units(bench, both, line: 3) == ["delivered 1"])
            #expect(try await bench.deployment.numbers("SELECT count(*) FROM release_due") == [0])
        }
    }
}

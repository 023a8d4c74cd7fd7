import Domain
import GRPCCore
import HoldfastAPI
import HoldfastTesting
import Logging
import SwiftProtobuf
import Testing

@testable import HoldfastServices
@testable import OrderProcessing

@Suite("Stock that was not found")
struct UnfoundStockTests {
    private func backorders(_ shop: Shop) -> Backorders {
        Backorders(promising: shop.bench.deployment.promising, logger: Logger(label: "test"))
    }

    private func serve(_ backorders: Backorders) async throws -> Int {
        while try await backorders.takeOver() > 0 {}
        return try await backorders.askForFreeStock()
    }

    private func waiting(_ shop: Shop, corrects: Bool) async throws -> EntityID {
        let one = try await shop.released([("B", "DC", 4)])
        try await shop.start(one.fulfilmentID)
        let picked = try await shop.pick(one.fulfilmentID, [("B", 1)], short: .backorder, corrects: corrects)
        #expect(picked.backordered == 3)
        return try #require(EntityID(one.orderID))
    }

    private func count(_ shop: Shop, _ counted: Int64) async throws {
        _ = try await shop.bench.inventory.countStock(
            request: .with {
                $0.movementID = EntityID.fresh.description
                $0.lines = [
                    .with {
                        $0.sku = "B"
                        $0.location = "DC"
                        $0.counted = counted
                    }
                ]
            }, context: shop.context)
    }

    @Test(
        "What a location could not find is not served from what it has, nor from what others give back, until goods come in",
        arguments: [true, false])
    func received(corrects: Bool) async throws {
        try await Shop.with { shop in
            let backorders = backorders(shop)
            let order = try await waiting(shop, corrects: corrects)
            #expect(try await serve(backorders) == 0)
            #expect(try await shop.units(order) == "backordered 3, picked 1")
            // What is counted there is there for others.
            let there = try await shop.bench.deployment.available("B", "DC")
            #expect(there == (corrects ? 6 : 9))
            let other = try await shop.place([("B", "DC", there)])
            _ = try await shop.bench.deployment.cancel(other)
            #expect(try await serve(backorders) == 0)
            #expect(try await shop.units(order) == "backordered 3, picked 1")
            try await shop.receive([("B", "DC", 1)])
            _ = try await serve(backorders)
            #expect(try await shop.units(order) == "allocated 3, picked 1")
            #expect(try await shop.bench.deployment.numbers("SELECT count(*) FROM short_pick") == [0])
            try await shop.expectExactBooks()
        }
    }

    @Test("A count says what is there, also where it finds what the books have", arguments: [true, false])
    func counted(corrects: Bool) async throws {
        try await Shop.with { shop in
            let backorders = backorders(shop)
            let order = try await waiting(shop, corrects: corrects)
            #expect(try await serve(backorders) == 0)
            try await count(shop, corrects ? 7 : 10)
            _ = try await serve(backorders)
            #expect(try await shop.units(order) == "allocated 3, picked 1")
            try await shop.expectExactBooks()
        }
    }

    /// Sourcing that knows DC and LDN-1, which costs more.
    private func sourcing(_ shop: Shop) async throws -> SourcingService {
        let sourcing = SourcingService(promising: shop.bench.deployment.promising, logger: Logger(label: "test"))
        _ = try await sourcing.upsertSourcingConfig(
            request: .with {
                $0.requestID = EntityID.fresh.description
                $0.name = "default"
                $0.document = """
                    {"currency": "GBP", "services": [{"code": "RM48", "zones": [{"name": "UK", "countries": ["GB"],
                        "transitDays": 2, "bands": [{"upToGrams": 2000, "price": 300}]}]}]}
                    """
            }, context: shop.context)
        _ = try await sourcing.upsertSourcingLocations(
            request: .with {
                $0.requestID = EntityID.fresh.description
                $0.locations = ([("DC", 0), ("LDN-1", 90)] as [(String, Int64)]).map { code, handling in
                    .with {
                        $0.code = code
                        $0.country = "GB"
                        $0.handlingPerShipment = handling
                    }
                }
            }, context: shop.context)
        return sourcing
    }

    private func plan(
        _ sourcing: SourcingService, _ order: EntityID, _ shop: Shop, excluded: [String] = []
    ) async throws -> (id: String, locations: [String]) {
        let id = EntityID.fresh.description
        let reply = try await sourcing.planSourcing(
            request: .with {
                $0.planID = id
                $0.orderID = order.description
                $0.excluded = excluded
            }, context: shop.context)
        return (id, reply.plan.shipments.map(\.location))
    }

    private func commit(_ sourcing: SourcingService, _ plan: String, _ shop: Shop) async throws {
        _ = try await sourcing.commitSourcing(
            request: .with {
                $0.commitID = EntityID.fresh.description
                $0.planID = plan
            }, context: shop.context)
    }

    @Test("A plan does not send units from where others of the line were not found, though some are set aside there")
    func planned() async throws {
        try await Shop.with { shop in
            let sourcing = try await sourcing(shop)
            let order = try await shop.place([("A", "DC", 4)], country: "GB")
            let one = try #require(try await shop.release(order, [(1, 2)]).first)
            #expect(try await plan(sourcing, order, shop).locations == ["DC"])
            try await shop.start(one.fulfilmentID)
            try await shop.pick(one.fulfilmentID, [("A", 1)], short: .cancel)
            let elsewhere = try await plan(sourcing, order, shop)
            #expect(elsewhere.locations == ["LDN-1"])
            // Another order may have what the books have there.
            let other = try await shop.place([("A", "LDN-1", 1)], country: "GB")
            #expect(try await plan(sourcing, other, shop).locations == ["DC"])
            try await commit(sourcing, elsewhere.id, shop)
            #expect(try await shop.stock("A", "LDN-1") == [5, 3])
            #expect(try await plan(sourcing, order, shop).locations == ["LDN-1"])
            try await shop.receive([("A", "DC", 1)])
            #expect(try await plan(sourcing, order, shop).locations == ["DC"])
            try await shop.expectExactBooks()
        }
    }

    @Test("A plan that was made before a location could not find the line is not carried out there")
    func outdated() async throws {
        try await Shop.with { shop in
            let sourcing = try await sourcing(shop)
            let order = try await shop.place([("A", "DC", 4)], country: "GB")
            let one = try #require(try await shop.release(order, [(1, 2)]).first)
            try await commit(sourcing, try await plan(sourcing, order, shop, excluded: ["DC"]).id, shop)
            #expect(try await shop.stock("A", "LDN-1") == [5, 2])
            let early = try await plan(sourcing, order, shop)
            #expect(early.locations == ["DC"])
            try await shop.start(one.fulfilmentID)
            try await shop.pick(one.fulfilmentID, [("A", 1)], short: .cancel)
            let stock = try await shop.stock("A", "DC")
            let late = try await status { try await commit(sourcing, early.id, shop) }
            #expect(late.code == .failedPrecondition)
            #expect(late.message.contains("A was not found at DC") && late.message.contains("plan again"), "\(late)")
            #expect(try await shop.stock("A", "DC") == stock)
            #expect(try await plan(sourcing, order, shop).locations == ["LDN-1"])
            try await shop.expectExactBooks()
        }
    }

    @Test("Units that an amendment adds come from elsewhere, later as well, unless it names the location")
    func amended() async throws {
        try await Shop.with { shop in
            let service = OrderAmendmentService(processing: shop.bench.processing, logger: Logger(label: "test"))
            let one = try await shop.released([("A", "DC", 4)])
            let order = try #require(EntityID(one.orderID))
            try await shop.start(one.fulfilmentID)
            try await shop.pick(one.fulfilmentID, [("A", 3)], short: .cancel)
            func amend(
                _ body: (inout Holdfast_V1_AmendOrderRequest) -> Void
            ) async throws -> [Holdfast_V1_AmendOrderResponse.Line] {
                var request = Holdfast_V1_AmendOrderRequest()
                request.amendmentID = EntityID.fresh.description
                request.orderID = order.description
                body(&request)
                return try await service.amendOrder(request: request, context: shop.context).added
            }
            func more(_ units: Int64, at location: String = "") async throws -> [String] {
                try await amend {
                    $0.change = [
                        .with {
                            $0.lineNumber = 1
                            $0.quantity = 3 + units
                            $0.location = location
                        }
                    ]
                }.flatMap { $0.allocations.map(\.location) }
            }
            #expect(try await more(2) == ["LDN-1"])
            #expect(try await more(1, at: "DC") == ["DC"])
            let added = try await amend {
                var line = OrderRequestsTests.line(quantity: 1, units: 1, nanos: 0)
                line.sku = "A"
                $0.add = [line]
            }
            #expect(added.flatMap { $0.allocations.map(\.location) } == ["LDN-1"])
            let short = try await status { try await more(500) }
            #expect(try Details(short).shortage?.lines.map(\.available) == [20])

            // What was added is not looked for there by itself either.
            let second = try #require(try await shop.release(order, [(2, 2)]).first)
            #expect(second.location == "LDN-1")
            try await shop.start(second.fulfilmentID)
            try await shop.pick(second.fulfilmentID, [], short: .backorder)
            let backorders = backorders(shop)
            _ = try await serve(backorders)
            let places = try await shop.bench.deployment.numbers(
                """
                SELECT l.rank::int8 FROM order_allocation a JOIN cell c ON c.id = a.cell_id
                JOIN location l ON l.id = c.location_id
                WHERE a.line_number = 2 AND a.open > 0
                """)
            // SUP has rank 9.
            #expect(places == [9])
            try await shop.expectExactBooks()
        }
    }

    @Test("Other locations' stock serves it at once")
    func elsewhere() async throws {
        try await Shop.with { shop in
            let backorders = backorders(shop)
            let order = try await waiting(shop, corrects: false)
            try await shop.receive([("B", "LDN-1", 2)])
            _ = try await serve(backorders)
            #expect(try await shop.units(order) == "allocated 2, backordered 1, picked 1")
            #expect(try await shop.stock("B", "DC") == [10, 1])
            #expect(try await shop.stock("B", "LDN-1") == [2, 2])
            #expect(try await serve(backorders) == 0)
            try await shop.expectExactBooks()
        }
    }

    @Test(
        "Units that were re-sourced and are short again are not looked for where they were not found",
        arguments: [true, false])
    func resourced(corrects: Bool) async throws {
        try await Shop.with { shop in
            let one = try await shop.released([("A", "DC", 4)])
            let order = try #require(EntityID(one.orderID))
            try await shop.start(one.fulfilmentID)
            #expect(
                try await shop.pick(one.fulfilmentID, [], short: .reallocateOrBackorder, corrects: corrects).reallocated
                    == 4)
            let afterFirst = try await shop.fulfilments(of: order)
            let second = try #require(afterFirst.last)
            #expect(second.location == "LDN-1")
            try await shop.start(second.fulfilmentID)
            #expect(
                try await shop.pick(second.fulfilmentID, [("A", 1)], short: .reallocateOrBackorder, corrects: corrects)
                    .reallocated == 3)
            let afterSecond = try await shop.fulfilments(of: order)
            let third = try #require(afterSecond.last)
            #expect(third.location == "SUP")
            _ = try await shop.bench.fulfilment.rejectSupplierOrder(
                request: .with {
                    $0.requestID = EntityID.fresh.description
                    $0.fulfilmentID = third.fulfilmentID
                    $0.reason = "discontinued"
                    $0.shortRule = .reallocateOrBackorder
                }, context: shop.context)
            let backorders = backorders(shop)
            #expect(try await serve(backorders) == 0)
            #expect(try await shop.units(order) == "backordered 3, picked 1")
            try await shop.receive([("A", "LDN-1", 1)])
            _ = try await serve(backorders)
            #expect(try await shop.units(order).contains("allocated"))
            try await shop.expectExactBooks()
        }
    }
}

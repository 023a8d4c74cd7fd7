import Domain
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

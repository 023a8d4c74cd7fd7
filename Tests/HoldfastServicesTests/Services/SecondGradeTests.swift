import Domain
import GRPCCore
import HoldfastAPI
import HoldfastTesting
import Ledger
import SwiftProtobuf
import Testing

@testable import HoldfastServices
@testable import OrderProcessing

@Suite("Goods of second grade and lines that wait")
struct SecondGradeTests {
    /// An order of 2 A from DC, where nothing is left: all of it waits.
    private func waiting(_ bench: ServiceBench, _ context: ServerContext) async throws -> EntityID {
        let policy = BackorderPolicy(sku: "A", channel: TestDeployment.channel, cap: 10)
        _ = try await bench.deployment.ledger.setBackorderPolicies(
            BackorderPolicyChange(id: .fresh, policies: [policy], body: [1], caller: .anonymous)
        ) { _ in [1] }
        try await bench.deployment.change(.count, [("A", "DC", 0)])
        let id = EntityID.fresh
        _ = try await bench.orders.placeOrder(
            request: .with {
                $0.orderID = id.description
                $0.channel = TestDeployment.channel
                $0.externalID = id.description
                $0.lines = [OrderRequestsTests.line(quantity: 2, units: 1, nanos: 0)]
                $0.lines[0].sku = "A"
                $0.lines[0].location = "DC"
                $0.lines[0].allowSplit = false
                $0.lines[0].allowBackorder = true
            }, context: context)
        return id
    }

    /// Units of the order's line by status, after everybody had a chance to serve it.
    private func units(_ order: EntityID, _ bench: ServiceBench) async throws -> [LineStatus: Int64] {
        while try await bench.processing.backorders.takeOver() > 0 {}
        #expect(try await bench.processing.backorders.askForFreeStock() == 0)
        let found = try await bench.deployment.ledger.order(order)
        return try #require(found?.lines.first).quantities.filter { $0.value > 0 }
    }

    /// Units of A on hand in DC, first grade and second.
    private func onHand(_ bench: ServiceBench) async throws -> [Int64] {
        try await bench.deployment.numbers(
            """
            SELECT c.on_hand FROM cell c JOIN location l ON l.id = c.location_id JOIN product p ON p.id = c.product_id
            WHERE l.code = 'DC' AND p.sku = 'A' ORDER BY c.pool
            """)
    }

    @Test("A return that is inspected as second grade serves no line that waits; its first grade does")
    func returned() async throws {
        try await ReturnBench.with(suffix: "") { shop in
            let sold = try await shop.sell([("A", 4, 3, 0)])
            let order = try await waiting(shop.bench, shop.context)
            let second = try await shop.create(sold, [(1, 2)])
            try await shop.receive(second, [("A", 2)])
            _ = try await shop.inspect(second, [(1, 2, .restockSecondGrade)])
            #expect(try await onHand(shop.bench) == [0, 2])
            #expect(try await units(order, shop.bench) == [.backordered: 2])
            let mixed = try await shop.create(sold, [(1, 2)])
            try await shop.receive(mixed, [("A", 2)])
            _ = try await shop.inspect(mixed, [(1, 1, .restockSecondGrade), (1, 1, .restock)])
            #expect(try await onHand(shop.bench) == [1, 3])
            #expect(try await units(order, shop.bench) == [.backordered: 1, .allocated: 1])
            #expect(try await shop.booksAreExact())
        }
    }

    @Test("So does a parcel that comes back undelivered")
    func undelivered() async throws {
        try await Shop.with { shop in
            let one = try await shop.ship(try await shop.packed([("A", "DC", 3)], country: "GB").fulfilmentID)
            let order = try await waiting(shop.bench, shop.context)
            _ = try await shop.bench.fulfilment.receiveUndelivered(
                request: .with {
                    $0.requestID = EntityID.fresh.description
                    $0.fulfilmentID = one.step.fulfilment.fulfilmentID
                    $0.disposition = .restockSecondGrade
                    $0.lines = [
                        .with {
                            $0.lineNumber = 1
                            $0.quantity = 1
                            $0.disposition = .restock
                        }
                    ]
                }, context: shop.context)
            #expect(try await onHand(shop.bench) == [1, 2])
            #expect(try await units(order, shop.bench) == [.backordered: 1, .allocated: 1])
            try await shop.expectExactBooks()
        }
    }
}

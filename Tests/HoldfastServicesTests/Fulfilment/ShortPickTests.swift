import Domain
import GRPCCore
import GRPCProtobuf
import HoldfastAPI
import HoldfastTesting
import Ledger
import SwiftProtobuf
import Testing

@testable import HoldfastServices
@testable import OrderProcessing

@Suite("Picking, and what is short")
struct ShortPickTests {
    private func picking(
        _ shop: Shop, _ lines: [(sku: String, location: String, quantity: Int64)] = [("A", "DC", 4)]
    ) async throws -> (order: EntityID, id: String) {
        let one = try await shop.released(lines)
        try await shop.start(one.fulfilmentID)
        return (try #require(EntityID(one.orderID)), one.fulfilmentID)
    }

    @Test("A code that is no article of the fulfilment, and more units than asked, are named by their scan")
    func wrongScans() async throws {
        try await Shop.with { shop in
            let (order, id) = try await picking(shop, [("A", "DC", 2), ("A", "DC", 1)])
            let refusal = try await status {
                try await shop.pick(id, [("A", 2), ("5012345678917", 1), ("5012345678900", 2), ("POST", 1)])
            }
            #expect(refusal.code == .invalidArgument)
            let violations = try #require(try Details(refusal).badRequest?.violations)
            #expect(violations.map(\.field) == ["scans[1].code", "scans[2].quantity", "scans[3].code"])
            #expect(violations[0].violationDescription.contains("line 1 A (5012345678900)"))
            #expect(violations[1].violationDescription == "makes 4 of A, line 1 wants 3")
            #expect(try await shop.units(order) == "released 2")
            #expect(try await shop.get(id).state == "picking")
            #expect(try await shop.pick(id, [("A", 1), ("5012345678900", 2)]).short == 0)
            #expect(try await shop.units(order, line: 2) == "picked 1")
        }
    }

    @Test("Units that are short need a rule")
    func noRule() async throws {
        try await Shop.with { shop in
            let (order, id) = try await picking(shop)
            let refusal = try await status { try await shop.pick(id, [("A", 3)]) }
            #expect(refusal.code == .invalidArgument)
            #expect(try Details(refusal).badRequest?.violations.map(\.field) == ["short_rule"])
            #expect(refusal.message.contains("line 1, A, is 1 short"))
            #expect(try await shop.units(order) == "released 4")
        }
    }

    @Test("Another location serves what is short: set aside there, released there, the count here corrected")
    func reallocate() async throws {
        try await Shop.with { shop in
            let (order, id) = try await picking(shop)
            let request = EntityID.fresh
            let picked = try await shop.pick(id, [("A", 1)], short: .reallocate, corrects: true, request: request)
            #expect((picked.short, picked.reallocated, picked.backordered, picked.cancelled) == (3, 3, 0, 0))
            #expect(picked.step.fulfilment.lines.map(\.open) == [1])
            #expect(
                try await shop.pick(id, [("A", 1)], short: .reallocate, corrects: true, request: request) == picked)
            #expect(try await shop.units(order) == "picked 1, released 3")
            #expect(try await shop.stock("A", "DC") == [7, 1])
            #expect(try await shop.stock("A", "LDN-1") == [5, 3])
            let parts = try await shop.fulfilments(of: order)
            #expect(parts.map(\.location) == ["DC", "LDN-1"])
            #expect(parts.map(\.state) == ["picked", "released"])
            #expect(parts[1].lines.map(\.open) == [3])
            #expect(try await shop.bench.deployment.numbers("SELECT count(*) FROM release_due") == [0])
            #expect(
                try await shop.history(order) == ["released", "picking_started", "picked", "released"])
            let movements = try await shop.bench.inventory.listMovements(
                request: .with {
                    $0.sku = "A"
                    $0.location = "DC"
                    $0.pageSize = 1
                }, context: shop.context
            ).movements
            #expect(movements.map(\.kind) == [.count])
            #expect(movements.map(\.onHandDelta) == [-3])
            try await shop.expectExactBooks()
        }
    }

    @Test("Where no other location has it all, several do")
    func reallocateOverSeveral() async throws {
        try await Shop.with { shop in
            // 10 in DC; 5 in LDN-1 and 20 at SUP are free, less what others have.
            _ = try await shop.place([("A", "SUP", 17)])
            let (order, id) = try await picking(shop, [("A", "DC", 7)])
            let picked = try await shop.pick(id, [], short: .reallocate)
            #expect(picked.step.fulfilment.state == "declined")
            #expect(picked.reallocated == 7)
            let parts = try await shop.fulfilments(of: order)
            #expect(parts.map(\.location) == ["DC", "LDN-1", "SUP"])
            #expect(parts.map(\.kind) == [.ship, .ship, .dropShip])
            #expect(parts.map { $0.lines[0].open } == [0, 5, 2])
            try await shop.expectExactBooks()
        }
    }

    @Test("Where nobody has it, the rule says what else; without that the pick is refused and nothing changes")
    func nobodyHasIt() async throws {
        try await Shop.with { shop in
            let (order, id) = try await picking(shop, [("B", "DC", 3)])
            let refusal = try await status { try await shop.pick(id, [("B", 1)], short: .reallocate) }
            #expect(refusal.code == .failedPrecondition)
            let line = try #require(try Details(refusal).shortage?.lines.first)
            #expect((line.lineIndex, line.sku, line.wanted, line.available) == (0, "B", 2, 0))
            #expect(try await shop.units(order) == "released 3")
            let picked = try await shop.pick(id, [("B", 1)], short: .reallocateOrBackorder)
            #expect((picked.reallocated, picked.backordered) == (0, 2))
            #expect(try await shop.units(order) == "backordered 2, picked 1")
            #expect(try await shop.stock("B", "DC") == [10, 1])
            try await shop.expectExactBooks()
        }
    }

    @Test("Some from elsewhere, the rest waits or is cancelled", arguments: [true, false])
    func inPart(waits: Bool) async throws {
        try await Shop.with { shop in
            _ = try await shop.place([("A", "SUP", 20)])
            _ = try await shop.place([("A", "LDN-1", 3)])
            let (order, id) = try await picking(shop)
            let picked = try await shop.pick(
                id, [], short: waits ? .reallocateOrBackorder : .reallocateOrCancel, corrects: true)
            #expect(picked.reallocated == 2)
            #expect(picked.backordered == (waits ? 2 : 0))
            #expect(picked.cancelled == (waits ? 0 : 2))
            #expect(try await shop.units(order) == (waits ? "backordered 2, released 2" : "cancelled 2, released 2"))
            #expect(try await shop.stock("A", "DC") == [6, 0])
            try await shop.expectExactBooks()
        }
    }

    @Test("Backordered and cancelled units free their stock, which is corrected or not", arguments: [true, false])
    func otherRules(corrects: Bool) async throws {
        try await Shop.with { shop in
            let (waiting, first) = try await picking(shop, [("A", "DC", 4), ("POST", "", 1)])
            let backordered = try await shop.pick(first, [("A", 3)], short: .backorder, corrects: corrects)
            #expect(backordered.backordered == 1)
            #expect(try await shop.units(waiting) == "backordered 1, picked 3")
            #expect(try await shop.units(waiting, line: 2) == "picked 1")
            let (cancelled, second) = try await picking(shop, [("B", "DC", 2), ("POST", "", 1)])
            let nothing = try await shop.pick(second, [], short: .cancel, corrects: corrects)
            #expect(nothing.step.fulfilment.state == "declined")
            #expect(nothing.cancelled == 2)
            #expect(try await shop.units(cancelled) == "cancelled 2")
            // What has no stock waits for the next release.
            #expect(try await shop.units(cancelled, line: 2) == "allocated 1")
            #expect(try await shop.stock("A", "DC") == [corrects ? 9 : 10, 3])
            #expect(try await shop.stock("B", "DC") == [corrects ? 8 : 10, 0])
            let money = try await shop.bench.deployment.numbers(
                "SELECT count(*) FROM order_advance WHERE order_id = '\(cancelled)'")
            #expect(money == [3])
            try await shop.expectExactBooks()
        }
    }

    @Test("A count that has nothing more to take off is refused, and the pick without it is not")
    func countBelowZero() async throws {
        try await Shop.with { shop in
            let (order, id) = try await picking(shop)
            // Somebody has counted meanwhile, and found two.
            _ = try await shop.bench.inventory.countStock(
                request: .with {
                    $0.movementID = EntityID.fresh.description
                    $0.lines = [
                        .with {
                            $0.sku = "A"
                            $0.location = "DC"
                            $0.counted = 2
                        }
                    ]
                }, context: shop.context)
            let refusal = try await status {
                try await shop.pick(id, [("A", 1)], short: .backorder, corrects: true)
            }
            #expect(refusal.code == .failedPrecondition)
            #expect(try await shop.units(order) == "released 4")
            #expect(try await shop.pick(id, [("A", 2)], short: .backorder).backordered == 2)
        }
    }

    @Test("A release that another server has is not taken; a hold that is lifted while it is tried makes it due again")
    func takenOnce() async throws {
        try await Shop.with { shop in
            let (order, _) = try await picking(shop)
            let deployment = shop.bench.deployment
            let change = { OrderChange(id: .fresh, order: order, kind: .review, body: [1], caller: .anonymous) }
            try await deployment.run(
                """
                INSERT INTO order_hold (order_id, number, reason, detail, cause_id)
                VALUES ('\(order)', 1, 'address_missing', '', '\(EntityID.fresh)');
                INSERT INTO release_due (order_id, cause_id) VALUES ('\(order)', gen_random_uuid())
                """)
            let claim = try #require(try await deployment.ledger.claimReleases(limit: 10, leaseSeconds: 3_600).first)
            #expect(claim.order == order)
            #expect(try await deployment.ledger.claimReleases(limit: 10, leaseSeconds: 3_600).isEmpty)
            #expect(
                try await deployment.ledger.claimRelease(order, cause: claim.cause, leaseSeconds: 3_600) == nil)
            // Whoever was refused parks it after the hold was lifted.
            _ = try await deployment.ledger.approve(change(), reasons: []) { _ in [] }
            try await deployment.ledger.parkRelease(claim)
            #expect(try await deployment.ledger.claimReleases(limit: 10, leaseSeconds: 3_600).map(\.order) == [order])
        }
    }

    @Test("Re-sourced units whose release was left over are released by whoever looks next, once")
    func leftOver() async throws {
        try await Shop.with { shop in
            let (order, id) = try await picking(shop)
            // A hold keeps the call from releasing them itself.
            try await shop.bench.deployment.run(
                """
                INSERT INTO order_hold (order_id, number, reason, detail, cause_id)
                VALUES ('\(order)', 1, 'address_missing', '', '\(EntityID.fresh)')
                """)
            #expect(try await shop.pick(id, [("A", 1)], short: .reallocate).reallocated == 3)
            #expect(try await shop.units(order) == "allocated 3, picked 1")
            #expect(try await shop.bench.processing.releaseDue() == 0)
            let parked = "SELECT count(*) FROM release_due WHERE order_id = '\(order)' AND at = 'infinity'"
            #expect(try await shop.bench.deployment.numbers(parked) == [1])
            _ = try await shop.bench.deployment.ledger.approve(
                OrderChange(id: .fresh, order: order, kind: .review, body: [1], caller: .anonymous), reasons: []
            ) { _ in [] }
            #expect(try await shop.bench.processing.releaseDue() == 1)
            #expect(try await shop.bench.processing.releaseDue() == 0)
            #expect(try await shop.units(order) == "picked 1, released 3")
            try await shop.expectExactBooks()
        }
    }

    @Test("Orders that are short at once share what other locations have, and no unit is promised twice")
    func together() async throws {
        try await Shop.with { shop in
            _ = try await shop.place([("A", "SUP", 20)])
            var ids: [(order: EntityID, id: String)] = []
            for _ in 0..<4 { ids.append(try await picking(shop, [("A", "DC", 2)])) }
            let short = try await withThrowingTaskGroup(of: (Int64, Int64).self) { group in
                for (_, id) in ids {
                    group.addTask {
                        let picked = try await shop.pick(id, [], short: .reallocateOrBackorder, corrects: true)
                        return (picked.reallocated, picked.backordered)
                    }
                }
                return try await group.reduce(into: (Int64(0), Int64(0))) {
                    $0.0 += $1.0
                    $0.1 += $1.1
                }
            }
            #expect(short.0 + short.1 == 8)
            #expect(short.0 <= 5)
            #expect(short.0 >= 1)
            try await shop.expectExactBooks()
        }
    }
}

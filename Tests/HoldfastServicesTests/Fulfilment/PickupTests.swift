import Domain
import GRPCCore
import GRPCProtobuf
import HoldfastAPI
import HoldfastTesting
import Ledger
import Logging
import SwiftProtobuf
import Testing

@testable import HoldfastServices
@testable import OrderProcessing

@Suite("Fulfilments that are collected")
struct PickupTests {
    private func picked(_ shop: Shop, at location: String = "LDN-1") async throws -> Holdfast_V1_Fulfilment {
        let one = try await shop.released([("A", location, 2)], pickupAt: "LDN-1")
        #expect((one.kind, one.location, one.collectAt) == (.pickup, location, "LDN-1"))
        try await shop.start(one.fulfilmentID)
        return try await shop.pick(one.fulfilmentID, [("A", 2)]).step.fulfilment
    }

    private func ready(
        _ shop: Shop, _ id: String, request: EntityID = .fresh, keep: Int64? = nil
    ) async throws -> Holdfast_V1_MakeReadyResponse {
        try await shop.bench.fulfilment.makeReady(
            request: .with {
                $0.requestID = request.description
                $0.fulfilmentID = id
                if let keep { $0.keep = .init(seconds: keep) }
            }, context: shop.context)
    }

    private func collect(
        _ shop: Shop, _ id: String, _ code: String, request: EntityID = .fresh
    ) async throws -> Holdfast_V1_CollectPickupResponse {
        try await shop.bench.fulfilment.collectPickup(
            request: .with {
                $0.requestID = request.description
                $0.fulfilmentID = id
                $0.code = code
            }, context: shop.context)
    }

    private func extend(
        _ shop: Shop, _ id: String, newCode: Bool = false, request: EntityID = .fresh
    ) async throws -> Holdfast_V1_ExtendPickupResponse {
        try await shop.bench.fulfilment.extendPickup(
            request: .with {
                $0.requestID = request.description
                $0.fulfilmentID = id
                $0.newCode = newCode
            }, context: shop.context)
    }

    @Test("Picked, at the counter, reminded, collected with the code that was told once")
    func wholeWay() async throws {
        try await Shop.with { shop in
            let id = try await picked(shop).fulfilmentID
            let request = EntityID.fresh
            let ready = try await ready(shop, id, request: request, keep: 7_200)
            #expect(ready.step.fulfilment.state == "ready_for_pickup")
            #expect(ready.code.utf8.count == 8)
            let kept = ready.step.fulfilment.expiresAt.seconds
            #expect(kept - ready.step.fulfilment.releasedAt.seconds >= 7_200)
            var again = try await self.ready(shop, id, request: request, keep: 7_200)
            #expect(again.code.isEmpty)
            again.code = ready.code
            #expect(again == ready)
            let reminded = try await shop.bench.fulfilment.remindPickup(
                request: .with {
                    $0.requestID = EntityID.fresh.description
                    $0.fulfilmentID = id
                }, context: shop.context)
            #expect(reminded.step.fulfilment.hasRemindedAt)
            let order = try #require(EntityID(reminded.step.fulfilment.orderID))
            #expect(try await shop.units(order) == "packed 2")

            let collection = EntityID.fresh
            let shown = ready.code.lowercased().prefix(4) + " - " + ready.code.suffix(4)
            let collected = try await collect(shop, id, String(shown), request: collection)
            #expect(collected.step.orderStatus == .delivered)
            #expect(collected.step.fulfilment.hasDeliveredAt)
            #expect(try await collect(shop, id, ready.code, request: collection) == collected)
            let other = try await status { try await collect(shop, id, "22222222", request: collection) }
            #expect(other.code == .alreadyExists)
            #expect(try Details(other).info?.metadata["field"] == "code")
            let twice = try await status { try await collect(shop, id, ready.code) }
            #expect(try Details(twice).info?.metadata["state"] == "collected")
            #expect(try await shop.stock("A", "LDN-1") == [3, 0])
            #expect(
                try await shop.history(order) == [
                    "released", "picking_started", "picked", "ready_for_pickup", "pickup_reminded", "collected",
                ])
            let clear = try await shop.bench.deployment.numbers(
                "SELECT count(*) FROM idempotency WHERE position('\(ready.code)'::bytea IN request || reply) > 0")
            #expect(clear == [0])
            try await shop.expectExactBooks()
        }
    }

    @Test("After five wrong codes none is taken, however many try at once, until a new one is made")
    func wrongCodes() async throws {
        try await Shop.with { shop in
            let id = try await picked(shop).fulfilmentID
            let ready = try await ready(shop, id)
            let first = try await status { try await collect(shop, id, "22222222") }
            #expect(first.code == .permissionDenied)
            #expect(try Details(first).info?.metadata["tries_left"] == "4")
            let left = try await withThrowingTaskGroup(of: String.self) { group in
                for index in 0..<12 {
                    group.addTask {
                        let error = try await status { try await collect(shop, id, "2222222\(index)") }
                        return try Details(error).info?.metadata["tries_left"] ?? ""
                    }
                }
                return try await group.reduce(into: [String]()) { $0.append($1) }.sorted()
            }
            #expect(left == Array(repeating: "0", count: 9) + ["1", "2", "3"])
            let locked = try await status { try await collect(shop, id, ready.code) }
            #expect(locked.code == .permissionDenied)
            #expect(locked.message.contains("have a new one made"))

            let same = EntityID.fresh
            let extended = try await extend(shop, id, newCode: true, request: same)
            #expect(extended.code.utf8.count == 8 && extended.code != ready.code)
            #expect(try await extend(shop, id, newCode: true, request: same).code.isEmpty)
            #expect(try await status { try await collect(shop, id, ready.code) }.code == .permissionDenied)
            #expect(try await collect(shop, id, extended.code).step.fulfilment.state == "collected")
        }
    }

    @Test("What is not collected in time expires by the clock, can still be collected, or goes back to the shelf")
    func expiry() async throws {
        try await Shop.with { shop in
            let late = try await picked(shop).fulfilmentID
            let never = try await picked(shop).fulfilmentID
            let code = try await ready(shop, late).code
            _ = try await ready(shop, never)
            #expect(try await shop.bench.processing.expirePickups() == 0)
            try await shop.bench.deployment.run("UPDATE fulfilment SET expires_at = now() - interval '1 second'")
            #expect(try await shop.bench.processing.expirePickups() == 2)
            #expect(try await shop.bench.processing.expirePickups() == 0)
            #expect(try await shop.get(late).state == "expired")
            #expect(try await extend(shop, late).step.fulfilment.state == "ready_for_pickup")
            #expect(try await collect(shop, late, code).step.fulfilment.state == "collected")
            let restocked = try await shop.bench.fulfilment.restockPickup(
                request: .with {
                    $0.requestID = EntityID.fresh.description
                    $0.fulfilmentID = never
                }, context: shop.context)
            #expect(restocked.step.orderStatus == .cancelled)
            #expect(try await shop.stock("A", "LDN-1") == [3, 0])
            let order = try #require(EntityID(restocked.step.fulfilment.orderID))
            #expect(try await shop.units(order) == "cancelled 2")
            #expect(try await shop.history(order).suffix(2) == ["pickup_expired", "restocked"])
            try await shop.expectExactBooks()
        }
    }

    @Test("A pickup that another location has is sent to the store first, and the store's staff go on with it")
    func shipToStore() async throws {
        try await Shop.with { shop in
            let one = try await picked(shop, at: "DC")
            let early = try await status { try await ready(shop, one.fulfilmentID) }
            #expect(early.code == .failedPrecondition)
            #expect(early.message.contains("collected at LDN-1"))
            func send(_ id: String) async throws -> Holdfast_V1_SendToStoreResponse {
                try await shop.bench.fulfilment.sendToStore(
                    request: .with {
                        $0.requestID = EntityID.fresh.description
                        $0.fulfilmentID = id
                        $0.trackingNumber = "TOUR-12"
                    }, context: shop.context)
            }
            let sent = try await send(one.fulfilmentID)
            #expect((sent.step.fulfilment.state, sent.step.fulfilment.reference) == ("under_way", "TOUR-12"))
            let clerk = Caller(
                id: "key:x", name: "", roles: [.pos], scope: Scope(channels: nil, locations: ["LDN-1"]))
            let code = try await CallerContext.$current.withValue(clerk) {
                try await ready(shop, one.fulfilmentID).code
            }
            #expect(try await collect(shop, one.fulfilmentID, code).step.orderStatus == .delivered)
            #expect(try await shop.stock("A", "DC") == [8, 0])
            let here = try await picked(shop)
            let pointless = try await status { try await send(here.fulfilmentID) }
            #expect(pointless.message.contains("where it is"))
            try await shop.expectExactBooks()
        }
    }

    @Test("What is lost on the way to the store is served from elsewhere or cancelled, and gone from the count")
    func lostOnTheWay() async throws {
        try await Shop.with { shop in
            func lose(_ rule: Holdfast_V1_ShortRule) async throws -> (EntityID, Holdfast_V1_ReportLostResponse) {
                let one = try await picked(shop, at: "DC")
                _ = try await shop.bench.fulfilment.sendToStore(
                    request: .with {
                        $0.requestID = EntityID.fresh.description
                        $0.fulfilmentID = one.fulfilmentID
                    }, context: shop.context)
                let order = try #require(EntityID(one.orderID))
                return (
                    order,
                    try await shop.bench.fulfilment.reportLost(
                        request: .with {
                            $0.requestID = EntityID.fresh.description
                            $0.fulfilmentID = one.fulfilmentID
                            $0.shortRule = rule
                        }, context: shop.context)
                )
            }
            let (again, lost) = try await lose(.reallocate)
            #expect(lost.step.fulfilment.state == "lost")
            #expect(try await shop.units(again) == "released 2")
            #expect(try await shop.fulfilments(of: again).map(\.location) == ["DC", "LDN-1"])
            #expect(try await shop.stock("A", "DC") == [8, 0])
            let (cancelled, _) = try await lose(.unspecified)
            #expect(try await shop.units(cancelled) == "cancelled 2")
            #expect(try await shop.stock("A", "DC") == [6, 0])
            let refusal = try await status { try await lose(.backorder).1 }
            #expect(refusal.code == .invalidArgument)
            try await shop.expectExactBooks()
        }
    }

    private func send(_ shop: Shop, _ id: String) async throws {
        _ = try await shop.bench.fulfilment.sendToStore(
            request: .with {
                $0.requestID = EntityID.fresh.description
                $0.fulfilmentID = id
            }, context: shop.context)
    }

    /// A pickup that DC has picked and that is at the counter of LDN-1.
    private func atTheStore(_ shop: Shop) async throws -> Holdfast_V1_Fulfilment {
        let one = try await picked(shop, at: "DC")
        try await send(shop, one.fulfilmentID)
        return try await ready(shop, one.fulfilmentID).step.fulfilment
    }

    /// Lets the time of everything at counters be over, and puts one back.
    private func restock(
        _ shop: Shop, _ id: String, expiring count: Int = 1
    ) async throws -> Holdfast_V1_RestockPickupResponse {
        try await shop.bench.deployment.run("UPDATE fulfilment SET expires_at = now() - interval '1 second'")
        #expect(try await shop.bench.processing.expirePickups() == count)
        return try await shop.bench.fulfilment.restockPickup(
            request: .with {
                $0.requestID = EntityID.fresh.description
                $0.fulfilmentID = id
            }, context: shop.context)
    }

    @Test("What was sent to a store and is not collected goes onto that store's shelf, and can be sold there")
    func restockedWhereItIs() async throws {
        try await Shop.with { shop in
            let one = try await atTheStore(shop)
            #expect(try await shop.stock("A", "DC") == [10, 2])
            #expect(try await restock(shop, one.fulfilmentID).step.orderStatus == .cancelled)
            #expect(try await shop.stock("A", "DC") == [8, 0])
            #expect(try await shop.stock("A", "LDN-1") == [7, 0])
            #expect(try await shop.bench.deployment.available("A", "LDN-1") == 7)
            #expect(try await shop.bench.deployment.available("A", "DC") == 8)
            let moves = try await shop.bench.deployment.numbers(
                "SELECT on_hand_delta FROM stock_movement WHERE kind IN (4, 5) ORDER BY kind")
            #expect(moves == [-2, 2])
            #expect(
                try await shop.bench.deployment.numbers("SELECT count(*) FROM outbox WHERE topic = 'stock.changed'")
                    == [2])
            // B was never at the store: its shelf is made with the move. A count of where it was picked did not find it.
            let other = try await shop.released([("B", "DC", 3)], pickupAt: "LDN-1").fulfilmentID
            try await shop.start(other)
            try await shop.pick(other, [("B", 3)])
            try await send(shop, other)
            _ = try await ready(shop, other)
            try await shop.bench.deployment.change(.count, [("B", "DC", 1)])
            _ = try await restock(shop, other)
            #expect(try await shop.stock("B", "DC") == [1, 0])
            #expect(try await shop.stock("B", "LDN-1") == [3, 0])
            try await shop.expectExactBooks()
        }
    }

    /// Asks for a cancellation of all of an order, which who has its goods accepts.
    private func cancel(_ shop: Shop, _ one: Holdfast_V1_Fulfilment) async throws {
        let cancellations = LateCancellationService(
            processing: shop.bench.processing, logger: Logger(label: "test"))
        let wish = try await cancellations.requestCancellation(
            request: .with {
                $0.requestID = EntityID.fresh.description
                $0.orderID = one.orderID
            }, context: shop.context)
        _ = try await cancellations.respondCancellation(
            request: .with {
                $0.responseID = EntityID.fresh.description
                $0.cancellationID = wish.cancellations[0].cancellationID
                $0.accept = true
            }, context: shop.context)
    }

    @Test("What is cancelled at the counter of a store that another location sent it to goes onto the store's shelf")
    func cancelledWhereItIs() async throws {
        try await Shop.with { shop in
            let one = try await atTheStore(shop)
            try await cancel(shop, one)
            #expect(try await shop.get(one.fulfilmentID).state == "cancelled")
            #expect(try await shop.stock("A", "DC") == [8, 0])
            #expect(try await shop.stock("A", "LDN-1") == [7, 0])
            try await shop.expectExactBooks()
        }
    }

    /// What becomes of goods that another location sent to the store, after a count of their origin.
    enum End: String, CaseIterable, Sendable {
        case collected, lost, servedFromElsewhere, restocked, cancelled
    }

    @Test(
        "A count of the origin finds what is there, not what it has sent: that leaves its books once, whatever becomes of it",
        arguments: End.allCases, [Int64(0), 1, 2, 7, 8, 12])
    func countedMeanwhile(end: End, counted: Int64) async throws {
        try await Shop.with { shop in
            // Of 10 A there, 2 are sent and 3 others are set aside.
            let other = try await shop.place([("A", "DC", 3)])
            let one = try await picked(shop, at: "DC")
            try await send(shop, one.fulfilmentID)
            let order = try #require(EntityID(one.orderID))
            let code =
                end == .lost || end == .servedFromElsewhere ? "" : try await ready(shop, one.fulfilmentID).code
            let level = try #require(try await shop.bench.deployment.change(.count, [("A", "DC", counted)]).first)
            #expect(level.onHand == counted + 2)
            #expect(try await shop.stock("A", "DC") == [counted + 2, 5])
            // What is promised beside is what the shelf has, less what is set aside of it.
            #expect(try await shop.bench.deployment.available("A", "DC") == max(0, counted - 3))
            // Counted again, nothing moves.
            let moves = try await shop.bench.deployment.numbers("SELECT count(*) FROM stock_movement")
            _ = try await shop.bench.deployment.change(.count, [("A", "DC", counted)])
            #expect(try await shop.bench.deployment.numbers("SELECT count(*) FROM stock_movement") == moves)

            switch end {
            case .collected: _ = try await collect(shop, one.fulfilmentID, code)
            case .lost, .servedFromElsewhere:
                _ = try await shop.bench.fulfilment.reportLost(
                    request: .with {
                        $0.requestID = EntityID.fresh.description
                        $0.fulfilmentID = one.fulfilmentID
                        if end == .servedFromElsewhere { $0.shortRule = .reallocate }
                    }, context: shop.context)
            case .restocked: _ = try await restock(shop, one.fulfilmentID)
            case .cancelled: try await cancel(shop, one)
            }
            #expect(try await shop.stock("A", "DC") == [counted, 3])
            #expect(try await shop.bench.deployment.available("A", "DC") == max(0, counted - 3))
            let store: [Int64] =
                switch end {
                case .collected, .lost: [5, 0]
                case .servedFromElsewhere: [5, 2]
                case .restocked, .cancelled: [7, 0]
                }
            #expect(try await shop.stock("A", "LDN-1") == store)
            let units =
                switch end {
                case .collected: "delivered 2"
                case .servedFromElsewhere: "released 2"
                case .lost, .restocked, .cancelled: "cancelled 2"
                }
            #expect(try await shop.units(order) == units)
            #expect(try await shop.units(other) == "allocated 3")
            #expect(try await shop.bench.deployment.booksAgree())
        }
    }

    @Test("A count before goods are sent has them, and so has the count of where they are not from")
    func countedElsewhere() async throws {
        try await Shop.with { shop in
            let one = try await picked(shop, at: "DC")
            try await shop.bench.deployment.change(.count, [("A", "DC", 9)])
            #expect(try await shop.stock("A", "DC") == [9, 2])
            try await send(shop, one.fulfilmentID)
            _ = try await ready(shop, one.fulfilmentID)
            // The store counts its own shelf; the parcel at its counter is not on its books.
            try await shop.bench.deployment.change(.count, [("A", "LDN-1", 4)])
            #expect(try await shop.stock("A", "LDN-1") == [4, 0])
            // What a store has picked for its own counter never left.
            let own = try await picked(shop)
            _ = try await ready(shop, own.fulfilmentID)
            try await shop.bench.deployment.change(.count, [("A", "LDN-1", 4)])
            #expect(try await shop.stock("A", "LDN-1") == [4, 2])
            _ = try await restock(shop, one.fulfilmentID, expiring: 2)
            #expect(try await shop.stock("A", "DC") == [7, 0])
            #expect(try await shop.stock("A", "LDN-1") == [6, 2])
            // Back on a shelf, it is counted there like everything.
            try await shop.bench.deployment.change(.count, [("A", "DC", 7), ("A", "LDN-1", 6)])
            #expect(try await shop.stock("A", "DC") == [7, 0])
            #expect(try await shop.stock("A", "LDN-1") == [6, 2])
            try await shop.expectExactBooks()
        }
    }

    @Test("However a count and a customer meet, the count stands: what is collected leaves once")
    func countAndCollect() async throws {
        try await Shop.with { shop in
            try await shop.receive([("A", "DC", 10)])
            for _ in 0..<5 {
                let one = try await picked(shop, at: "DC")
                try await send(shop, one.fulfilmentID)
                let code = try await ready(shop, one.fulfilmentID).code
                let shelf = try #require(try await shop.stock("A", "DC").first) - 2
                async let counting = shop.bench.deployment.change(.count, [("A", "DC", shelf)])
                async let collecting = collect(shop, one.fulfilmentID, code)
                _ = try await (counting, collecting)
                #expect(try await shop.stock("A", "DC") == [shelf, 0])
            }
            try await shop.expectExactBooks()
        }
    }

    @Test("What an adjustment has taken off the count already is not taken off again")
    func lostAfterAnAdjustment() async throws {
        try await Shop.with { shop in
            let one = try await picked(shop, at: "DC")
            try await send(shop, one.fulfilmentID)
            try await shop.bench.deployment.change(.adjust, [("A", "DC", -9)])
            _ = try await shop.bench.fulfilment.reportLost(
                request: .with {
                    $0.requestID = EntityID.fresh.description
                    $0.fulfilmentID = one.fulfilmentID
                }, context: shop.context)
            #expect(try await shop.stock("A", "DC") == [0, 0])
            try await shop.expectExactBooks()
        }
    }

    @Test("Codes are made of characters that nobody takes for each other, and differ")
    func codes() {
        var seen: Set<String> = []
        for _ in 0..<2_000 {
            let code = PickupCode.make()
            #expect(code.text.allSatisfy { "23456789ABCDEFGHJKLMNPQRSTUVWXYZ".contains($0) })
            #expect(PickupCode.hash(code.text.lowercased(), salt: code.salt) == code.hash)
            #expect(PickupCode.hash(code.text, salt: []) != code.hash)
            seen.insert(code.text)
        }
        #expect(seen.count == 2_000)
    }
}

import Domain
import GRPCCore
import HoldfastAPI
import HoldfastTesting
import OrderPromising
import SwiftProtobuf
import Testing

/// An order, and its cancellation, stopped at every step of the way.
@Suite("Crash table: orders", .serialized)
struct OrderCrashTests {
    @Test("the server dies with an order's units taken and no order written")
    func orderTaken() async throws {
        let row = "the server dies with an order's units taken and no order written"
        try await Stage.with("order-taken") {
            $0.repair.grace = .seconds(600)
        } _: { stage in
            let request = stage.order(4)
            #expect(try await stage.seePlace(request) == .status(.unavailable))
            #expect(try await stage.server.hasDied())
            #expect(try await stage.left(of: .order, request.orderID) == .init(row: nil, inRedis: true))
            try await stage.server.restart()
            let reply = try await stage.timed(row, "the same call answered") { try await stage.place(request) }
            #expect(try await stage.place(request) == reply)
            #expect(try await stage.number("SELECT count(*) FROM orders") == 1)
            try await stage.heals(to: 16, row)
        }
    }

    @Test("the server dies before the commit of an order that takes a reservation")
    func uncommitted() async throws {
        let row = "the server dies before the commit of an order that takes a reservation"
        try await Stage.with("capture-uncommitted") { stage in
            let held = stage.reservation(4)
            _ = try await stage.reserve(held)
            let request = stage.order(4, reservation: held.reservationID)
            #expect(try await stage.seePlace(request) == .status(.unavailable))
            #expect(try await stage.server.hasDied())
            #expect(try await stage.number("SELECT count(*) FROM orders") == 0)
            #expect(try await stage.left(of: .reservation, held.reservationID) == .init(row: .held, inRedis: true))
            try await stage.server.restart()
            _ = try await stage.timed(row, "the same call answered") { try await stage.place(request) }
            #expect(try await stage.left(of: .reservation, held.reservationID).row == .confirmed)
            try await stage.heals(to: 16, row)
        }
    }

    @Test("the connection to PostgreSQL breaks while an order is committed, and nothing was written")
    func commitBroken() async throws {
        let row = "the connection to PostgreSQL breaks while an order is committed, and nothing was written"
        try await Stage.with("") { stage in
            try await stage.breakCommits(of: "orders")
            let request = stage.order(4)
            async let seen = stage.seePlace(request)
            try await stage.endBrokenCommit()
            #expect(try await seen == .status(.unavailable))
            #expect(try await stage.number("SELECT count(*) FROM orders") == 0)
            _ = try await stage.timed(row, "the same call answered") { try await stage.place(request) }
            #expect(try await stage.number("SELECT count(*) FROM orders") == 1)
            try await stage.heals(to: 16, row)
        }
    }

    @Test("an order is committed and PostgreSQL's word of it is lost")
    func commitUnconfirmed() async throws {
        let row = "an order is committed and PostgreSQL's word of it is lost"
        try await Stage.with("captured:drop") { stage in
            let request = stage.order(4)
            #expect(try await stage.seePlace(request) == .status(.unavailable))
            #expect(try await stage.number("SELECT count(*) FROM orders") == 1)
            let reply = try await stage.timed(row, "the same call answered") { try await stage.place(request) }
            #expect(try await stage.place(request) == reply)
            #expect(try await stage.number("SELECT count(*) FROM orders") == 1)
            try await stage.heals(to: 16, row)
        }
    }

    @Test(
        "the server dies after the commit of an order, before or after its answer, before Redis heard of it",
        arguments: ["captured", "capture-answered"])
    func captured(failpoint: String) async throws {
        let row = "the server dies after the commit of an order, before or after its answer, before Redis heard of it"
        try await Stage.with(failpoint) { stage in
            let held = stage.reservation(4)
            _ = try await stage.reserve(held)
            let request = stage.order(4, reservation: held.reservationID)
            let seen = try await stage.seePlace(request)
            #expect(seen == .status(.unavailable) || (failpoint == "capture-answered" && seen == .answered))
            #expect(try await stage.server.hasDied())
            #expect(try await stage.number("SELECT count(*) FROM orders") == 1)
            #expect(try await stage.left(of: .reservation, held.reservationID).row == .confirmed)
            // Redis knows an old base and counts the reservation: the figure is the same.
            #expect(try await stage.inRedis() == 16)
            try await stage.server.restart()
            let reply = try await stage.timed(row, "the same call answered") { try await stage.place(request) }
            #expect(try await stage.place(request) == reply)
            #expect(
                try await eventually {
                    try await stage.left(of: .reservation, held.reservationID) == .init(row: .confirmed, inRedis: false)
                })
            try await stage.heals(to: 16, row)
        }
    }

    @Test("an order is acknowledged and what Redis was told of it is lost on the way")
    func settleLost() async throws {
        let row = "an order is acknowledged and what Redis was told of it is lost on the way"
        try await Stage.with("settling:drop") { stage in
            let request = stage.order(4)
            #expect(try await stage.seePlace(request) == .answered)
            #expect(try await stage.inRedis() == 16)
            #expect(
                try await eventually {
                    try await stage.left(of: .order, request.orderID) == .init(row: .confirmed, inRedis: false)
                })
            try await stage.heals(to: 16, row)
        }
    }

    @Test("the server dies after the commit of a cancellation, before Redis heard of it")
    func cancelled() async throws {
        let row = "the server dies after the commit of a cancellation, before Redis heard of it"
        try await Stage.with("cancelled") { stage in
            let order = stage.order(4)
            _ = try await stage.place(order)
            let request = Holdfast_V1_CancelOrderRequest.with {
                $0.cancellationID = EntityID.fresh.description
                $0.orderID = order.orderID
                $0.reason = "changed mind"
            }
            let seen = try await stage.see {
                _ = try await stage.server.call(
                    "OrderService/CancelOrder", request, Holdfast_V1_CancelOrderResponse.self)
            }
            #expect(seen == .status(.unavailable))
            #expect(try await stage.server.hasDied())
            #expect(try await stage.inRedis() == 16)
            try await stage.server.restart()
            let reply = try await stage.timed(row, "the same call answered") {
                try await stage.server.patiently(
                    "OrderService/CancelOrder", request, Holdfast_V1_CancelOrderResponse.self)
            }
            #expect(reply.lines.map(\.quantity) == [4])
            try await stage.heals(to: 20, row)
        }
    }

    /// What an order runs against.
    enum Rival: CaseIterable { case expiry, release }

    @Test("an order and the expiry or release of its reservation meet: the order is first", arguments: Rival.allCases)
    func orderWins(rival: Rival) async throws {
        let row = "an order and the expiry or release of its reservation meet: the order is first"
        try await Stage.with("capture-uncommitted:stall:1000") {
            $0.sweepInterval = .milliseconds(50)
        } _: { stage in
            let held = stage.reservation(4, seconds: rival == .expiry ? 2 : 600)
            _ = try await stage.reserve(held)
            if rival == .expiry { try await Task.sleep(for: .milliseconds(1_500)) }
            let request = stage.order(4, reservation: held.reservationID)
            async let placed = stage.seePlace(request)
            if rival == .release {
                // The order has locked the reservation's row by then; if not, it is the release that is first.
                try await Task.sleep(for: .milliseconds(500))
                await #expect(throws: Refusal.self) {
                    try await stage.deployment.promising.release(
                        #require(EntityID(held.reservationID)), by: .anonymous)
                }
            }
            #expect(try await placed == .answered)
            #expect(try await stage.left(of: .reservation, held.reservationID).row == .confirmed)
            #expect(try await stage.number("SELECT allocated FROM cell ORDER BY id LIMIT 1") == 4)
            try await stage.heals(to: 16, row)
        }
    }

    @Test(
        "an order and the expiry or release of its reservation meet: the order is second", arguments: Rival.allCases)
    func orderLoses(rival: Rival) async throws {
        let row = "an order and the expiry or release of its reservation meet: the order is second"
        try await Stage.with("order-taken:stall:1000") {
            $0.sweepInterval = .milliseconds(50)
        } _: { stage in
            let held = stage.reservation(4, seconds: rival == .expiry ? 2 : 600)
            _ = try await stage.reserve(held)
            if rival == .expiry { try await Task.sleep(for: .milliseconds(1_500)) }
            let request = stage.order(4, reservation: held.reservationID)
            async let placed = stage.seePlace(request)
            if rival == .release {
                try await Task.sleep(for: .milliseconds(500))
                _ = try await stage.deployment.promising.release(
                    #require(EntityID(held.reservationID)), by: .anonymous)
            }
            switch rival {
            case .release:
                // The client is told that its reservation was given back.
                #expect(try await placed == .status(.failedPrecondition))
                #expect(try await stage.left(of: .reservation, held.reservationID).row == .released)
                #expect(try await stage.number("SELECT count(*) FROM orders") == 0)
                try await stage.heals(to: 20, row)
            case .expiry:
                // There was stock: the order took its units anew.
                #expect(try await placed == .answered)
                #expect(try await stage.left(of: .reservation, held.reservationID).row == .expired)
                try await stage.heals(to: 16, row)
            }
        }
    }
}

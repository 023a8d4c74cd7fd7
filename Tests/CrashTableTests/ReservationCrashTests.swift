import Domain
import GRPCCore
import HoldfastAPI
import HoldfastTesting
import OrderPromising
import SwiftProtobuf
import Testing

/// A reservation, stopped at every step of its way.
@Suite("Crash table: reservations", .serialized)
struct ReservationCrashTests {
    @Test("the server dies before it has taken anything")
    func beforeTake() async throws {
        let row = "the server dies before it has taken anything"
        try await Stage.with("before-take") { stage in
            let request = stage.reservation(4)
            #expect(try await stage.seeReserve(request) == .status(.unavailable))
            #expect(try await stage.server.hasDied())
            #expect(
                try await stage.left(of: .reservation, request.reservationID) == .init(row: nil, inRedis: false))
            try await stage.server.restart()
            let reply = try await stage.timed(row, "the same call answered") { try await stage.reserve(request) }
            #expect(reply.reservation.state == .held)
            try await stage.heals(to: 16, row)
        }
    }

    @Test("the server dies with units taken in Redis and nothing in PostgreSQL, and the client comes back")
    func takenAndRepeated() async throws {
        let row = "the server dies with units taken in Redis and nothing in PostgreSQL, and the client comes back"
        try await Stage.with("taken") {
            $0.repair.grace = .seconds(600)
        } _: { stage in
            let request = stage.reservation(4, b: 2)
            #expect(try await stage.seeReserve(request) == .status(.unavailable))
            #expect(try await stage.server.hasDied())
            #expect(try await stage.left(of: .reservation, request.reservationID) == .init(row: nil, inRedis: true))
            #expect(try await stage.inRedis() == 16)
            try await stage.server.restart()
            let reply = try await stage.timed(row, "the same call answered") { try await stage.reserve(request) }
            #expect(reply.reservation.state == .held)
            // The units that were taken are its own; none were taken twice.
            try await stage.heals(to: 16, row)
        }
    }

    @Test("the server dies with units taken in Redis and nothing in PostgreSQL, and nobody comes back")
    func takenAndAbandoned() async throws {
        let row = "the server dies with units taken in Redis and nothing in PostgreSQL, and nobody comes back"
        try await Stage.with("taken") { stage in
            let request = stage.reservation(4, b: 2)
            #expect(try await stage.seeReserve(request) == .status(.unavailable))
            #expect(try await stage.server.hasDied())
            try await stage.server.restart()
            try await stage.heals(to: 20, row)
            #expect(
                try await stage.left(of: .reservation, request.reservationID) == .init(row: .voided, inRedis: false))
            // Who comes after all is told; the units belong to everybody again.
            #expect(try await stage.seeReserve(request) == .status(.failedPrecondition))
            try await stage.heals(to: 20, row)
        }
    }

    @Test("the server that gives up an abandoned attempt dies with its tombstone written and its units not given back")
    func buried() async throws {
        let row =
            "the server that gives up an abandoned attempt dies with its tombstone written and its units not given back"
        try await Stage.with("taken") {
            // The watching server has the lease on repairs and no time for them, until the lease is taken from it.
            $0.repair.grace = .seconds(600)
            $0.repair.leaseDuration = .seconds(10_000)
        } _: { stage in
            let request = stage.reservation(4, b: 2)
            #expect(try await stage.seeReserve(request) == .status(.unavailable))
            #expect(try await stage.server.hasDied())
            try await stage.run("DELETE FROM lease WHERE name = 'reconciler'")
            try await stage.server.restart(failpoint: "buried")
            #expect(try await stage.server.hasDied())
            #expect(
                try await stage.left(of: .reservation, request.reservationID) == .init(row: .voided, inRedis: true))
            #expect(try await stage.inRedis() == 16)
            // The dead one's lease would lapse in 9 seconds.
            try await stage.run("DELETE FROM lease WHERE name = 'reconciler'")
            try await stage.server.restart()
            try await stage.heals(to: 20, row)
            #expect(
                try await stage.left(of: .reservation, request.reservationID) == .init(row: .voided, inRedis: false))
            #expect(try await stage.seeReserve(request) == .status(.failedPrecondition))
        }
    }

    @Test("Redis takes the units and its answer is lost")
    func answerLost() async throws {
        let row = "Redis takes the units and its answer is lost"
        try await Stage.with("take-answered:drop") { stage in
            let request = stage.reservation(4)
            #expect(try await stage.seeReserve(request) == .status(.unavailable))
            #expect(try await stage.left(of: .reservation, request.reservationID).row == nil)
            let reply = try await stage.timed(row, "the same call answered") { try await stage.reserve(request) }
            #expect(reply.reservation.state == .held)
            try await stage.heals(to: 16, row)
        }
    }

    @Test("the connection to PostgreSQL breaks while a reservation is committed, and nothing was written")
    func commitBroken() async throws {
        let row = "the connection to PostgreSQL breaks while a reservation is committed, and nothing was written"
        try await Stage.with("") { stage in
            try await stage.breakCommits(of: "hold")
            let request = stage.reservation(4)
            async let seen = stage.seeReserve(request)
            try await stage.endBrokenCommit()
            #expect(try await seen == .status(.unavailable))
            #expect(try await stage.left(of: .reservation, request.reservationID).row == nil)
            let reply = try await stage.timed(row, "the same call answered") { try await stage.reserve(request) }
            #expect(reply.reservation.state == .held)
            try await stage.heals(to: 16, row)
        }
    }

    @Test("a reservation is committed and PostgreSQL's word of it is lost")
    func commitUnconfirmed() async throws {
        let row = "a reservation is committed and PostgreSQL's word of it is lost"
        try await Stage.with("journalled:drop") { stage in
            let request = stage.reservation(4)
            #expect(try await stage.seeReserve(request) == .status(.unavailable))
            #expect(try await stage.left(of: .reservation, request.reservationID).row == .held)
            let reply = try await stage.timed(row, "the same call answered") { try await stage.reserve(request) }
            #expect(reply.reservation.state == .held)
            #expect(try await stage.reserve(request) == reply)
            try await stage.heals(to: 16, row)
        }
    }

    @Test("the server dies after the commit of a reservation, before it could answer")
    func journalled() async throws {
        let row = "the server dies after the commit of a reservation, before it could answer"
        try await Stage.with("journalled") { stage in
            let request = stage.reservation(4)
            #expect(try await stage.seeReserve(request) == .status(.unavailable))
            #expect(try await stage.server.hasDied())
            #expect(try await stage.left(of: .reservation, request.reservationID) == .init(row: .held, inRedis: true))
            try await stage.server.restart()
            let reply = try await stage.timed(row, "the same call answered") { try await stage.reserve(request) }
            #expect(reply.reservation.state == .held)
            #expect(try await stage.reserve(request) == reply)
            #expect(try await stage.number("SELECT count(*) FROM hold WHERE kind = 1") == 1)
            try await stage.heals(to: 16, row)
        }
    }

    @Test("the server dies after the commit of a release, before Redis heard of it")
    func released() async throws {
        let row = "the server dies after the commit of a release, before Redis heard of it"
        try await Stage.with("released") { stage in
            let request = stage.reservation(4)
            _ = try await stage.reserve(request)
            let release = Holdfast_V1_ReleaseReservationRequest.with { $0.reservationID = request.reservationID }
            // It has answered, or its connection broke before the answer left.
            let seen = try await stage.see {
                _ = try await stage.server.call(
                    "ReservationService/ReleaseReservation", release, Holdfast_V1_ReleaseReservationResponse.self)
            }
            #expect([.answered, .status(.unavailable)].contains(seen))
            #expect(try await stage.server.hasDied())
            #expect(try await stage.left(of: .reservation, request.reservationID).row == .released)
            try await stage.server.restart()
            let again = try await stage.server.patiently(
                "ReservationService/ReleaseReservation", release, Holdfast_V1_ReleaseReservationResponse.self)
            #expect(again.state == .released)
            try await stage.heals(to: 20, row)
        }
    }

    @Test("the server dies after the commit of an expiry, before Redis heard of it")
    func expired() async throws {
        let row = "the server dies after the commit of an expiry, before Redis heard of it"
        try await Stage.with("expired") { stage in
            let request = stage.reservation(4, seconds: 1)
            _ = try await stage.reserve(request)
            #expect(try await stage.server.hasDied())
            #expect(try await stage.left(of: .reservation, request.reservationID).row == .expired)
            try await stage.server.restart()
            try await stage.heals(to: 20, row)
            #expect(try await stage.seeReserve(request) == .status(.failedPrecondition))
        }
    }
}

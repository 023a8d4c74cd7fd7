import Domain
import HoldfastAPI
import OrderPromising
import SwiftProtobuf
import Testing

@testable import HoldfastServices

@Suite("Requests about availability and reservations")
struct PromisingRequestsTests {
    static let reserve = Holdfast_V1_ReserveRequest.with {
        $0.reservationID = testID(1).description
        $0.channel = "web"
        $0.lines = ["A", "A"].map { sku in
            .with {
                $0.sku = sku
                $0.quantity = 2
                $0.allowSplit = true
            }
        }
    }

    @Test(
        "Reservations",
        arguments: [
            RequestCase<Holdfast_V1_ReserveRequest>("as it is, with an article twice") { _ in },
            .init("no id", ["reservation_id"]) { $0.reservationID = "" },
            .init("no channel", ["channel"]) { $0.channel = "" },
            .init("no lines", ["lines"]) { $0.lines = [] },
            .init("too many lines", ["lines"]) { $0.lines = Array(repeating: $0.lines[0], count: 1_001) },
            .init("no sku", ["lines[1].sku"]) { $0.lines[1].sku = "" },
            .init("a wrong location", ["lines[1].location"]) { $0.lines[1].location = " DC" },
            .init("no quantity", ["lines[0].quantity"]) { $0.lines[0].quantity = 0 },
            .init("too large a quantity", ["lines[0].quantity"]) { $0.lines[0].quantity = 1_000_000_001 },
            .init("a short time", ["ttl"]) { $0.ttl = .init(seconds: 0, nanos: 999_999_999) },
            .init("the shortest time") { $0.ttl = .init(seconds: 1) },
            .init("the longest time") { $0.ttl = .init(seconds: 30 * 86_400) },
            .init("a long time", ["ttl"]) { $0.ttl = .init(seconds: 30 * 86_400, nanos: 1) },
            .init("an empty time", ["ttl"]) { $0.ttl = .init() },
        ])
    func reserve(row: RequestCase<Holdfast_V1_ReserveRequest>) throws {
        #expect(
            try refusedFields { try PromisingRequests.reserve(row.applied(to: Self.reserve), body: [], by: .anonymous) }
                == row.refused)
    }

    @Test("A reservation without a time to live holds for 15 minutes")
    func defaultTime() throws {
        let request = try PromisingRequests.reserve(Self.reserve, body: [1, 2], by: .anonymous)
        #expect(request.ttlMilliseconds == 900_000)
        #expect(request.body == [1, 2])
        #expect(
            request.demands == Array(repeating: Demand(sku: "A", location: "", quantity: 2, allowSplit: true), count: 2)
        )
    }

    static let extend = Holdfast_V1_ExtendReservationRequest.with {
        $0.extensionID = testID(1).description
        $0.reservationID = testID(2).description
        $0.ttl = .init(seconds: 60)
    }

    @Test(
        "Extensions",
        arguments: [
            RequestCase<Holdfast_V1_ExtendReservationRequest>("as it is") { _ in },
            .init("no id", ["extension_id"]) { $0.extensionID = "" },
            .init("no reservation", ["reservation_id"]) { $0.reservationID = "" },
            .init("no time", ["ttl"]) { $0.clearTtl() },
            .init("a long time", ["ttl"]) { $0.ttl = .init(seconds: 30 * 86_400 + 1) },
        ])
    func extend(row: RequestCase<Holdfast_V1_ExtendReservationRequest>) throws {
        #expect(try refusedFields { try PromisingRequests.extend(row.applied(to: Self.extend)) } == row.refused)
    }

    static let check = Holdfast_V1_CheckAvailabilityRequest.with {
        $0.items = [
            .with {
                $0.sku = "A"
                $0.location = "DC"
                $0.quantity = 3
            },
            .with { $0.sku = "B" },
        ]
    }

    @Test(
        "Availability",
        arguments: [
            RequestCase<Holdfast_V1_CheckAvailabilityRequest>("as it is") { _ in },
            .init("no items", ["items"]) { $0.items = [] },
            .init("too many items", ["items"]) { $0.items = Array(repeating: $0.items[0], count: 1_001) },
            .init("no sku", ["items[1].sku"]) { $0.items[1].sku = "" },
            .init("a wrong location", ["items[0].location"]) { $0.items[0].location = "D\u{0}C" },
            .init("a negative quantity", ["items[0].quantity"]) { $0.items[0].quantity = -1 },
            .init("too large a quantity", ["items[0].quantity"]) { $0.items[0].quantity = 1_000_000_001 },
            .init("an unknown consistency", ["consistency"]) { $0.consistency = .UNRECOGNIZED(7) },
        ])
    func check(row: RequestCase<Holdfast_V1_CheckAvailabilityRequest>) throws {
        #expect(
            try refusedFields { try PromisingRequests.availability(row.applied(to: Self.check), by: .anonymous) }
                == row.refused)
    }

    @Test(
        "Only FRESH asks past the memory of the server",
        arguments: [
            (Holdfast_V1_Consistency.unspecified, false), (.cached, false), (.fresh, true),
        ])
    func consistency(asked: Holdfast_V1_Consistency, fresh: Bool) throws {
        var request = Self.check
        request.consistency = asked
        #expect(try PromisingRequests.availability(request, by: .anonymous).fresh == fresh)
    }

    @Test("An answer says for each item whether the quantity asked for is there")
    func sufficiency() {
        let items = [3, 4, 0].map { AvailabilityItem(sku: "A", location: "", quantity: $0) }
        let answer = AvailabilityAnswer(available: [3, 3, 0], asOf: Instant(microseconds: 5_000_000))
        let message = Holdfast_V1_CheckAvailabilityResponse(answer, to: items)
        #expect(message.items.map(\.available) == [3, 3, 0])
        #expect(message.items.map(\.sufficient) == [true, false, true])
        #expect(message.asOf == .init(seconds: 5))
    }

    @Test("The terms of an explanation add up to its answer", arguments: [Int64(5), 0, -4])
    func explanation(admissible: Int64) {
        let terms = AvailabilityTerms(
            location: "DC", onHand: 20, safety: 2, allocated: 6,
            heldByChannel: [(channel: "till", held: 1), (channel: "web", held: 3)], admissible: admissible)
        let message = Holdfast_V1_ExplainAvailabilityResponse([terms, terms])
        let line = message.locations[0]
        #expect(line.held == line.heldByChannel.reduce(0) { $0 + $1.held })
        #expect(
            line.available
                == line.onHand - line.safetyStock - line.allocated - line.held - line.inFlight + line.shortfall)
        #expect(line.available == max(0, admissible))
        #expect(message.available == 2 * line.available)
    }

    @Test("The names of what is explained are checked")
    func explanationNames() throws {
        let fields = try refusedFields {
            try PromisingRequests.explanation(.with { $0.location = " " }, by: .anonymous)
        }
        #expect(fields == ["sku", "location"])
        #expect(try refusedFields { try PromisingRequests.reservation("nonsense") } == ["reservation_id"])
    }
}

import Domain
import GRPCCore
import GRPCProtobuf
import HoldfastAPI
import HoldfastTesting
import Ledger
import Logging
import PostgresClient
import SwiftProtobuf
import Testing

@testable import HoldfastServices

@Suite("Parcels that come back undelivered")
struct UndeliveredTests {
    private func shipped(
        _ shop: Shop, _ lines: [(sku: String, location: String, quantity: Int64)] = [("A", "DC", 3)]
    ) async throws -> Holdfast_V1_Fulfilment {
        try await shop.ship(try await shop.packed(lines, country: "GB").fulfilmentID).step.fulfilment
    }

    private func request(
        _ id: String, _ change: (inout Holdfast_V1_ReceiveUndeliveredRequest) -> Void = { _ in }
    ) -> Holdfast_V1_ReceiveUndeliveredRequest {
        var request = Holdfast_V1_ReceiveUndeliveredRequest.with {
            $0.requestID = EntityID.fresh.description
            $0.fulfilmentID = id
        }
        change(&request)
        return request
    }

    @discardableResult
    private func receive(
        _ shop: Shop, _ request: Holdfast_V1_ReceiveUndeliveredRequest
    ) async throws -> Holdfast_V1_ReceiveUndeliveredResponse {
        try await shop.bench.fulfilment.receiveUndelivered(request: request, context: shop.context)
    }

    private func line(
        _ number: Int32, _ quantity: Int64, _ disposition: Holdfast_V1_Disposition
    ) -> Holdfast_V1_ReceiveUndeliveredRequest.Line {
        .with {
            $0.lineNumber = number
            $0.quantity = quantity
            $0.disposition = disposition
        }
    }

    @Test("Its units are returned, its goods where they were received, its price due back; the customer sees it")
    func wholeWay() async throws {
        try await Shop.with { shop in
            let one = try await shipped(shop, [("A", "DC", 3), ("POST", "", 1)])
            let order = try #require(EntityID(one.orderID))
            let request = request(one.fulfilmentID) {
                $0.lines = [line(1, 1, .scrap)]
                $0.reason = "nobody there"
            }
            let reply = try await receive(shop, request)
            #expect(reply.step.fulfilment.state == "returned")
            #expect(reply.step.fulfilment.lines.allSatisfy { $0.open == 0 })
            #expect(reply.step.orderStatus == .returned)
            #expect(try await receive(shop, request) == reply)
            var other = request
            other.reason = "refused"
            let differs = try await status { try await receive(shop, other) }
            #expect(differs.code == .alreadyExists)
            #expect(try Details(differs).info?.metadata["field"] == "reason")
            #expect(try await shop.units(order) == "returned 3")
            #expect(try await shop.units(order, line: 2) == "returned 1")
            // 7 were left, 2 are sold again, 1 is gone.
            #expect(try await shop.stock("A", "DC") == [9, 0])
            #expect(try await shop.bench.deployment.available("A", "DC") == 9)
            let money = try await shop.bench.deployment.numbers(
                """
                SELECT unnest(ARRAY[earned, refund_due]) FROM order_line_money WHERE order_id = $1::uuid
                ORDER BY line_number
                """,
                [.uuid(PostgresUUID(high: order.high, low: order.low))])
            #expect(money == [300, 300, 100, 100])
            #expect(try await shop.history(order).suffix(2) == ["shipped", "came_back"])
            let event = try #require(try await shop.bench.deployment.ledger.order(order)?.events.last)
            #expect(event.kind == .cameBack)
            let token = try await shop.bench.fulfilment.getFulfilment(
                request: .with { $0.fulfilmentID = one.fulfilmentID }, context: shop.context
            ).trackingToken
            let tracked = try await shop.bench.tracking.track(
                request: .with { $0.token = token }, context: shop.context)
            #expect(tracked.parts.map(\.state) == ["returned"])
            #expect(tracked.orderStatus == .returned)
            let twice = try await status { try await receive(shop, self.request(one.fulfilmentID)) }
            #expect(twice.code == .failedPrecondition)
            #expect(try Details(twice).info?.metadata["state"] == "returned")
            try await shop.expectExactBooks()
        }
    }

    @Test("A part of an order comes back to another location, as second grade, and the rest goes on")
    func elsewhere() async throws {
        try await Shop.with { shop in
            let order = try await shop.place([("A", "DC", 2), ("A", "LDN-1", 1)])
            let parts = try await shop.release(order)
            for (part, units) in zip(parts, [Int64(2), 1]) {
                try await shop.start(part.fulfilmentID)
                try await shop.pick(part.fulfilmentID, [("A", units)])
                try await shop.pack(part.fulfilmentID)
                try await shop.ship(part.fulfilmentID)
            }
            let reply = try await receive(
                shop,
                request(parts[0].fulfilmentID) {
                    $0.location = "LDN-1"
                    $0.disposition = .restockSecondGrade
                    $0.lines = [line(1, 1, .restock)]
                })
            #expect(reply.step.fulfilment.state == "returned")
            #expect(try await shop.units(order) == "returned 2")
            #expect(try await shop.units(order, line: 2) == "shipped 1")
            let cells = try await shop.bench.deployment.numbers(
                """
                SELECT c.on_hand FROM cell c JOIN location l ON l.id = c.location_id JOIN product p ON p.id = c.product_id
                WHERE l.code = 'LDN-1' AND p.sku = 'A' ORDER BY c.pool
                """)
            #expect(cells == [5, 1])
            let goods = try await shop.bench.deployment.numbers(
                "SELECT disposition::int8 FROM undelivered_goods ORDER BY disposition")
            #expect(goods == [1, 2])
            try await shop.expectExactBooks()
        }
    }

    @Test("What a supplier sent comes back to the supplier, or where it is said")
    func supplier() async throws {
        try await Shop.with { shop in
            func noticed() async throws -> String {
                let one = try await shop.released([("A", "SUP", 4)])
                _ = try await shop.bench.fulfilment.notifyShipment(
                    request: .with {
                        $0.requestID = EntityID.fresh.description
                        $0.fulfilmentID = one.fulfilmentID
                        $0.carrier = "DHL"
                    }, context: shop.context)
                return one.fulfilmentID
            }
            let back = try await receive(shop, request(try await noticed()))
            #expect((back.step.fulfilment.kind, back.step.fulfilment.state) == (.dropShip, "returned"))
            #expect(try await shop.stock("A", "SUP") == [20, 0])
            try await receive(shop, request(try await noticed()) { $0.location = "DC" })
            #expect(try await shop.stock("A", "SUP") == [16, 0])
            #expect(try await shop.stock("A", "DC") == [14, 0])
            try await shop.expectExactBooks()
        }
    }

    @Test("Bad input is refused by its field, and what was not sent by its state; nothing is changed")
    func badInput() async throws {
        try await Shop.with { shop in
            let id = try await shipped(shop).fulfilmentID
            let fields: [(String, (inout Holdfast_V1_ReceiveUndeliveredRequest) -> Void)] = [
                ("request_id", { $0.requestID = "x" }), ("fulfilment_id", { $0.fulfilmentID = "" }),
                ("location", { $0.location = String(repeating: "x", count: 65) }),
                ("disposition", { $0.disposition = .keep }), ("disposition", { $0.disposition = .UNRECOGNIZED(9) }),
                ("lines[0].disposition", { $0.lines = [line(1, 1, .unspecified)] }),
                ("lines[0].disposition", { $0.lines = [line(1, 1, .keep)] }),
                ("lines[0].quantity", { $0.lines = [line(1, 0, .scrap)] }),
                ("lines[0].line_number", { $0.lines = [line(0, 1, .scrap)] }),
                ("lines", { $0.lines = Array(repeating: line(1, 1, .scrap), count: 1_001) }),
                ("reason", { $0.reason = String(repeating: "x", count: 257) }),
                ("lines[0].line_number", { $0.lines = [line(2, 1, .scrap)] }),
                ("lines[1].quantity", { $0.lines = [line(1, 2, .scrap), line(1, 2, .donate)] }),
            ]
            for (field, change) in fields {
                let refusal = try await status { try await receive(shop, request(id, change)) }
                #expect(refusal.code == .invalidArgument, "\(field): \(refusal)")
                #expect(try Details(refusal).badRequest?.violations.map(\.field) == [field])
            }
            let nowhere = try await status { try await receive(shop, request(id) { $0.location = "NOPE" }) }
            #expect(nowhere.code == .notFound)
            #expect(nowhere.message.contains("NOPE"))
            let unknown = try await status { try await receive(shop, request(EntityID.fresh.description)) }
            #expect(unknown.code == .notFound)
            let packed = try await shop.packed([("A", "DC", 1)]).fulfilmentID
            let early = try await status { try await receive(shop, request(packed)) }
            #expect(early.code == .failedPrecondition)
            #expect(try Details(early).info?.metadata["state"] == "packed")
            let pickup = try await shop.released([("A", "LDN-1", 1)], pickupAt: "LDN-1").fulfilmentID
            #expect(try await status { try await receive(shop, request(pickup)) }.code == .failedPrecondition)
            let clerk = Caller(
                id: "key:x", name: "", roles: [.warehouse], scope: Scope(channels: nil, locations: ["DC"]))
            try await CallerContext.$current.withValue(clerk) {
                let outside = try await status { try await receive(shop, request(id) { $0.location = "LDN-1" }) }
                #expect(outside.code == .permissionDenied)
            }
            let web = Caller(id: "key:y", name: "", roles: [.backend], scope: .everything)
            try await CallerContext.$current.withValue(web) {
                let refused = try await status { try await receive(shop, request(id)) }
                #expect(refused.code == .permissionDenied)
            }
            #expect(try await shop.get(id).state == "shipped")
            #expect(try await shop.stock("A", "DC") == [7, 1])
            try await shop.expectExactBooks()
        }
    }

    @Test("The till of the store where a parcel comes back takes it in, whoever sent it, and sees no more of it")
    func receivingStore() async throws {
        try await Shop.with { shop in
            let till = Caller(
                id: "key:till", name: "", roles: [.pos], scope: Scope(channels: nil, locations: ["LDN-1"]))
            func asTill<R: Sendable>(_ body: () async throws -> R) async throws -> R {
                try await CallerContext.$current.withValue(till) { try await body() }
            }
            let unknown = try await asTill {
                try await status { try await receive(shop, request(EntityID.fresh.description)) }
            }
            func isOutside(_ body: () async throws -> Void) async throws {
                let refusal = try await asTill { try await status { try await body() } }
                #expect((refusal.code, refusal.message) == (.permissionDenied, unknown.message))
            }
            let packed = try await shop.packed([("A", "DC", 3)], country: "GB").fulfilmentID
            let atStore: (inout Holdfast_V1_ReceiveUndeliveredRequest) -> Void = { $0.location = "LDN-1" }
            // What has not left cannot have come back to anybody: the till is not even told that.
            try await isOutside { try await receive(shop, request(packed, atStore)) }
            try await isOutside { try await receive(shop, request(EntityID.fresh.description, atStore)) }
            let order = try #require(
                EntityID(try await shop.ship(packed, tracking: ["TRACK-1"]).step.fulfilment.orderID))

            // It receives at its own store only: neither at the sender's, nor at another place.
            try await isOutside { try await receive(shop, request(packed)) }
            try await isOutside { try await receive(shop, request(packed) { $0.location = "DC" }) }
            let wanted = request(packed) {
                $0.location = "LDN-1"
                $0.lines = [line(1, 1, .scrap)]
            }
            let reply = try await asTill { try await receive(shop, wanted) }
            #expect(reply.step.fulfilment.state == "returned")
            #expect(reply.step.fulfilment.lines.map(\.quantity) == [3])
            #expect(reply.step.fulfilment.carrier.isEmpty)
            #expect(reply.step.fulfilment.packages.isEmpty)
            #expect(!reply.step.fulfilment.hasCost)
            #expect(try await asTill { try await receive(shop, wanted) } == reply)
            // Nor does it see more of what somebody else has taken in, by repeating that call.
            let sent = try await shop.packed([("B", "DC", 1)], country: "GB").fulfilmentID
            _ = try await shop.ship(sent, tracking: ["TRACK-2"])
            let taken = request(sent, atStore)
            #expect(try await receive(shop, taken).step.fulfilment.packages.count == 1)
            let seen = try await asTill { try await receive(shop, taken) }.step.fulfilment
            #expect((seen.state, seen.carrier, seen.packages) == ("returned", "", []))
            #expect(try await shop.get(packed).packages.map(\.trackingNumber) == ["TRACK-1"])
            #expect(try await shop.units(order) == "returned 3")
            #expect(try await shop.stock("A", "DC") == [7, 0])
            #expect(try await shop.stock("A", "LDN-1") == [7, 0])
            #expect(try await shop.bench.deployment.available("A", "LDN-1") == 7)

            // The step is all: the fulfilment stays the sender's.
            try await isOutside {
                _ = try await shop.bench.fulfilment.getFulfilment(
                    request: .with { $0.fulfilmentID = packed }, context: shop.context)
            }
            let twice = try await asTill { try await status { try await receive(shop, request(packed, atStore)) } }
            #expect(try Details(twice).info?.metadata["state"] == "returned")

            // Nor does it deal with what is collected elsewhere, though it has left for there.
            let pickup = try await shop.released([("B", "DC", 1)], pickupAt: "DC").fulfilmentID
            try await isOutside { try await receive(shop, request(pickup, atStore)) }

            let supplied = try await shop.released([("A", "SUP", 4)])
            _ = try await shop.bench.fulfilment.notifyShipment(
                request: .with {
                    $0.requestID = EntityID.fresh.description
                    $0.fulfilmentID = supplied.fulfilmentID
                    $0.carrier = "DHL"
                    $0.cost.currencyCode = "GBP"
                    $0.cost.amountMinor = 250
                }, context: shop.context)
            let back = try await asTill { try await receive(shop, request(supplied.fulfilmentID, atStore)) }
            #expect(back.step.fulfilment.state == "returned")
            #expect(!back.step.fulfilment.hasCost)
            #expect(try await shop.get(supplied.fulfilmentID).cost.amountMinor == 250)
            #expect(try await shop.stock("A", "LDN-1") == [11, 0])
            try await shop.expectExactBooks()
        }
    }

    @Test("Of a delivery and a return to the sender at once one wins, and the other is told the state")
    func race() async throws {
        try await Shop.with { shop in
            for _ in 0..<5 {
                let id = try await shipped(shop, [("A", "DC", 1)]).fulfilmentID
                async let delivery = outcome {
                    try await shop.bench.fulfilment.confirmDelivery(
                        request: .with {
                            $0.requestID = EntityID.fresh.description
                            $0.fulfilmentID = id
                        }, context: shop.context
                    ).step.fulfilment.state
                }
                async let back = outcome { try await receive(shop, request(id)).step.fulfilment.state }
                let outcomes = try await [delivery, back]
                let winners = outcomes.compactMap { try? $0.get() }
                #expect(winners.count == 1)
                for case .failure(let error) in outcomes {
                    #expect(error.code == .failedPrecondition)
                    #expect(try Details(error).info?.metadata["state"] == winners.first)
                }
                #expect(try await shop.get(id).state == winners.first)
            }
            try await shop.expectExactBooks()
        }
    }

    private func outcome(_ call: () async throws -> String) async throws -> Result<String, RPCError> {
        do { return .success(try await call()) } catch let error as RPCError { return .failure(error) }
    }

    @Test("What was taken for it is due back, and given back once somebody says so, with a credit memo")
    func money() async throws {
        try await PaymentBench.with { bench in
            let fulfilment = FulfilmentService(processing: bench.processing, logger: Logger(label: "test"))
            let order = try await bench.place([(2, 500)])
            _ = try await bench.add(order, .cardGateway)
            let id = try #require(
                try await fulfilment.releaseOrder(
                    request: .with {
                        $0.releaseID = EntityID.fresh.description
                        $0.orderID = order.description
                    }, context: bench.context
                ).fulfilments.first?.fulfilmentID)
            _ = try await fulfilment.startPicking(
                request: .with {
                    $0.requestID = EntityID.fresh.description
                    $0.fulfilmentID = id
                }, context: bench.context)
            _ = try await fulfilment.confirmPick(
                request: .with {
                    $0.requestID = EntityID.fresh.description
                    $0.fulfilmentID = id
                    $0.scans = [
                        .with {
                            $0.code = "A"
                            $0.quantity = 2
                        }
                    ]
                }, context: bench.context)
            _ = try await fulfilment.packFulfilment(
                request: .with {
                    $0.requestID = EntityID.fresh.description
                    $0.fulfilmentID = id
                    $0.packages = [.init()]
                }, context: bench.context)
            _ = try await fulfilment.shipFulfilment(
                request: .with {
                    $0.requestID = EntityID.fresh.description
                    $0.fulfilmentID = id
                }, context: bench.context)
            try await bench.becomes(order) { $0.taken.amountMinor == 1_000 }
            let reply = try await fulfilment.receiveUndelivered(request: request(id), context: bench.context)
            #expect(reply.step.orderStatus == .refundDue)
            #expect(try await bench.payments(order).standing == .refundDue)
            _ = try await bench.refund(order)
            try await bench.becomes(order) { $0.givenBack.amountMinor == 1_000 }
            let more = try await status { try await bench.refund(order) }
            #expect(more.code == .failedPrecondition)
            try await bench.settles(order)
            #expect(bench.scripted.kept == 0)
            #expect(try await bench.documents(order).map(\.kind) == [.invoice, .creditMemo])
            #expect(
                try await bench.orders.getOrder(
                    request: .with { $0.orderID = order.description }, context: bench.context
                ).order.status == .returned)
        }
    }
}

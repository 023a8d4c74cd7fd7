import Domain
import GRPCCore
import GRPCProtobuf
import HoldfastAPI
import HoldfastTesting
import Ledger
import SwiftProtobuf
import Testing

@testable import HoldfastServices

@Suite("Orders to suppliers, and tracking")
struct SupplierTests {
    private let supplier = Caller(
        id: "key:sup", name: "", roles: [.warehouse], scope: Scope(channels: nil, locations: ["SUP"]))

    @Test("A supplier acknowledges, sends and is owed the cost; the customer sees where it is")
    func dropShip() async throws {
        try await Shop.with { shop in
            let order = try await shop.place(
                [("A", "SUP", 3), ("POST", "", 1)], number: "W-1", email: "Ann@Example.org")
            let one = try #require(try await shop.release(order).first)
            #expect((one.kind, one.state) == (.dropShip, "sent"))
            let shipped = try await CallerContext.$current.withValue(supplier) {
                let acknowledged = try await shop.bench.fulfilment.acknowledgeSupplierOrder(
                    request: .with {
                        $0.requestID = EntityID.fresh.description
                        $0.fulfilmentID = one.fulfilmentID
                        $0.reference = "S-77"
                        $0.expectedAt = .init(seconds: 2_000_000_000)
                    }, context: shop.context)
                #expect(acknowledged.step.fulfilment.reference == "S-77")
                let byCarrier = try await status { try await shop.ship(one.fulfilmentID, tracking: []) }
                #expect(byCarrier.code == .failedPrecondition)
                let notice = Holdfast_V1_NotifyShipmentRequest.with {
                    $0.requestID = EntityID.fresh.description
                    $0.fulfilmentID = one.fulfilmentID
                    $0.carrier = "DHL"
                    $0.trackingNumbers = ["JD1", "JD2"]
                    $0.cost = .with {
                        $0.amountMinor = 1_250
                        $0.currencyCode = "EUR"
                    }
                }
                let shipped = try await shop.bench.fulfilment.notifyShipment(request: notice, context: shop.context)
                #expect(
                    try await shop.bench.fulfilment.notifyShipment(request: notice, context: shop.context) == shipped)
                return shipped.step
            }
            #expect(shipped.orderStatus == .shipped)
            #expect(shipped.fulfilment.cost.amountMinor == 1_250)
            #expect(shipped.fulfilment.reference == "S-77")
            #expect(try await shop.stock("A", "SUP") == [17, 0])
            #expect(try await shop.get(one.fulfilmentID) == shipped.fulfilment.settled)

            let tracked = try await shop.bench.tracking.track(
                request: .with {
                    $0.channel = "web"
                    $0.externalID = "W-1"
                    $0.email = "ann@example.ORG"
                }, context: shop.context)
            #expect(tracked.orderStatus == .shipped)
            #expect(tracked.parts.map(\.state) == ["shipped"])
            #expect(tracked.parts[0].trackingNumbers == ["JD1", "JD2"])
            #expect(tracked.parts[0].carrier == "DHL")
            #expect(tracked.parts[0].expectedAt.seconds == 2_000_000_000)
            let token = try await shop.bench.fulfilment.getFulfilment(
                request: .with { $0.fulfilmentID = one.fulfilmentID }, context: shop.context
            ).trackingToken
            #expect(
                try await shop.bench.tracking.track(request: .with { $0.token = token }, context: shop.context)
                    == tracked)
            try await shop.expectExactBooks()
        }
    }

    @Test("Tracking tells nothing to who does not know the order, in the same words whatever is wrong")
    func trackingDiscloses() async throws {
        try await Shop.with { shop in
            _ = try await shop.place([("A", "DC", 1)], number: "W-2", email: "ann@example.org")
            _ = try await shop.place([("A", "DC", 1)], number: "W-3")
            func refused(_ change: (inout Holdfast_V1_TrackRequest) -> Void) async throws -> RPCError {
                try await status {
                    try await shop.bench.tracking.track(request: .with(change), context: shop.context)
                }
            }
            func named(_ number: String, _ email: String, _ channel: String = "web") async throws -> RPCError {
                try await refused {
                    $0.channel = channel
                    $0.externalID = number
                    $0.email = email
                }
            }
            let wrongAddress = try await named("W-2", "bob@example.org")
            #expect(wrongAddress.code == .notFound)
            #expect(wrongAddress.message == "there is no order “W-2”")
            #expect(try await named("W-3", "x").message == "there is no order “W-3”")
            #expect(try await named("W-9", "ann@example.org").message == "there is no order “W-9”")
            #expect(try await named("W-2", "ann@example.org", "none").message == "there is no order “W-2”")
            #expect(try await refused { $0.token = EntityID.fresh.description }.code == .notFound)
            #expect(try await refused { _ in }.code == .invalidArgument)
            let both = try await refused {
                $0.token = EntityID.fresh.description
                $0.email = "x"
            }
            #expect(try Details(both).badRequest?.violations.map(\.field) == ["email"])
            let other = Caller(
                id: "key:y", name: "", roles: [.backend], scope: Scope(channels: ["other"], locations: nil))
            let outside = try await CallerContext.$current.withValue(other) {
                try await named("W-2", "ann@example.org")
            }
            #expect(outside.code == .permissionDenied)
        }
    }

    @Test("A supplier that rejects is replaced by another location; the order goes on there")
    func rejected() async throws {
        try await Shop.with { shop in
            let one = try await shop.released([("A", "SUP", 3), ("POST", "", 1)])
            let order = try #require(EntityID(one.orderID))
            func reject(_ rule: Holdfast_V1_ShortRule) async throws -> Holdfast_V1_RejectSupplierOrderResponse {
                try await CallerContext.$current.withValue(supplier) {
                    try await shop.bench.fulfilment.rejectSupplierOrder(
                        request: .with {
                            $0.requestID = EntityID.fresh.description
                            $0.fulfilmentID = one.fulfilmentID
                            $0.reason = "discontinued"
                            $0.shortRule = rule
                            $0.correctCount = true
                        }, context: shop.context)
                }
            }
            let ruleless = try await status { try await reject(.unspecified) }
            #expect(try Details(ruleless).badRequest?.violations.map(\.field) == ["short_rule"])
            let rejected = try await reject(.reallocate)
            #expect((rejected.step.fulfilment.state, rejected.reallocated) == ("rejected", 3))
            #expect(try await shop.stock("A", "SUP") == [17, 0])
            #expect(try await shop.stock("A", "DC") == [10, 3])
            let parts = try await shop.fulfilments(of: order)
            #expect(parts.map(\.location) == ["SUP", "DC"])
            #expect(parts[1].lines.map(\.sku) == ["A", "POST"])
            try await shop.expectExactBooks()
        }
    }

    @Test(
        "What has no carrier's or supplier's step of its kind is refused by the table of its kind",
        arguments: ["ship", "pickup"])
    func otherKinds(kind: String) async throws {
        try await Shop.with { shop in
            let one = try await shop.released([("A", "LDN-1", 1)], pickupAt: kind == "pickup" ? "LDN-1" : "")
            let acknowledge = try await status {
                try await shop.bench.fulfilment.acknowledgeSupplierOrder(
                    request: .with {
                        $0.requestID = EntityID.fresh.description
                        $0.fulfilmentID = one.fulfilmentID
                    }, context: shop.context)
            }
            #expect(acknowledge.code == .failedPrecondition)
            #expect(try Details(acknowledge).info?.metadata["event"] == "acknowledge")
            let notice = try await status {
                try await shop.bench.fulfilment.notifyShipment(
                    request: .with {
                        $0.requestID = EntityID.fresh.description
                        $0.fulfilmentID = one.fulfilmentID
                    }, context: shop.context)
            }
            #expect(notice.code == .failedPrecondition)
        }
    }
}

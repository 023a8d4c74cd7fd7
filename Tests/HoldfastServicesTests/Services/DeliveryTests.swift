import Domain
import GRPCCore
import GRPCProtobuf
import HoldfastAPI
import HoldfastTesting
import SwiftProtobuf
import Testing

@testable import HoldfastServices

@Suite("How orders are to be delivered, through the services")
struct DeliveryTests {
    private func order(_ id: UInt64, _ delivery: Holdfast_V1_Delivery?) -> Holdfast_V1_PlaceOrderRequest {
        .with {
            $0.orderID = testID(id).description
            $0.channel = "web"
            $0.externalID = "D\(id)"
            $0.lines = [OrderRequestsTests.line(quantity: 1, units: 2, nanos: 0)]
            $0.lines[0].sku = "A"
            if let delivery { $0.delivery = delivery }
        }
    }

    @Test("It is stored with the capture and told as it was given; the same call again has the same answer")
    func stored() async throws {
        try await ServiceBench.with { bench, context in
            try await bench.deployment.catalogue(skus: ["A"], locations: ["DC", "LDN-1"])
            try await bench.deployment.change(.receive, [("A", "DC", 10)])
            let pickup = Holdfast_V1_Delivery.with {
                $0.method = .pickup
                $0.pickupLocation = "LDN-1"
            }
            let bare = Holdfast_V1_Delivery.with { $0.method = .ship }
            for (id, delivery) in [DeliveryFieldsTests.shipment, pickup, bare, nil].enumerated() {
                let request = order(UInt64(id + 1), delivery)
                let placed = try await bench.orders.placeOrder(request: request, context: context)
                #expect(try await bench.orders.placeOrder(request: request, context: context) == placed)
                let read = try await bench.orders.getOrder(
                    request: .with { $0.orderID = request.orderID }, context: context)
                #expect(read.order.hasDelivery == (delivery != nil))
                if let delivery { #expect(read.order.delivery == delivery) }
            }
            var other = order(1, DeliveryFieldsTests.shipment)
            other.delivery.shipTo.postcode = "LS2"
            let request = other
            let differs = try await status {
                try await bench.orders.placeOrder(request: request, context: context)
            }
            #expect(differs.code == .alreadyExists)
            #expect(try Details(differs).info?.metadata["field"] == "delivery.ship_to.postcode")
            let nowhere = try await status {
                try await bench.orders.placeOrder(
                    request: order(
                        9,
                        .with {
                            $0.method = .pickup
                            $0.pickupLocation = "NOWHERE"
                        }), context: context)
            }
            #expect(nowhere.code == .invalidArgument)
            #expect(try Details(nowhere).badRequest?.violations.map(\.field) == ["delivery.pickup_location"])
            #expect(try await bench.deployment.numbers("SELECT count(*) FROM order_delivery") == [3])
        }
    }
}

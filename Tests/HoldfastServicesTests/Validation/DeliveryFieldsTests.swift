import Domain
import HoldfastAPI
import SwiftProtobuf
import Testing

@testable import HoldfastServices

@Suite("How an order is to be delivered")
struct DeliveryFieldsTests {
    private static let long = String(repeating: "x", count: 257)

    static let shipment: Holdfast_V1_Delivery = .with {
        $0.method = .ship
        $0.service = "EXPRESS"
        $0.shipTo = .with {
            $0.name = "Ann Lee"
            $0.lines = ["1 High Street", "Flat 2"]
            $0.city = "Leeds"
            $0.region = "West Yorkshire"
            $0.postcode = "LS1 4DY"
            $0.country = "GB"
            $0.phone = "+44 113 496 0000"
            $0.latitude = 53.8
            $0.longitude = -1.55
        }
    }

    @Test(
        "Every field of a shipment is checked",
        arguments: [
            RequestCase<Holdfast_V1_Delivery>("as it is") { _ in },
            .init("no method", ["delivery.method"]) { $0.method = .unspecified },
            .init("an unknown method", ["delivery.method"]) { $0.method = .UNRECOGNIZED(9) },
            .init("no address") { $0.clearShipTo() },
            .init("an empty address") { $0.shipTo = .init() },
            .init("a location to collect at", ["delivery.pickup_location"]) { $0.pickupLocation = "S" },
            .init("a long service", ["delivery.service"]) { $0.service = String(repeating: "x", count: 65) },
            .init("a long name", ["delivery.ship_to.name"]) { $0.shipTo.name = long },
            .init("as many lines as can be") { $0.shipTo.lines = Array(repeating: "x", count: 5) },
            .init("too many lines", ["delivery.ship_to.lines"]) { $0.shipTo.lines = Array(repeating: "x", count: 6) },
            .init("a line with a line break", ["delivery.ship_to.lines[1]"]) { $0.shipTo.lines[1] = "a\nb" },
            .init("a long city", ["delivery.ship_to.city"]) { $0.shipTo.city = String(repeating: "x", count: 129) },
            .init("a long region", ["delivery.ship_to.region"]) {
                $0.shipTo.region = String(repeating: "x", count: 129)
            },
            .init("a long postcode", ["delivery.ship_to.postcode"]) {
                $0.shipTo.postcode = String(repeating: "x", count: 33)
            },
            .init("a long number", ["delivery.ship_to.phone"]) { $0.shipTo.phone = String(repeating: "1", count: 65) },
            .init("a country's name", ["delivery.ship_to.country"]) { $0.shipTo.country = "Britain" },
            .init("a country in small letters", ["delivery.ship_to.country"]) { $0.shipTo.country = "gb" },
            .init("a country that does not exist, which its channel's rules may find") { $0.shipTo.country = "XX" },
            .init("no country") { $0.shipTo.country = "" },
            .init("no place") {
                $0.shipTo.clearLatitude()
                $0.shipTo.clearLongitude()
            },
            .init("half a place", ["delivery.ship_to.longitude"]) { $0.shipTo.clearLongitude() },
            .init("the other half", ["delivery.ship_to.latitude"]) { $0.shipTo.clearLatitude() },
            .init("beyond the pole", ["delivery.ship_to.latitude"]) { $0.shipTo.latitude = 90.1 },
            .init("at the date line") { $0.shipTo.longitude = -180 },
            .init("beyond it", ["delivery.ship_to.longitude"]) { $0.shipTo.longitude = 180.1 },
            .init("no number at all", ["delivery.ship_to.latitude"]) { $0.shipTo.latitude = .nan },
        ])
    func ship(row: RequestCase<Holdfast_V1_Delivery>) throws {
        try expect(row.applied(to: DeliveryFieldsTests.shipment), row.refused)
    }

    @Test(
        "Goods that are collected have a location and no address",
        arguments: [
            RequestCase<Holdfast_V1_Delivery>("as it is") { _ in },
            .init("no location", ["delivery.pickup_location"]) { $0.pickupLocation = "" },
            .init("a wrong location", ["delivery.pickup_location"]) { $0.pickupLocation = " S" },
            .init("an address", ["delivery.ship_to"]) { $0.shipTo = DeliveryFieldsTests.shipment.shipTo },
        ])
    func pickup(row: RequestCase<Holdfast_V1_Delivery>) throws {
        try expect(
            row.applied(
                to: .with {
                    $0.method = .pickup
                    $0.pickupLocation = "LDN-1"
                }), row.refused)
    }

    private func expect(_ delivery: Holdfast_V1_Delivery, _ refused: [String]) throws {
        var request = OrderRequestsTests.place
        request.delivery = delivery
        #expect(try refusedFields { try OrderRequests.place(request, body: [], by: .anonymous) } == refused)
    }

    @Test("Goods in hand are not delivered, and what is read is what is told")
    func translation() throws {
        var request = OrderRequestsTests.place
        request.delivery = DeliveryFieldsTests.shipment
        let order = try OrderRequests.place(request, body: [], by: .anonymous)
        let delivery = try #require(order.delivery)
        #expect(delivery.shipTo?.place == Address.Place(latitude: 53.8, longitude: -1.55))
        #expect(Holdfast_V1_Delivery(delivery) == DeliveryFieldsTests.shipment)
        request.goodsInHand = true
        #expect(
            try refusedFields { try OrderRequests.place(request, body: [], by: .anonymous) } == ["delivery"])
        request.clearDelivery()
        #expect(try OrderRequests.place(request, body: [], by: .anonymous).delivery == nil)
    }
}

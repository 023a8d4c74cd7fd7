import HoldfastAPI
import Replay
import SwiftProtobuf
import Testing

@testable import ReplayDriver

@Suite("Requests of a replay")
struct ShopRequestsTests {
    @Test("carry an order's kept lines, its time in UTC and its customer")
    func buildsAnOrder() throws {
        let order = try Books.order([
            Books.line("540000", "a1", 6, "2.555", at: "2011-07-01 12:00:00", text: " RED MUG "),
            Books.line("540000", "B2", 1, at: "2011-07-01 12:00:00"),
            Books.line("540000", "POST", 1, "18.00", at: "2011-07-01 12:00:00"),
        ])
        let reservation = ReplayID.reservation(invoice: order.invoice, attempt: 1)
        let request = ShopRequests.order(order, lines: [0, 2], reservation: reservation)
        #expect(request.orderID == order.id.description)
        #expect(request.externalID == "540000")
        #expect(request.channel == "online-retail")
        #expect(request.reservationID == reservation.description)
        #expect(request.customer.customerID == "17850")
        #expect(request.customer.country == "United Kingdom")
        #expect(request.orderedAt.seconds == order.placedAt.seconds - 3_600)
        #expect(request.lines.map(\.sku) == ["A1", "POST"])
        #expect(request.lines.map(\.location) == ["MAIN", ""])
        #expect(request.lines[0].description_p == "RED MUG")
        #expect(request.lines[0].unitPrice.units == 2)
        #expect(request.lines[0].unitPrice.nanos == 555_000_000)
        #expect(
            try request.serializedBytes() as [UInt8]
                == ShopRequests.order(order, lines: [0, 2], reservation: reservation).serializedBytes())
    }

    @Test("have an id of their own for each attempt to reserve and each content of the catalogue")
    func derivesIDs() {
        let ids: Set<ReplayID> = [
            .reservation(invoice: "536365", attempt: 0), .reservation(invoice: "536365", attempt: 1),
            .reservation(invoice: "536366", attempt: 0), .catalogue("a"), .catalogue("b"), ReplayID(.order, "536365"),
        ]
        #expect(ids.count == 6)
    }
}

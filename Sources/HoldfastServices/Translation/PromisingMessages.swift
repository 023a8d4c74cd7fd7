import Domain
import HoldfastAPI
import OrderPromising
import SwiftProtobuf

extension Holdfast_V1_Allocation {
    init(_ allocation: Allocation) {
        self.init()
        location = allocation.location
        quantity = allocation.quantity
    }
}

extension Holdfast_V1_ReservationState {
    init(_ state: HoldState) {
        self =
            switch state {
            case .held: .held
            case .confirmed: .confirmed
            case .released: .released
            case .expired: .expired
            case .voided: .voided
            }
    }
}

extension Holdfast_V1_Reservation {
    init(_ reservation: Reservation) {
        self.init()
        reservationID = reservation.id.description
        channel = reservation.channel
        state = Holdfast_V1_ReservationState(reservation.state)
        lines = reservation.lines.map { line in
            var message = Line()
            message.sku = line.sku
            message.quantity = line.quantity
            message.allocations = line.allocations.map { Holdfast_V1_Allocation($0) }
            return message
        }
        if let stamp = Google_Protobuf_Timestamp(reservation.createdAt) { createdAt = stamp }
        if let stamp = Google_Protobuf_Timestamp(reservation.expiresAt) { expiresAt = stamp }
        if let order = reservation.order { orderID = order.description }
    }
}

extension Holdfast_V1_CheckAvailabilityResponse {
    init(_ answer: AvailabilityAnswer, to asked: [AvailabilityItem]) {
        self.init()
        items = zip(asked, answer.available).map { question, available in
            var item = Item()
            item.available = available
            item.sufficient = available >= question.quantity
            return item
        }
        if let stamp = Google_Protobuf_Timestamp(answer.asOf) { asOf = stamp }
    }
}

extension Holdfast_V1_ExplainAvailabilityResponse {
    init(_ terms: [AvailabilityTerms]) {
        self.init()
        locations = terms.map { Holdfast_V1_AvailabilityTerms($0) }
        available = terms.reduce(0) { $0 + $1.available }
    }
}

extension Holdfast_V1_AvailabilityTerms {
    init(_ terms: AvailabilityTerms) {
        self.init()
        location = terms.location
        onHand = terms.onHand
        safetyStock = terms.safety
        allocated = terms.allocated
        held = terms.held
        heldByChannel = terms.heldByChannel.map { entry in
            var message = HeldByChannel()
            message.channel = entry.channel
            message.held = entry.held
            return message
        }
        inFlight = terms.inFlight
        shortfall = terms.shortfall
        available = terms.available
    }
}

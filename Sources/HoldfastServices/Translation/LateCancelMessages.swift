import Domain
import HoldfastAPI
import SwiftProtobuf

extension Holdfast_V1_Cancellation {
    init(_ wish: LateCancellation) {
        self.init()
        cancellationID = wish.id.description
        requestID = wish.request.description
        orderID = wish.order.description
        fulfilmentID = wish.fulfilment.description
        location = wish.location
        state = Holdfast_V1_CancellationState(rawValue: Int(wish.state.rawValue)) ?? .unspecified
        lines = wish.lines.map { line in
            var message = Line()
            message.lineNumber = line.number
            message.sku = line.sku
            message.quantity = line.quantity
            return message
        }
        reason = wish.reason
        answer = wish.answer
        if let stamp = Google_Protobuf_Timestamp(wish.askedAt) { askedAt = stamp }
        if let ended = wish.endedAt, let stamp = Google_Protobuf_Timestamp(ended) { endedAt = stamp }
    }
}

import Domain
import HoldfastAPI
import SwiftProtobuf

extension Holdfast_V1_BackorderPolicy {
    init(_ policy: BackorderPolicy) {
        self.init()
        sku = policy.sku
        channel = policy.channel
        cap = policy.cap
        waiting = policy.waiting
    }
}

extension Holdfast_V1_Backorder {
    init(_ line: WaitingLine) {
        self.init()
        orderID = line.order.description
        lineNumber = line.line
        sku = line.sku
        channel = line.channel
        locations = line.locations ?? []
        waiting = line.waiting
        granted = line.granted
        priority = line.priority
        if let stamp = Google_Protobuf_Timestamp(line.since) { since = stamp }
        if let moment = line.promisedAt, let stamp = Google_Protobuf_Timestamp(moment) { promisedAt = stamp }
    }
}

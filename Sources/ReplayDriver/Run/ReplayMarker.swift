import GRPCCore
import HoldfastAPI
import Replay
import SwiftProtobuf

/// Remembers in the service's own catalogue how far a plan has been carried out.
///
/// After each stage an untracked product is written whose sku names the plan and whose name tells the stage. What is not
/// there of a stage that was completed has been refused, and a later run must not try it again: stock that came in
/// since would serve it, and the second run would change something.
struct ReplayMarker: Sendable {
    /// The product's sku.
    let sku: String

    private static let phrase = "replayed through stage "

    /// The marker of a plan; another scope or rule makes another plan.
    init(_ plan: ReplayPlan) {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        func mix(_ word: UInt64) {
            for shift in stride(from: UInt64(0), to: 64, by: 8) {
                hash = (hash ^ (word >> shift & 0xff)) &* 0x0000_0100_0000_01b3
            }
        }
        mix(UInt64(plan.products.count))
        for operation in plan.operations {
            mix(UInt64(operation.stage))
            switch operation.action {
            case .receive(let receipt):
                mix(receipt.id.low)
                for line in receipt.lines { mix(UInt64(bitPattern: line.quantity)) }
            case .correct(let correction): mix(correction.id.low)
            case .place(let order):
                mix(order.id.low)
                mix(UInt64(order.lines.count))
            case .cancel(let cancellation): mix(cancellation.id.low)
            case .fulfil(let fulfilment): mix(fulfilment.id.low)
            case .takeBack(let cancellation): mix(cancellation.returnID.low)
            }
        }
        let digits = String(hash, radix: 16)
        sku = "REPLAY:" + String(repeating: "0", count: 16 - digits.count) + digits
    }

    /// The product that says that stages up to `stage` are done.
    func product(stage: Int) -> Holdfast_V1_Product {
        .with {
            $0.sku = sku
            $0.name = Self.phrase + String(stage)
            $0.tracked = false
        }
    }

    /// The stage that a product tells; nil where it is no marker.
    func stage(of product: Holdfast_V1_Product) -> Int? {
        guard product.sku == sku, product.name.hasPrefix(Self.phrase) else { return nil }
        return Int(product.name.dropFirst(Self.phrase.count))
    }
}

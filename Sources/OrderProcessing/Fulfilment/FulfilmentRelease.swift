public import Domain
import Ledger
public import OrderPromising

/// Releases all that waits of an order, as Holdfast itself: what follows a review, and what follows a re-sourcing.
public struct FulfilmentRelease: OrderReleasing {
    private let promising: OrderPromising

    /// Makes one over order promising and its ledger.
    public init(promising: OrderPromising) {
        self.promising = promising
    }

    /// Makes a fulfilment for each location that has units set aside which no other fulfilment has.
    ///
    /// - Parameters:
    ///   - order: the order.
    ///   - cause: what makes it due: repeated with the same cause it changes nothing.
    /// - Throws: `Refusal` where the order is held, or nothing waits.
    public func releaseReviewed(_ order: EntityID, cause: EntityID) async throws {
        let request = ReleaseRequest(
            id: cause.named("release \(order)"), order: order, lines: [], body: [], caller: .system)
        let done = try await promising.ledger.release(request) { _ in [] }
        await promising.settle(done.settlement)
    }
}

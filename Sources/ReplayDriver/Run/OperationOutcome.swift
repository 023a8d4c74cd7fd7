package import Replay

/// What became of an operation of the plan.
package enum OperationOutcome: Sendable {
    /// Goods came in.
    case received(GoodsReceipt)
    /// Goods were written off; or were not, for a reason.
    case corrected(StockCorrection, refused: RefusalReason?)
    /// An order was accepted, and its missing lines were refused for a reason.
    case accepted(InvoiceOrder, PlacedOrder, dropped: RefusalReason)
    /// An order was refused.
    case refused(InvoiceOrder, RefusalReason)
    /// The accepted part of a cancellation was carried out; or was refused.
    case cancelled(OrderCancellation, CancellationFill, refused: RefusalReason?)
    /// The goods of an order were delivered; or were not, for a reason. Nothing is done for an order without open goods.
    case fulfilled(OrderFulfilment, refused: RefusalReason?)
    /// The accepted part of a cancellation came back from the customer and was paid back; or was refused.
    case tookBack(OrderCancellation, CancellationFill, refused: RefusalReason?)
}

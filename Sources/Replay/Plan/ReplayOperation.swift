/// One thing the replay does to the order management service.
public struct ReplayOperation: Hashable, Sendable {
    /// What is done.
    public enum Action: Hashable, Sendable {
        /// Goods come into stock.
        case receive(GoodsReceipt)
        /// Goods are written off.
        case correct(StockCorrection)
        /// An order is placed.
        case place(InvoiceOrder)
        /// Units of an order are cancelled.
        case cancel(OrderCancellation)
        /// The goods of an order go to the customer.
        case fulfil(OrderFulfilment)
        /// Units of an order that have reached the customer come back, are looked at and paid back.
        case takeBack(OrderCancellation)
    }

    /// Position in the plan, from 0.
    public let index: Int
    /// When it happened, or for deliveries the start of the week; never earlier than the operation before it.
    public let at: WallClock
    /// Weeks since the week of the first row, from 0; weeks start on Monday.
    public let week: Int
    /// Operations of one stage may run side by side; a stage starts when all operations of the stages before are done.
    ///
    /// Stage 2w holds the deliveries of week w, with the opening stock in stage 0; stage 2w + 1 holds everything else of
    /// that week. So goods that arrive on Monday are there for every order of the week and for none of the week before.
    public let stage: Int
    /// Indexes of the operations that must be done before this one even within its stage, in ascending order.
    ///
    /// Whatever happens to an order depends on its placing and on what happened to that order before.
    public let dependsOn: [Int]
    /// What is done.
    public let action: Action
}

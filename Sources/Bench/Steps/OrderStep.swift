/// A step in the life of an order, as one call makes it.
public enum OrderStep: String, Sendable, CaseIterable {
    /// PlaceOrder of one line, one unit.
    case place
    /// AddTender, cash: charged in the same transaction.
    case pay
    /// ReleaseOrder: one fulfilment.
    case release
    /// StartPicking.
    case startPicking = "start-picking"
    /// ConfirmPick of all that was released.
    case pick
    /// PackFulfilment: one package.
    case pack
    /// ShipFulfilment with a tracking number from elsewhere: no carrier is asked.
    case ship
    /// ConfirmDelivery.
    case deliver
    /// CreateReturn of the delivered unit, granted by a rule.
    case createReturn = "return"
    /// ReceiveReturn.
    case receiveReturn = "receive-return"
    /// InspectReturn: as good as new, back into stock.
    case inspectReturn = "inspect-return"
    /// RefundOrder of what is due back, with its credit memo.
    case refund
    /// SettleReturn.
    case settleReturn = "settle-return"

    /// The service and the method that make it.
    var method: (service: String, name: String) {
        switch self {
        case .place: ("OrderService", "PlaceOrder")
        case .pay: ("PaymentService", "AddTender")
        case .release: ("FulfilmentService", "ReleaseOrder")
        case .startPicking: ("FulfilmentService", "StartPicking")
        case .pick: ("FulfilmentService", "ConfirmPick")
        case .pack: ("FulfilmentService", "PackFulfilment")
        case .ship: ("FulfilmentService", "ShipFulfilment")
        case .deliver: ("FulfilmentService", "ConfirmDelivery")
        case .createReturn: ("ReturnService", "CreateReturn")
        case .receiveReturn: ("ReturnService", "ReceiveReturn")
        case .inspectReturn: ("ReturnService", "InspectReturn")
        case .refund: ("PaymentService", "RefundOrder")
        case .settleReturn: ("ReturnService", "SettleReturn")
        }
    }
}

/// How the steps of orders are measured.
public struct StepsOptions: Sendable {
    /// Connections of the load generator.
    ///
    /// Default 4.
    public var connections = 4
    /// Calls in flight on each.
    ///
    /// Default 32.
    public var depth = 32
    /// Orders of each round and side; every step is made once for each.
    ///
    /// Default 4,000.
    public var orders = 4_000
    /// Rounds with new orders; the report gives medians.
    ///
    /// Default 3.
    public var rounds = 3
    /// Articles that the orders spread over.
    ///
    /// Default 1,000.
    public var skus = 1_000

    /// The defaults.
    public init() {}

    /// What the catalogue of the run is made by.
    var bench: BenchOptions {
        var options = BenchOptions()
        options.connections = connections
        options.depth = depth
        options.skus = skus
        return options
    }
}

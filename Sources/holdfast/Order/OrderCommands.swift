import ArgumentParser
import HoldfastAPI

/// `holdfast order`: orders, captured durably.
struct OrderCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "order",
        abstract: "Orders: placed, shown, listed, held, approved, cancelled.",
        discussion: """
            Lines are written SKU@LOCATION=QUANTITYxPRICE, the location may be left out:

              holdfast order place MUG-WHITE=2x4.95 POSTAGE=1x3.50 \\
                  --channel WEB --external-id W-1001
              holdfast order get --channel WEB --external-id W-1001
              holdfast order list --channel WEB --status open
            """,
        subcommands: [
            OrderPlace.self, OrderGet.self, OrderList.self, OrderCancel.self, OrderHolds.self, OrderHoldCommand.self,
            OrderApprove.self, OrderValidate.self, OrderAmend.self,
            CancellationCommands.self, DraftCommands.self,
        ])
}

extension Holdfast_V1_OrderStatus {
    /// The status in words.
    var word: String { OrderStatusWord.allCases.first { $0.proto == self }?.rawValue ?? "\(rawValue)" }
}

/// The status of an order as written on the command line.
enum OrderStatusWord: String, CaseIterable, ExpressibleByArgument {
    case awaitingPayment = "awaiting-payment"
    case backordered
    case open
    case partiallyShipped = "partially-shipped"
    case shipped
    case partiallyDelivered = "partially-delivered"
    case delivered
    case returning
    case partiallyReturned = "partially-returned"
    case returned
    case refundDue = "refund-due"
    case cancelled

    /// The same as the contract writes it.
    var proto: Holdfast_V1_OrderStatus {
        switch self {
        case .awaitingPayment: .awaitingPayment
        case .backordered: .backordered
        case .open: .open
        case .partiallyShipped: .partiallyShipped
        case .shipped: .shipped
        case .partiallyDelivered: .partiallyDelivered
        case .delivered: .delivered
        case .returning: .returning
        case .partiallyReturned: .partiallyReturned
        case .returned: .returned
        case .refundDue: .refundDue
        case .cancelled: .cancelled
        }
    }
}

extension Holdfast_V1_LineStatus {
    /// The status in one word.
    var word: String {
        switch self {
        case .backordered: "backordered"
        case .allocated: "allocated"
        case .released: "released"
        case .picked: "picked"
        case .packed: "packed"
        case .shipped: "shipped"
        case .delivered: "delivered"
        case .cancelled: "cancelled"
        case .returned: "returned"
        case .unspecified, .UNRECOGNIZED: "\(rawValue)"
        }
    }
}

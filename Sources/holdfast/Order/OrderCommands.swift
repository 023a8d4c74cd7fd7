import ArgumentParser
import HoldfastAPI

/// `holdfast order`: orders, captured durably.
struct OrderCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "order",
        abstract: "Orders: placed, shown, listed, cancelled.",
        discussion: """
            Lines are written SKU@LOCATION=QUANTITYxPRICE, the location may be left out:

              holdfast order place MUG-WHITE=2x4.95 POSTAGE=1x3.50 \\
                  --channel WEB --external-id W-1001
              holdfast order get --channel WEB --external-id W-1001
              holdfast order list --channel WEB --status open
            """,
        subcommands: [OrderPlace.self, OrderGet.self, OrderList.self, OrderCancel.self])
}

extension Holdfast_V1_OrderStatus {
    /// The status in words.
    var word: String { OrderStatusWord.allCases.first { $0.proto == self }?.rawValue ?? "\(rawValue)" }
}

/// The status of an order as written on the command line.
enum OrderStatusWord: String, CaseIterable, ExpressibleByArgument {
    case open
    case partiallyDelivered = "partially-delivered"
    case delivered
    case cancelled

    /// The same as the contract writes it.
    var proto: Holdfast_V1_OrderStatus {
        switch self {
        case .open: .open
        case .partiallyDelivered: .partiallyDelivered
        case .delivered: .delivered
        case .cancelled: .cancelled
        }
    }
}

extension Holdfast_V1_LineStatus {
    /// The status in one word.
    var word: String {
        switch self {
        case .allocated: "allocated"
        case .delivered: "delivered"
        case .cancelled: "cancelled"
        case .unspecified, .UNRECOGNIZED: "\(rawValue)"
        }
    }
}

import Replay

/// Carries a plan out against plain counters, to see how many lines the invented stock can serve.
struct Shelf {
    /// What happens to an order of which a line is short.
    enum Shortage {
        case leavesTheLineOut
        case refusesTheOrder
    }

    private let shortage: Shortage
    private var stock: [String: Int64] = [:]
    private var served: [ReplayID: [Int: String]] = [:]

    private(set) var goodsLines = 0
    private(set) var shortLines = 0
    private(set) var orders = 0
    private(set) var shortOrders = 0
    private(set) var unitsToCancelOfNothing: Int64 = 0

    init(_ shortage: Shortage) {
        self.shortage = shortage
    }

    mutating func run(_ operation: ReplayOperation) {
        switch operation.action {
        case .receive(let receipt):
            for line in receipt.lines { stock[line.sku, default: 0] += line.quantity }
        case .correct(let correction):
            var needed: [String: Int64] = [:]
            for line in correction.lines { needed[line.sku, default: 0] -= line.delta }
            guard needed.allSatisfy({ stock[$0.key, default: 0] >= $0.value }) else { return }
            for (sku, units) in needed { stock[sku, default: 0] -= units }
        case .place(let order): place(order)
        case .fulfil: break
        case .cancel(let cancellation), .takeBack(let cancellation):
            for line in cancellation.lines {
                if let sku = served[cancellation.orderID]?[line.number] {
                    stock[sku, default: 0] += line.quantity
                } else {
                    unitsToCancelOfNothing += line.quantity
                }
            }
        }
    }

    private mutating func place(_ order: InvoiceOrder) {
        let before = stock
        var lines: [Int: String] = [:]
        var short = 0
        for (index, line) in order.lines.enumerated() {
            if line.isGoods {
                goodsLines += 1
                guard stock[line.sku, default: 0] >= line.quantity else {
                    short += 1
                    continue
                }
                stock[line.sku, default: 0] -= line.quantity
            }
            lines[index + 1] = line.sku
        }
        orders += 1
        shortLines += short
        if short > 0 { shortOrders += 1 }
        if short > 0, shortage == .refusesTheOrder {
            stock = before
        } else {
            served[order.id] = lines
        }
    }
}

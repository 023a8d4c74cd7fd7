/// An order of the Olist layout as the replay brings it to the service.
public struct OlistSale: Hashable, Sendable {
    /// How far it goes.
    public enum End: Hashable, Sendable {
        /// Captured and paid.
        case paid
        /// Given to its sellers, who say that they will send it.
        case acknowledged
        /// On the way.
        case shipped
        /// With the customer.
        case delivered
        /// Cancelled before it left.
        case cancelled
        /// Cancelled after it was delivered: it comes back.
        case returned
    }

    /// A line; its number is its position, from 1.
    public struct Line: Hashable, Sendable {
        /// The article, or `OlistPlan.freight` or `OlistPlan.surcharge`.
        public let sku: String
        /// Who sells it; nil where several do, and the service chooses, and for what is no article.
        public let seller: String?
        /// Units.
        public var quantity: Int64
        /// Price of one in hundredths.
        public let price: Int64
        /// False for what is no article.
        public let isGoods: Bool
    }

    /// What it is paid with.
    public struct Tender: Hashable, Sendable {
        /// The id, derived from the order's and the payment's number.
        public let id: ReplayID
        /// How; nil for what the files' payments leave over of price and freight.
        public let kind: OlistOrder.Payment.Kind?
        /// How much, in hundredths, at least 1.
        public let amount: Int64
    }

    /// The id of the order in the service, derived from the file's.
    public let id: ReplayID
    /// The order.
    public let order: OlistOrder
    /// Its lines: at least one of goods.
    public let lines: [Line]
    /// What it is paid with; together what the lines cost.
    public let tenders: [Tender]
    /// How far it goes.
    public let end: End
    /// True where the service is asked which seller serves it.
    public let isSourced: Bool
    /// Where the goods go; nil where not known.
    public let point: OlistPoint?

    /// What all lines cost, in hundredths.
    public var total: Int64 { lines.reduce(0) { $0 + $1.price * $1.quantity } }
}

/// Everything that the replay of a folder of the Olist layout does.
///
/// - **Stock**: before the first order every seller gets what the files' orders take from it of each article, so that none
///   runs short.
/// - **Lines**: units of one article, seller and price are one line. Freight is one line without stock, and so is what was
///   paid beyond price and freight.
/// - **Seller**: the one that the file names. Articles that several sell are offered by all of them, and the service plans
///   which one serves the order.
/// - **Payments** are tenders in their order, empty ones left out; what they leave over of price and freight is a last one.
/// - **End**: by the order's status. Invoiced and processed orders are acknowledged by their sellers, approved and created
///   ones wait. Cancelled and unavailable ones are cancelled, or come back where the file has a time of delivery.
///
/// Orders without items have nothing to order, and are left out.
public struct OlistPlan: Sendable {
    /// Units of articles that sellers get before the first order.
    public struct Receipt: Hashable, Sendable {
        /// Units of one article at one seller.
        public struct Line: Hashable, Sendable {
            /// The article.
            public let sku: String
            /// The seller.
            public let seller: String
            /// Units, at least 1.
            public let quantity: Int64
        }

        /// The movement's id, derived from the reference.
        public let id: ReplayID
        /// `olist/opening/` and the number of the part, from 1.
        public let reference: String
        /// 1 to 1,000 lines.
        public let lines: [Line]
    }

    /// The article that stands for carriage.
    public static let freight = "FREIGHT"
    /// The article that stands for what was paid beyond price and freight.
    public static let surcharge = "SURCHARGE"

    /// The orders by time of purchase.
    public let sales: [OlistSale]
    /// What comes into stock before.
    public let receipts: [Receipt]
    /// The sellers that have an order, by id.
    public let sellers: [OlistSeller]
    /// The articles that are ordered, by id.
    public let products: [OlistProduct]
    /// The sellers of all articles of orders that the service sources, by id: those that it plans with.
    public let sourced: [OlistSeller]
    /// The point of each postcode.
    public let points: [String: OlistPoint]

    /// Plans the first orders of books, at most `limit` of them.
    public init(_ books: OlistBooks, limit: Int? = nil) {
        let orders = books.orders.filter { !$0.items.isEmpty }.prefix(limit ?? .max)
        var stock: [String: [String: Int64]] = [:]
        for item in orders.flatMap(\.items) { stock[item.product, default: [:]][item.seller, default: 0] += 1 }
        let chosen = Set(stock.filter { $0.value.count > 1 }.keys)
        points = books.points
        sales = orders.map { order in
            Self.sale(order, choosing: chosen, point: books.points[order.customer.postcode])
        }
        let lines = stock.flatMap { sku, sellers in
            sellers.map { Receipt.Line(sku: sku, seller: $0.key, quantity: $0.value) }
        }.sorted { ($0.seller, $0.sku) < ($1.seller, $1.sku) }
        receipts = stride(from: 0, to: lines.count, by: GoodsReceipt.mostLines).enumerated().map { part, start in
            let reference = "olist/opening/\(part + 1)"
            return Receipt(
                id: ReplayID(.receipt, reference), reference: reference,
                lines: Array(lines[start..<min(lines.count, start + GoodsReceipt.mostLines)]))
        }
        let selling = Set(lines.map(\.seller))
        sellers = books.sellers.values.filter { selling.contains($0.id) }.sorted { $0.id < $1.id }
        products = books.products.values.filter { stock[$0.id] != nil }.sorted { $0.id < $1.id }
        // The other articles of such an order have to be in the plan, too.
        let planned = Set(sales.filter(\.isSourced).flatMap { $0.order.items.map(\.product) }).union(chosen)
        let choosable = Set(planned.flatMap { stock[$0, default: [:]].keys })
        sourced = sellers.filter { choosable.contains($0.id) }
    }

    private static func sale(_ order: OlistOrder, choosing chosen: Set<String>, point: OlistPoint?) -> OlistSale {
        var lines: [OlistSale.Line] = []
        for item in order.items {
            let seller = chosen.contains(item.product) ? nil : item.seller
            let place = lines.firstIndex { $0.sku == item.product && $0.seller == seller && $0.price == item.price }
            if let place {
                lines[place].quantity += 1
            } else {
                lines.append(.init(sku: item.product, seller: seller, quantity: 1, price: item.price, isGoods: true))
            }
        }
        let freight = order.items.reduce(Int64(0)) { $0 + $1.freight }
        if freight > 0 {
            lines.append(.init(sku: Self.freight, seller: nil, quantity: 1, price: freight, isGoods: false))
        }
        if order.paid > order.cost {
            lines.append(
                .init(sku: surcharge, seller: nil, quantity: 1, price: order.paid - order.cost, isGoods: false))
        }
        var tenders = order.payments.filter { $0.value > 0 }.map { payment in
            OlistSale.Tender(
                id: ReplayID(.tender, "olist/\(order.id)/\(payment.number)"), kind: payment.kind, amount: payment.value)
        }
        if order.paid < order.cost {
            tenders.append(
                .init(
                    id: ReplayID(.tender, "olist/\(order.id)/difference"), kind: nil, amount: order.cost - order.paid))
        }
        let end: OlistSale.End =
            switch order.status {
            case .created, .approved: .paid
            case .invoiced, .processing: .acknowledged
            case .shipped: .shipped
            case .delivered: .delivered
            case .canceled, .unavailable: order.deliveredAt == nil ? .cancelled : .returned
            }
        return OlistSale(
            id: ReplayID(.order, "olist/\(order.id)"), order: order, lines: lines, tenders: tenders, end: end,
            isSourced: order.items.contains { chosen.contains($0.product) }, point: point)
    }
}

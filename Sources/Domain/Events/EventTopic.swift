/// A kind of fact that events tell of.
///
/// Raw values are the names in the contract and in the outbox. Reservations are no events: they are promises for minutes,
/// made far more often than anything else, and the order that takes one names it.
public enum EventTopic: Hashable, CaseIterable, RawRepresentable, Sendable {
    /// Something happened to an order.
    case order(OrderEventKind)
    /// Somebody who deals with goods changed stock.
    case stockChanged

    /// An order was captured.
    public static let orderPlaced = EventTopic.order(.placed)
    /// Units of an order were cancelled.
    public static let orderCancelled = EventTopic.order(.cancelled)

    /// Every topic, orders' first.
    public static let allCases = OrderEventKind.allCases.map { EventTopic.order($0) } + [.stockChanged]

    private static let byName = Dictionary(uniqueKeysWithValues: allCases.map { ($0.rawValue, $0) })

    /// The topic of a name, or nil.
    public init?(rawValue: String) {
        guard let topic = EventTopic.byName[rawValue] else { return nil }
        self = topic
    }

    /// Its name.
    public var rawValue: String {
        switch self {
        case .order(let kind): "order.\(kind.word)"
        case .stockChanged: "stock.changed"
        }
    }

    /// What events of a topic are about: subjects of two families are different ones even under one id.
    public static func family(of topic: String) -> Substring { topic.prefix { $0 != "." } }
}

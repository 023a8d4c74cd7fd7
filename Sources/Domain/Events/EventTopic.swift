/// A kind of fact that events tell of.
///
/// Raw values are the names in the contract and in the outbox. Reservations are no events: they are promises for minutes,
/// made far more often than anything else, and the order that takes one names it.
public enum EventTopic: String, CaseIterable, Sendable {
    /// An order was captured.
    case orderPlaced = "order.placed"
    /// Units of an order were cancelled.
    case orderCancelled = "order.cancelled"
    /// Somebody who deals with goods changed stock.
    case stockChanged = "stock.changed"

    /// What events of a topic are about: subjects of two families are different ones even under one id.
    public static func family(of topic: String) -> Substring { topic.prefix { $0 != "." } }
}

/// Which events a subscription wants; everything where nothing is said.
public struct EventFilter: Hashable, Sendable {
    /// Only these topics; empty is all.
    public var topics: Set<EventTopic>
    /// Only orders of these channels, by code; empty is all, and what belongs to no channel.
    public var channels: Set<String>
    /// Only this order or change of stock.
    public var subject: EntityID?

    /// Makes a filter.
    public init(topics: Set<EventTopic> = [], channels: Set<String> = [], subject: EntityID? = nil) {
        self.topics = topics
        self.channels = channels
        self.subject = subject
    }

    /// Whether an event is wanted, and may be told to a caller with this scope.
    ///
    /// Who is held to channels is told of orders in these alone. An event of a topic that this program does not know,
    /// written by a newer one, is told only to who may know everything. Stock at locations outside the scope is left out
    /// later, movement by movement.
    ///
    /// - Parameters:
    ///   - topic: its topic.
    ///   - subject: what it is about.
    ///   - channel: the code of its channel; nil where it belongs to none.
    ///   - scope: of the caller.
    /// - Returns: true where it is.
    public func admits(topic: String, subject: EntityID, channel: String?, for scope: Scope) -> Bool {
        let known = EventTopic(rawValue: topic)
        guard topics.isEmpty || known.map({ topics.contains($0) }) == true else { return false }
        if let wanted = self.subject, wanted != subject { return false }
        if !channels.isEmpty, channel.map({ channels.contains($0) }) != true { return false }
        switch known {
        case nil: return scope.isEverything
        case .order: return channel.map { scope.covers(channel: $0) } ?? scope.isEverything
        case .stockChanged: return true
        }
    }
}

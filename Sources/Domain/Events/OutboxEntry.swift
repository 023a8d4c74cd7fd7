/// Where an event stands in the order in which events are told: that of its transaction, then of its number.
public struct EventPosition: Hashable, Sendable, Comparable {
    /// The transaction that made it true.
    public var transaction: Int64
    /// Its number.
    public var number: Int64
    /// What tells it from another event in the same place; does not count for the order.
    public var mark: Int64

    /// Makes a position.
    public init(transaction: Int64, number: Int64, mark: Int64) {
        self.transaction = transaction
        self.number = number
        self.mark = mark
    }

    /// Before every event.
    public static let beginning = EventPosition(transaction: 0, number: 0, mark: 0)

    /// Orders by transaction, then by number.
    public static func < (left: EventPosition, right: EventPosition) -> Bool {
        (left.transaction, left.number) < (right.transaction, right.number)
    }
}

/// An event without its facts.
public struct OutboxEntry: Hashable, Sendable {
    /// Its place.
    public var position: EventPosition
    /// The name of its topic, which a newer program may have written.
    public var topic: String
    /// What it is about.
    public var subject: EntityID
    /// Position in the subject's own history, from 1.
    public var sequence: Int32
    /// The request that caused it.
    public var cause: EntityID
    /// When its transaction began, by the database's clock.
    public var at: Instant
    /// The code of its channel; nil where it belongs to none.
    public var channel: String?

    /// Makes an entry.
    public init(
        position: EventPosition, topic: String, subject: EntityID, sequence: Int32, cause: EntityID, at: Instant,
        channel: String?
    ) {
        self.position = position
        self.topic = topic
        self.subject = subject
        self.sequence = sequence
        self.cause = cause
        self.at = at
        self.channel = channel
    }

    /// The event's id: a UUID of version 8 that follows from what kind of subject it is about, from the subject, and from
    /// the position in its history.
    ///
    /// It is the same at every telling and on every server, also after a restore that kept the fact.
    public var id: EntityID {
        let name = "\(EventTopic.family(of: topic)) \(subject) \(sequence)"
        let high = FNV1a.hash("high \(name)".utf8)
        let low = FNV1a.hash("low \(name)".utf8)
        return EntityID(
            high: high & 0xFFFF_FFFF_FFFF_0FFF | 0x8000, low: low & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000)
    }
}

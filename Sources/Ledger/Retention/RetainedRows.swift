/// Rows that are of no use after a time: those that only make repetitions safe, and events that everybody has had time to read.
public enum RetainedRows: String, Sendable, CaseIterable {
    /// Requests and replies of calls that took effect.
    case idempotency
    /// Holds that are final: reservations that ended, and the records of takes by orders and movements.
    case hold
    /// Numbers of admitting calls: the tripwire.
    case journalSequence = "journal_seq"
    /// Events.
    case outbox
}

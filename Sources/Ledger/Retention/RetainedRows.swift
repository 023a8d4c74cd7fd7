/// Rows that only make repetitions safe, and are of no use after a time.
public enum RetainedRows: String, Sendable, CaseIterable {
    /// Requests and replies of calls that took effect.
    case idempotency
    /// Holds that are final: reservations that ended, and the records of takes by orders and movements.
    case hold
    /// Numbers of admitting calls: the tripwire.
    case journalSequence = "journal_seq"
}

/// What became of an attempt.
public enum PaymentOutcome: Hashable, Sendable {
    /// It was done; the gateway calls it so.
    case approved(reference: String)
    /// It was not done and will not be.
    case declined(reason: String)
    /// It may have been done.
    case unknown(reason: String)
}

/// What became of an attempt.
public enum PaymentOutcome: Hashable, Sendable {
    /// It was done; the gateway calls it so. A hold lapses at a time, where the gateway says one.
    case approved(reference: String, expiresAt: Instant? = nil)
    /// It was not done and will not be.
    case declined(reason: String)
    /// It may have been done.
    case unknown(reason: String)
    /// Somebody who has looked at the gateway's own books says that it was not done.
    case abandoned(reason: String)
}

extension PaymentOutcome {
    /// Whether it says that the attempt was done.
    var isApproval: Bool {
        if case .approved = self { true } else { false }
    }
}

/// What a client did before a call failed: the `cause` of the error of a call that was made more than once.
public struct RepeatedCall: Error, Sendable, CustomStringConvertible {
    /// Attempts made, at least 2.
    public let attempts: Int

    /// Whether one of the attempts may have taken effect, whatever the last one said.
    public let mayHaveTakenEffect: Bool

    /// The cause of the last attempt's error.
    public let lastCause: (any Error)?

    /// How often the call was made, and why the last attempt failed.
    public var description: String {
        "made \(attempts) times" + (lastCause.map { ", at last: \($0)" } ?? "")
    }
}

/// A plan could not be made.
public struct ReplayPlanError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Why.
    public let reason: String

    init(reason: String) {
        self.reason = reason
    }

    /// The reason.
    public var description: String { reason }
}

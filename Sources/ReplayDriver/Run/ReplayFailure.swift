/// A replay had to stop.
///
/// What it has done stands, and another run with the same file goes on from there.
public struct ReplayFailure: Error, CustomStringConvertible {
    /// Why a replay stops.
    public enum Reason: Hashable, Sendable {
        /// A call was not answered for as long as it is repeated: server or store are away.
        case unanswered
        /// The service refused what a replay cannot do without, such as its products or a receipt.
        case refused
        /// The service holds something else than this replay would have made.
        case foreignBooks
    }

    /// Why, for the program.
    public let reason: Reason
    /// Why, for people.
    public let message: String

    init(_ reason: Reason, _ message: String) {
        self.reason = reason
        self.message = message
    }

    /// Why, for people.
    public var description: String { message }
}

import GRPCCore
import HoldfastAPI
import NIOCore

/// How long calls may take whose clients say nothing, on both ports: ``HoldfastAPI/HoldfastDeadlines`` in NIO's terms.
enum CallTimes {
    /// A call of a method that has no time of its own.
    static let usual = TimeAmount(HoldfastDeadlines.usual)
    /// The most that a client may give a call.
    static let longest = TimeAmount(HoldfastDeadlines.longest)
    /// Methods with a time of their own.
    static let byMethod = HoldfastDeadlines.byMethod.mapValues { TimeAmount($0) }

    /// The time of a method.
    static func time(of method: MethodDescriptor) -> TimeAmount { byMethod[method] ?? usual }
}

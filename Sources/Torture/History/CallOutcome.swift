import GRPCCore
import HoldfastClient

/// What the caller of one call knows after it.
package enum CallOutcome: Hashable, Sendable {
    /// The call took effect; the answer as it came.
    case done([UInt8])
    /// The service, or the way to it, said that this call changed nothing.
    case refused(code: String, reason: String, message: String)
    /// Nobody can tell: the call may have taken effect, may still take effect, or never will.
    case unknown(String)

    /// True where the same call may succeed when it is made again.
    package var isForNow: Bool {
        switch self {
        case .done: false
        case .unknown: true
        case .refused(_, let reason, _):
            reason == "UNAVAILABLE" || reason == "EXHAUSTED" || reason == "NOT_STARTED" || reason == Self.notSent
        }
    }

    /// The reason of a call that never left.
    package static let notSent = "NOT_SENT"

    /// Reads what a failed call tells.
    init(_ error: RPCError) {
        let read = HoldfastError(error)
        if read.mayHaveTakenEffect {
            self = .unknown("\(read)")
        } else if !read.isAnswer && read.reason.isEmpty {
            self = .refused(code: read.code.canonicalName, reason: Self.notSent, message: read.message)
        } else {
            self = .refused(code: read.code.canonicalName, reason: read.reason, message: read.message)
        }
    }

    /// In a few words, for a report.
    package var summary: String {
        switch self {
        case .done(let reply): "done (\(reply.count) bytes)"
        case .refused(let code, let reason, let message): "refused \(code)/\(reason): \(message)"
        case .unknown(let why): "unknown: \(why)"
        }
    }
}

public import RedisClient

/// Why a call of the function library failed.
///
/// None of them leaves a part of a call applied.
public enum HotStockError: Error, Sendable, Hashable {
    /// This Redis may not admit: it was restarted, wiped, replaced, or belongs to another epoch. Nothing was taken.
    case notArmed
    /// A later epoch is being loaded or admitted already. Nothing was changed.
    case stale
    /// A call or a reply had a shape that it must not have: a fault of this program.
    case malformed(String)
    /// Redis could not be asked, or its answer was lost.
    case redis(RedisError)

    /// True where the call may have had its effect although no answer came.
    public var isOutcomeUnknown: Bool {
        if case .redis(let error) = self { return error.isOutcomeUnknown }
        return false
    }

    /// True where Redis has reached its `maxmemory`: it takes nothing more, while giving back goes on.
    public var isFull: Bool {
        if case .redis(let error) = self { return error.serverCode == "OOM" }
        return false
    }

    init(_ error: any Error) {
        switch error {
        case let error as HotStockError: self = error
        case let error as RedisError where error.code == .server:
            if error.message.contains("NOTARMED") || error.message.contains("Function not found") {
                self = .notArmed
            } else if error.message.contains("STALE") {
                self = .stale
            } else if error.message.contains("MALFORMED") {
                self = .malformed(error.message)
            } else {
                self = .redis(error)
            }
        case let error as RedisError: self = .redis(error)
        default: self = .malformed("\(error)")
        }
    }
}

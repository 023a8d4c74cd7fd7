public import GRPCCore

/// An error code as it travels on the wire.
///
/// Conditions of the protocol itself have codes of their own; the canonical status N of a handler travels as
/// 10,000 + N, because small numbers collide with errno values that clients repeat calls for. As the `cause` of an
/// `RPCError` it tells what the peer really sent.
public struct FramedErrorCode: RawRepresentable, Hashable, Sendable, Error, CustomStringConvertible {
    /// The number on the wire; 0 is success.
    public var rawValue: Int32

    /// Makes a code from its number.
    public init(rawValue: Int32) {
        self.rawValue = rawValue
    }

    /// Makes the code of a handler's status.
    public init(_ status: RPCError.Code) {
        self.init(rawValue: Self.statusBase + Int32(status.rawValue))
    }

    /// The call succeeded.
    public static let ok = Self(rawValue: 0)
    /// The call was cancelled.
    public static let cancelled = Self(rawValue: 125)
    /// There is no such service; sent when the name has no package.
    public static let noService = Self(rawValue: 1001)
    /// There is no such method, or no such service in the package that was named.
    public static let noMethod = Self(rawValue: 1002)
    /// The request could not be read.
    public static let badRequest = Self(rawValue: 1003)
    /// The credential was refused.
    public static let unauthenticated = Self(rawValue: 1004)
    /// The deadline passed.
    public static let timedOut = Self(rawValue: 1008)
    /// Too much is unsent on this connection.
    public static let overcrowded = Self(rawValue: 1011)
    /// The server failed.
    public static let internalError = Self(rawValue: 2001)
    /// The answer could not be sent as it is.
    public static let badResponse = Self(rawValue: 2002)
    /// The server is draining; use another connection.
    public static let loggingOff = Self(rawValue: 2003)
    /// Too many calls are running; this one was not started.
    public static let limitReached = Self(rawValue: 2004)

    private static let statusBase: Int32 = 10_000

    /// The canonical status this code stands for; `nil` for success.
    public var status: RPCError.Code? {
        switch self {
        case .ok: return nil
        case .cancelled: return .cancelled
        case .noService, .noMethod: return .unimplemented
        case .badRequest: return .invalidArgument
        case .unauthenticated: return .unauthenticated
        case .timedOut: return .deadlineExceeded
        case .overcrowded, .limitReached: return .resourceExhausted
        case .internalError, .badResponse: return .internalError
        case .loggingOff: return .unavailable
        default:
            guard (1...16).contains(rawValue - Self.statusBase),
                let status = Status.Code(rawValue: Int(rawValue - Self.statusBase))
            else { return .unknown }
            return RPCError.Code(status) ?? .unknown
        }
    }

    /// The number, and the status it stands for.
    public var description: String {
        guard let status else { return "\(rawValue) OK" }
        return "\(rawValue) \(status.wireName)"
    }
}

extension RPCError.Code {
    /// The canonical name, as it stands in front of every error text: `NOT_FOUND`.
    package var wireName: StaticString {
        switch self {
        case .cancelled: "CANCELLED"
        case .invalidArgument: "INVALID_ARGUMENT"
        case .deadlineExceeded: "DEADLINE_EXCEEDED"
        case .notFound: "NOT_FOUND"
        case .alreadyExists: "ALREADY_EXISTS"
        case .permissionDenied: "PERMISSION_DENIED"
        case .resourceExhausted: "RESOURCE_EXHAUSTED"
        case .failedPrecondition: "FAILED_PRECONDITION"
        case .aborted: "ABORTED"
        case .outOfRange: "OUT_OF_RANGE"
        case .unimplemented: "UNIMPLEMENTED"
        case .internalError: "INTERNAL"
        case .unavailable: "UNAVAILABLE"
        case .dataLoss: "DATA_LOSS"
        case .unauthenticated: "UNAUTHENTICATED"
        default: "UNKNOWN"
        }
    }
}

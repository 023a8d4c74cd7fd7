public import Domain
public import FramedTransport
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A verified caller, as transports and both lanes pass it on.
public final class CallerIdentity: FramedIdentity {
    /// Who calls.
    public let caller: Caller
    /// When the credential expires by this machine's clock, in microseconds since 1970; `Int64.max` for never.
    private let expiry: Atomic<Int64>
    private let isRevoked = Atomic(false)
    private let goodThrough: GoodThrough?

    /// Makes an identity.
    ///
    /// - Parameters:
    ///   - caller: Who calls.
    ///   - expiresAt: When the credential expires; nil for never.
    ///   - goodThrough: Until when verdicts may be used without having been confirmed; nil for ever.
    public init(caller: Caller, expiresAt: Instant?, goodThrough: GoodThrough?) {
        self.caller = caller
        expiry = Atomic(expiresAt?.microseconds ?? .max)
        self.goodThrough = goodThrough
    }

    /// Everybody, on a server that asks for no credentials.
    public static let anonymous = CallerIdentity(caller: .anonymous, expiresAt: nil, goodThrough: nil)

    /// Calls of the same caller share its limits; of anonymous ones nobody knows which belong together.
    public var limitKey: String? { caller.id == Caller.anonymous.id ? nil : caller.id }

    /// Whether it is neither expired nor revoked, and that is known recently enough.
    public var isCurrent: Bool {
        guard !isRevoked.load(ordering: .relaxed) else { return false }
        let expiry = expiry.load(ordering: .relaxed)
        guard expiry != .max || goodThrough != nil else { return true }
        let now = Self.now
        return now < expiry && goodThrough?.covers(now) ?? true
    }

    /// Ends it: from now on it is not current.
    public func revoke() {
        isRevoked.store(true, ordering: .relaxed)
    }

    /// Moves its expiry.
    public func expire(at instant: Instant?) {
        expiry.store(instant?.microseconds ?? .max, ordering: .relaxed)
    }

    /// This machine's clock, in microseconds since 1970.
    public static var now: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000
    }
}

/// Until when verdicts hold that a store has confirmed; moved on with every look at it.
public final class GoodThrough: Sendable {
    private let limit: Atomic<Int64>

    /// Makes one that holds until a moment, in microseconds since 1970.
    public init(_ microseconds: Int64) {
        limit = Atomic(microseconds)
    }

    /// Whether a moment is covered.
    public func covers(_ now: Int64) -> Bool { now < limit.load(ordering: .relaxed) }

    /// Moves the limit.
    public func extend(to microseconds: Int64) {
        limit.store(microseconds, ordering: .relaxed)
    }
}

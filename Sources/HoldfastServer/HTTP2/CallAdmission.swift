import GRPCCore
import GRPCProtobuf
import Synchronization

/// Decides which calls over HTTP/2 may begin: first before anybody knows who makes them, then by who that is.
///
/// The port as a whole runs so many calls, and one address gets a part of them only, so that it cannot keep all others
/// out. Streams last as long as their clients like: they have a smaller bound of their own, also by connection. A caller
/// who is known has a bound over all addresses, smaller than an address's: one behind a proxy leaves places to the others
/// there.
final class CallAdmission: Sendable {
    /// A call's place; to be given back when the call is over.
    struct Place: Hashable, Sendable {
        fileprivate let isStream: Bool
        fileprivate let connection: String
        fileprivate let address: String
    }

    /// Why a call may not begin.
    enum Refusal: Error, Hashable, Sendable {
        case port
        case address
        case connection
        case caller
    }

    private struct Counts: Sendable {
        var all = 0
        var byAddress: [String: Int] = [:]
        var byConnection: [String: Int] = [:]
    }

    private struct State: Sendable {
        var unary = Counts()
        var streams = Counts()
        var byCaller: [String: Int] = [:]
        var streamsByCaller: [String: Int] = [:]
    }

    private let limits: HTTP2Limits
    private let state = Mutex(State())

    init(_ limits: HTTP2Limits) {
        self.limits = limits
    }

    /// Calls that have a place.
    var count: Int { state.withLock { $0.unary.all + $0.streams.all } }

    /// Calls of a known caller that have a place.
    func count(of caller: String) -> Int { state.withLock { $0.byCaller[caller, default: 0] } }

    /// Gives a call a place.
    ///
    /// - Parameters:
    ///   - peer: The peer as gRPC names it, port included: a connection has a name of its own.
    ///   - isStream: Whether the method is anything but unary.
    /// - Returns: The place.
    /// - Throws: The bound that is in the way.
    func admit(_ peer: String, isStream: Bool) throws(Refusal) -> Place {
        let place = Place(isStream: isStream, connection: peer, address: GuessLimiter.address(of: peer))
        let refusal: Refusal? = state.withLock { state in
            isStream ? admitStream(place, &state.streams) : admitUnary(place, &state.unary)
        }
        if let refusal { throw refusal }
        return place
    }

    /// Takes a place back.
    func release(_ place: Place) {
        state.withLock { state in
            if place.isStream {
                Self.subtract(place.connection, &state.streams.byConnection)
                Self.subtract(place.address, &state.streams.byAddress)
                state.streams.all -= 1
            } else {
                Self.subtract(place.address, &state.unary.byAddress)
                state.unary.all -= 1
            }
        }
    }

    /// Gives a call of a known caller a place beside the one that it has.
    ///
    /// - Parameters:
    ///   - caller: Who makes the call, by a stable name; calls of the same name share a bound.
    ///   - isStream: Whether the method is anything but unary: of those there may be fewer.
    /// - Throws: ``Refusal/caller`` where that one has as many as it may; nothing is to be given back then.
    func admit(caller: String, isStream: Bool = false) throws(Refusal) {
        let isAdmitted = state.withLock { state in
            guard state.byCaller[caller, default: 0] < limits.maximumCallsPerCaller else { return false }
            if isStream {
                guard state.streamsByCaller[caller, default: 0] < limits.maximumStreamCallsPerCaller else {
                    return false
                }
                state.streamsByCaller[caller, default: 0] += 1
            }
            state.byCaller[caller, default: 0] += 1
            return true
        }
        if !isAdmitted { throw .caller }
    }

    /// Takes the place of a known caller's call back.
    func release(caller: String, isStream: Bool = false) {
        state.withLock { state in
            Self.subtract(caller, &state.byCaller)
            if isStream { Self.subtract(caller, &state.streamsByCaller) }
        }
    }

    private func admitUnary(_ place: Place, _ counts: inout Counts) -> Refusal? {
        guard counts.all < limits.maximumCalls else { return .port }
        guard counts.byAddress[place.address, default: 0] < limits.maximumCallsPerAddress else { return .address }
        counts.all += 1
        counts.byAddress[place.address, default: 0] += 1
        return nil
    }

    private func admitStream(_ place: Place, _ counts: inout Counts) -> Refusal? {
        guard counts.all < limits.maximumStreamCalls else { return .port }
        guard counts.byAddress[place.address, default: 0] < limits.maximumStreamCallsPerAddress else { return .address }
        guard counts.byConnection[place.connection, default: 0] < limits.maximumStreamCallsPerConnection else {
            return .connection
        }
        counts.all += 1
        counts.byAddress[place.address, default: 0] += 1
        counts.byConnection[place.connection, default: 0] += 1
        return nil
    }

    /// Keys without a call are forgotten, so that there are never more keys than calls.
    private static func subtract(_ key: String, _ counts: inout [String: Int]) {
        guard let count = counts[key] else { return }
        counts[key] = count > 1 ? count - 1 : nil
    }
}

extension CallAdmission.Refusal {
    private static let retryDelay = Duration.milliseconds(250)

    /// What the caller is told.
    var status: GoogleRPCStatus {
        let message =
            switch self {
            case .port: "the server runs as many calls as it may; nothing was applied"
            case .address: "the server runs as many calls of one address as it may; nothing was applied"
            case .connection: "the connection has as many streams as it may; nothing was applied"
            case .caller: "the server runs as many calls, or streams, of one caller as it may; nothing was applied"
            }
        return GoogleRPCStatus(
            code: .resourceExhausted, message: message,
            details: .errorInfo(reason: "EXHAUSTED", domain: "holdfast"), .retryInfo(delay: Self.retryDelay))
    }
}

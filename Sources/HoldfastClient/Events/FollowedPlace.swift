import GRPCCore
import HoldfastAPI
import Synchronization

/// How far a follower has come.
final class FollowedPlace: Sendable {
    private struct State {
        var request: Holdfast_V1_SubscribeRequest
        var messages = 0
    }

    private let state: Mutex<State>

    init(_ request: Holdfast_V1_SubscribeRequest) {
        state = Mutex(State(request: request))
    }

    /// What to ask for now.
    var request: Holdfast_V1_SubscribeRequest { state.withLock { $0.request } }

    /// Messages that were dealt with.
    var messages: Int { state.withLock { $0.messages } }

    /// Goes on behind a message from now on.
    func dealtWith(_ message: Holdfast_V1_SubscribeResponse) {
        state.withLock { state in
            state.request.cursor = message.cursor
            state.request.start = .unspecified
            state.messages += 1
        }
    }

    /// Whether another stream may succeed where one ended so.
    static func passes(_ code: RPCError.Code) -> Bool {
        switch code {
        case .unavailable, .cancelled, .aborted, .resourceExhausted, .deadlineExceeded, .internalError, .unknown: true
        default: false
        }
    }
}

/// What the body of a follower threw.
final class BodyFailure: Sendable {
    private let kept = Mutex<(any Error)?>(nil)

    /// The error; nil where it threw none.
    var error: (any Error)? { kept.withLock { $0 } }

    func keep(_ error: any Error) {
        kept.withLock { $0 = error }
    }
}

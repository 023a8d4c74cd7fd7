import GRPCCore
import GRPCProtobuf

/// Makes calls with a deadline, and repeats the ones that were not decided with the same ids.
struct ServiceCaller: Sendable {
    let patience: CallPatience
    let log: CallLog

    private let clock = ContinuousClock()

    /// A call was refused for good.
    struct Refused: Error {
        let kind: CallKind
        let error: RPCError
    }

    init(patience: CallPatience, log: CallLog) {
        self.patience = patience
        self.log = log
    }

    /// Makes the call until it is decided.
    ///
    /// Throws `Refused` where the service says no, `ReplayFailure` where it says nothing for too long, and
    /// `CancellationError` where the task is cancelled.
    func call<Answer: Sendable>(
        _ kind: CallKind, _ body: (CallOptions) async throws -> Answer
    ) async throws -> Answer {
        var options = CallOptions.defaults
        options.timeout = kind == .checkBooks ? patience.books : patience.attempt
        let end = clock.now + patience.total
        var pause = patience.firstPause
        while true {
            let start = clock.now
            do {
                let answer = try await body(options)
                log.answered(kind, after: clock.now - start)
                return answer
            } catch {
                try Task.checkCancellation()
                let wish = try wishedPause(kind, error, after: clock.now - start)
                guard clock.now < end else {
                    throw ReplayFailure(
                        .unanswered, "\(kind.rawValue) was not answered for \(patience.total): \(error)")
                }
                log.repeating()
                try await clock.sleep(for: max(wish, pause * Double.random(in: 0.5...1)))
                pause = min(pause * 2, patience.longestPause)
            }
        }
    }

    /// How long the server asks to wait before the call is repeated; throws where repeating it is pointless.
    private func wishedPause(_ kind: CallKind, _ error: any Error, after time: Duration) throws -> Duration {
        if let error = error as? RuntimeError, error.code == .transportError { return .zero }
        guard let error = error as? RPCError else { throw error }
        switch error.code {
        case .unavailable, .deadlineExceeded, .resourceExhausted, .aborted, .cancelled:
            let wish = try error.unpackGoogleRPCStatus()?.details.compactMap { $0.retryInfo?.delay }.first
            return min(wish ?? .zero, patience.longestPause)
        default:
            log.answered(kind, after: time)
            throw Refused(kind: kind, error: error)
        }
    }
}

extension ServiceCaller.Refused {
    /// The reason that a report counts the refusal under: the name of the status code.
    var reason: String {
        switch error.code {
        case .invalidArgument: "invalid_argument"
        case .notFound: "not_found"
        case .alreadyExists: "already_exists"
        case .failedPrecondition: "failed_precondition"
        case .permissionDenied: "permission_denied"
        case .unauthenticated: "unauthenticated"
        case .outOfRange: "out_of_range"
        case .unimplemented: "unimplemented"
        case .internalError: "internal"
        case .dataLoss: "data_loss"
        default: "unknown"
        }
    }

    /// True where the fault is the service's and not the request's: a replay must not go on as if it had been answered.
    var isFault: Bool {
        switch error.code {
        case .internalError, .dataLoss, .unknown, .unimplemented, .unauthenticated, .permissionDenied: true
        default: false
        }
    }
}

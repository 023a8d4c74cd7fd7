import FramedTransport
import GRPCCore
import GRPCProtobuf

/// What the failure of one attempt says about making another one.
struct AttemptFailure {
    /// How far the attempt came.
    enum Reach {
        /// Nothing has happened: the request did not leave, or the server did not begin with it.
        case notStarted
        /// The server refused before anything took effect, and may not refuse later.
        case refusedForNow
        /// Whether it took effect is not known.
        case open
        /// The server decided.
        case decided
    }

    let error: RPCError
    let reach: Reach
    /// How long the server asks to wait.
    let wish: Duration?
    /// True where this endpoint is the wrong one now and another may serve at once.
    let concernsEndpoint: Bool

    init(_ error: RPCError) {
        self.error = error
        let code = error.cause as? FramedErrorCode
        let connection = error.cause as? FramedConnectionError
        let details = Self.details(of: error)
        wish = details.lazy.compactMap { $0.retryInfo?.delay }.first
        let reason = details.lazy.compactMap { $0.errorInfo?.reason }.first
        switch error.code {
        case .unavailable:
            if code == .loggingOff {
                reach = .notStarted
                concernsEndpoint = true
            } else if code != nil || reason != nil {
                reach = reason == Self.nothingApplied ? .refusedForNow : .open
                concernsEndpoint = false
            } else {
                // No answer came: the client's own transport made the error. What is no error of an existing connection
                // is one of connecting.
                reach = connection?.requestMayHaveBeenSent ?? false ? .open : .notStarted
                concernsEndpoint = true
            }
        case .resourceExhausted where code == .limitReached:
            reach = .refusedForNow
            concernsEndpoint = true
        case .resourceExhausted where code == .overcrowded:
            // It stands in the place of an answer that could not be sent: the call may have been carried out.
            reach = .open
            concernsEndpoint = true
        case .deadlineExceeded where reason == Self.notBegun:
            reach = .decided
            concernsEndpoint = false
        case .deadlineExceeded, .cancelled, .unknown, .internalError, .dataLoss:
            reach = .open
            concernsEndpoint = false
        default:
            reach = .decided
            concernsEndpoint = false
        }
    }

    /// The service's reason where it could not begin, and would like to be asked again.
    private static let nothingApplied = "UNAVAILABLE"
    /// The service's reason where the deadline passed before it began.
    private static let notBegun = "NOT_STARTED"

    /// Whether it is not known if the attempt took effect.
    var isOpen: Bool {
        switch reach {
        case .open: true
        case .notStarted, .refusedForNow, .decided: false
        }
    }

    /// Whether another attempt may be made.
    func allowsAnother(_ repeatability: Repeatability) -> Bool {
        switch reach {
        case .notStarted: true
        case .refusedForNow: repeatability.isRepeatable
        case .open:
            repeatability.isRepeatable
                && (error.code == .unavailable || error.cause as? FramedErrorCode == .overcrowded)
        case .decided: false
        }
    }

    private static func details(of error: RPCError) -> [ErrorDetails] {
        do {
            return try error.unpackGoogleRPCStatus()?.details ?? []
        } catch {
            // Details that cannot be read ask for nothing; the error is passed on with them.
            return []
        }
    }
}

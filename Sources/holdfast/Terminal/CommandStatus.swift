import ArgumentParser
import GRPCCore

/// What the process tells a script when it ends.
enum CommandStatus: Int32 {
    /// Everything asked for was done.
    case done = 0
    /// Something unexpected; for `torture` a broken promise, and nothing else.
    case unexpected = 1
    /// The command line, a file or a field of the request is wrong.
    case invalid = 2
    /// Something named in the request does not exist.
    case notFound = 3
    /// Refused: stock does not suffice, or something stands in a state that does not allow it.
    case refused = 4
    /// The id, or the channel's number, stands for something else already.
    case alreadyExists = 5
    /// The server or a store cannot be reached, or took too long: repeat with the same id.
    case unavailable = 6

    /// The same as the argument parser wants it.
    var code: ExitCode { ExitCode(rawValue) }

    /// The statuses, for help texts.
    static let help = """
        Exit status: 0 done; 1 unexpected failure (for torture: a promise was broken); 2 invalid argument, file or field; 3 not found; 4 refused (stock \
        does not suffice, the state does not allow it, or the caller may not; for doctor: something is wrong); 5 already exists with \
        another content; 6 unavailable or too late: repeat it with the same id.
        """

    /// The status for an answer of a server.
    init(_ code: RPCError.Code) {
        switch code {
        case .invalidArgument, .outOfRange: self = .invalid
        case .notFound: self = .notFound
        case .failedPrecondition, .permissionDenied, .unauthenticated: self = .refused
        case .alreadyExists: self = .alreadyExists
        case .unavailable, .deadlineExceeded, .resourceExhausted, .cancelled, .aborted: self = .unavailable
        default: self = .unexpected
        }
    }
}

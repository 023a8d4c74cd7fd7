/// Why a command has no ordinary reply.
///
/// ``isOutcomeUnknown`` is the question a caller asks first: when it is false, the command had no effect.
public struct RedisError: Error, Hashable, Sendable {
    /// The kind of a failure.
    public enum Code: Hashable, Sendable {
        /// The server answered with an error reply; ``RedisError/message`` holds it word for word.
        ///
        /// Whether a script had effects before it failed is the script's own affair.
        case server

        /// There is no connection at this moment; the command was not sent.
        case notConnected

        /// The connection ended while the command was under way; it may or may not have been executed.
        case connectionLost

        /// No reply came within the command time-out and the connection was closed for it; the command may or may
        /// not have been executed.
        case timedOut

        /// The bound on commands or bytes in flight is reached; the command was not sent.
        case overloaded

        /// The peer sent something that is not RESP2, or a reply beyond the configured bounds.
        case protocolViolation

        /// The client has been shut down; the command was not sent.
        case closed

        /// The configuration, for instance a URL, cannot be used.
        case invalidConfiguration
    }

    /// The kind of the failure.
    public var code: Code

    /// A description for logs.
    ///
    /// For ``Code/server`` it is the error reply without its leading `-`.
    public var message: String

    /// Makes an error.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// Whether the command may have been executed although its reply is missing.
    public var isOutcomeUnknown: Bool {
        switch self.code {
        case .connectionLost, .timedOut, .protocolViolation: true
        case .server, .notConnected, .overloaded, .closed, .invalidConfiguration: false
        }
    }

    /// The first word of an error reply (`ERR`, `WRONGTYPE`, `NOAUTH`, a script's own word), nil for other kinds.
    public var serverCode: String? {
        guard self.code == .server else { return nil }
        return String(self.message.prefix { $0 != " " })
    }
}

extension RedisError: CustomStringConvertible {
    /// The kind and the message in one line.
    public var description: String { "\(self.code): \(self.message)" }
}

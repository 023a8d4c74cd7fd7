/// Why a connection could not carry a call to its end: the `cause` of an UNAVAILABLE error that the client made itself.
public struct FramedConnectionError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Whether the request may have reached the server.
    ///
    /// If so the call's outcome is unknown, and only a call that is idempotent may be repeated; if not, nothing has
    /// happened.
    public let requestMayHaveBeenSent: Bool
    /// What happened to the connection.
    public let description: String

    static let notConnected = Self(requestMayHaveBeenSent: false, description: "there is no connection")
    static let goingAway = Self(requestMayHaveBeenSent: false, description: "the connection takes no further calls")
    static let lost = Self(requestMayHaveBeenSent: true, description: "the connection ended before the answer came")
}

extension FramedClientTransport {
    /// Whether calls can be made at once.
    package enum Readiness: Hashable, Sendable {
        /// A connection takes calls.
        case ready
        /// None does, but one is being made; a call waits for it.
        case connecting
        /// The last attempts to connect have failed; a call fails at once.
        case failed
    }

    /// How the transport stands with its server at this moment.
    package var readiness: Readiness { connections.readiness }
}

package import NIOCore

/// How a proxy treats the bytes that come to it.
package enum ProxyMode: Hashable, Sendable {
    /// Passes them on.
    case open
    /// Takes no connection: what comes is closed at once.
    case refusing
    /// Passes them on after a while, in order.
    case delaying(TimeAmount)
    /// Swallows them while the connection seems to stand.
    case silent(ProxySilence)
}

/// What a silent proxy swallows.
package enum ProxySilence: String, Hashable, Sendable, CaseIterable {
    /// What goes to the server: it never hears of the question.
    case questions
    /// What comes from the server: it has done the work, and nobody learns of it.
    case answers
    /// Both.
    case both
}

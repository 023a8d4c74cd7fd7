public import GRPCCore
public import NIOCore

/// Who calls, as far as a transport needs to know.
///
/// The application makes of it what it likes: handlers find it in ``FastLaneCall/identity`` and in
/// ``FramedCallContext/identity``.
public protocol FramedIdentity: AnyObject, Sendable {
    /// Calls with the same key share the limits of one identity; `nil` where it says nothing of who calls, and the
    /// limits are those of the connection.
    var limitKey: String? { get }
    /// Whether it holds still: neither expired nor revoked.
    ///
    /// Asked before every call, so it must cost next to nothing.
    var isCurrent: Bool { get }
}

/// What became of a credential.
public enum FramedAuthentication: Sendable {
    /// It is good.
    case accepted(any FramedIdentity)
    /// It is not, or one is missing: the call is answered UNAUTHENTICATED (1004) with this text, which tells a stranger
    /// nothing that helps.
    ///
    /// The metadata travels with the answer.
    case refused(String, Metadata = [:])
    /// This cannot be told at present: the call is answered UNAVAILABLE.
    ///
    /// The metadata travels with the answer.
    case unavailable(String, Metadata = [:])
}

/// Verifies credentials for a transport.
public protocol FramedAuthenticator: Sendable {
    /// The verdict that is known without asking anybody; `nil` where it has to be looked up.
    ///
    /// - Parameter credential: The bytes as the client sent them; `nil` where it sent none.
    /// - Returns: The verdict, or `nil`.
    func known(_ credential: ByteBuffer?) -> FramedAuthentication?

    /// Looks a credential up.
    ///
    /// - Parameters:
    ///   - credential: The bytes as the client sent them; `nil` where it sent none.
    ///   - peer: Who sent them, as gRPC names peers; guessing is slowed down by it.
    ///   - eventLoop: Where the answer is wanted.
    /// - Returns: The verdict; it never fails.
    func verify(
        _ credential: ByteBuffer?, peer: String, on eventLoop: any EventLoop
    ) -> EventLoopFuture<FramedAuthentication>
}

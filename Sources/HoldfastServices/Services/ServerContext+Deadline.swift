import FramedTransport
public import GRPCCore
public import NIOCore

/// When the caller of a call stops waiting, for transports that do not tell it themselves.
public struct CallDeadline: ServerContext.TransportSpecific {
    /// When.
    public var deadline: NIODeadline

    /// Makes a deadline.
    public init(_ deadline: NIODeadline) {
        self.deadline = deadline
    }
}

extension ServerContext {
    /// When work on the call is not worth beginning any more.
    ///
    /// Without a transport or an interceptor that tells it, 30 s from now.
    var deadline: NIODeadline {
        switch transportSpecific {
        case let framed as FramedCallContext: framed.deadline
        case let told as CallDeadline: told.deadline
        default: .now() + .seconds(30)
        }
    }
}

import FramedTransport
import GRPCCore
import NIOCore

extension ServerContext {
    /// When work on the call is not worth beginning any more.
    ///
    /// A transport that does not tell its deadline cancels the call itself; then this bounds what waits after that.
    var deadline: NIODeadline {
        (transportSpecific as? FramedCallContext)?.deadline ?? .now() + .seconds(30)
    }
}

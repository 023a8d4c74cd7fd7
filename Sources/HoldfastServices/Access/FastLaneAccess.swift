import Domain
import FramedTransport

/// The decisions of ``AccessInterceptor`` for calls that are answered on their connection's event loop.
struct FastLaneAccess: Sendable {
    /// Who calls where the transport names nobody: it does so on every server that verifies credentials.
    let unidentified: Caller

    /// Who makes a call; throws where that one may not make calls of the method, named in full.
    func caller(of call: FastLaneCall, _ method: String) throws -> Caller {
        let caller = (call.identity as? CallerIdentity)?.caller ?? unidentified
        if caller == .nobody { throw AccessStatus.unauthenticated(AccessStatus.credentialsRequired) }
        try AccessTable.check(caller, calling: method)
        return caller
    }
}

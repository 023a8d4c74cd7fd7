import GRPCCore
import Logging
import NIOCore

extension ServerConnection {
    /// Lets a client in that needs no credential.
    func recognizeAnonymous() {
        guard let authenticator = core.authenticator, case .accepted(let identity)? = authenticator.known(nil) else {
            return
        }
        trust()
        self.identity = identity
    }

    /// Starts a call as soon as it is known who makes it.
    ///
    /// A credential in the meta holds for the connection until another one comes; calls behind it wait for the verdict.
    /// One among the user fields holds for its call alone.
    func admit(_ call: FastLaneCall) {
        if !call.meta.authenticationData.isEmpty { remember(call) }
        guard let authenticator = core.authenticator else {
            start(call)
            return
        }
        if call.meta.mayCarryAuthorization, !call.entry.isOpen {
            switch call.ownCredential {
            case .one(let credential):
                verify(credential, of: call, authenticator) { self.conclude($0, for: call) }
                return
            case .several:
                conclude(.refused("more than one credential was sent"), for: call)
                return
            case .none: break
            }
        }
        if let identity, identity.isCurrent || (call.entry.isOpen && call.meta.authenticationData.isEmpty) {
            call.identity = identity
            start(call)
            return
        }
        if call.entry.isOpen, authenticationData == nil {
            start(call)
            return
        }
        isVerifying = true
        verify(authenticationData, of: call, authenticator) { verdict in
            self.isVerifying = false
            self.concludeForConnection(verdict, call)
        }
    }

    /// The credential of a call becomes that of its connection.
    private func remember(_ call: FastLaneCall) {
        let range = call.meta.authenticationData
        guard let slice = call.body.getSlice(at: call.body.readerIndex + range.start, length: range.length),
            authenticationData != slice
        else { return }
        authenticationData = ByteBuffer(bytes: slice.readableBytesView)
        call.authenticationData = authenticationData
        identity = nil
        holder = nil
    }

    /// Asks for a verdict, which comes at once where it is known.
    private func verify(
        _ credential: ByteBuffer?, of call: FastLaneCall, _ authenticator: any FramedAuthenticator,
        _ conclude: @escaping (FramedAuthentication) -> Void
    ) {
        if let verdict = authenticator.known(credential) {
            conclude(verdict)
            return
        }
        authenticator.verify(credential, peer: remotePeer, on: eventLoop).hop(to: eventLoop).assumeIsolated()
            .whenComplete { result in
                switch self.phase {
                case .open, .draining, .finishing: break
                case .lingering, .closed: return
                }
                switch result {
                case .success(let verdict): conclude(verdict)
                case .failure: conclude(.unavailable("the credential cannot be verified at present"))
                }
                self.scheduleTurn()
            }
    }

    private func concludeForConnection(_ verdict: FramedAuthentication, _ call: FastLaneCall) {
        switch verdict {
        case .accepted(let identity):
            self.identity = identity
            holder = nil
            conclude(verdict, for: call)
        case .refused:
            identity = nil
            authenticationData = nil
            conclude(verdict, for: call)
            core.logger.debug("credential refused", metadata: ["peer": "\(remotePeer)"])
            core.observer?.connectionRefused(reason: "unauthenticated")
            finish()
        case .unavailable:
            // It is looked up again for the next call.
            identity = nil
            conclude(verdict, for: call)
        }
    }

    private func conclude(_ verdict: FramedAuthentication, for call: FastLaneCall) {
        // Its deadline may have passed meanwhile; then it ends with its last reference.
        guard case .running = call.state else { return }
        switch verdict {
        case .accepted(let identity):
            trust()
            call.identity = identity
            start(call)
        case .refused(let text, let metadata): call.fail(.unauthenticated, "UNAUTHENTICATED: \(text)", metadata)
        case .unavailable(let text, let metadata):
            if call.entry.isOpen {
                start(call)
            } else {
                call.fail(FramedErrorCode(.unavailable), "UNAVAILABLE: \(text)", metadata)
            }
        }
    }

    /// Lifts the limits for strangers.
    private func trust() {
        guard !isTrusted else { return }
        isTrusted = true
        decoder.maxBodyBytes = limits.maxFrameBytes
    }
}

import GRPCCore
import NIOCore
import Synchronization

@testable import FramedTransport

/// Who shows a credential in a test.
final class TestIdentity: FramedIdentity {
    let limitKey: String?
    private let isGood = Atomic<Bool>(true)

    init(_ key: String) {
        limitKey = key
    }

    var isCurrent: Bool { isGood.load(ordering: .relaxed) }

    /// It holds no longer.
    func expire() {
        isGood.store(false, ordering: .relaxed)
    }
}

/// Knows credentials by heart, or looks them up when a test lets it.
final class TestKeys: FramedAuthenticator {
    private struct State {
        var identities: [String: TestIdentity] = [:]
        var answersAtOnce = false
        var isAway = false
        var isHolding = false
        var lookups: [String] = []
        var held: [(credential: String, promise: EventLoopPromise<FramedAuthentication>)] = []
    }

    private let state = Mutex(State())

    /// Makes keys for these credentials; the identity of each is its name in capitals.
    init(_ credentials: String..., answersAtOnce: Bool = false) {
        state.withLock { state in
            for credential in credentials { state.identities[credential] = TestIdentity(credential.uppercased()) }
            state.answersAtOnce = answersAtOnce
        }
    }

    /// Credentials that had to be looked up, in order.
    var lookups: [String] { state.withLock { $0.lookups } }

    /// The identity that a credential stands for now.
    func identity(of credential: String) -> TestIdentity? { state.withLock { $0.identities[credential] } }

    /// Makes a credential stand for somebody else, or nobody.
    func set(_ credential: String, _ identity: TestIdentity?) {
        state.withLock { $0.identities[credential] = identity }
    }

    /// Has look-ups fail, or not.
    func setAway(_ isAway: Bool) { state.withLock { $0.isAway = isAway } }

    /// Has look-ups wait for ``release()``.
    func hold() { state.withLock { $0.isHolding = true } }

    /// Answers the look-ups that wait.
    func release() {
        let held = state.withLock { state in
            defer { state.held = [] }
            state.isHolding = false
            return state.held
        }
        for (credential, promise) in held { promise.succeed(verdict(credential)) }
    }

    func known(_ credential: ByteBuffer?) -> FramedAuthentication? {
        let text = credential.map { String(buffer: $0) } ?? ""
        let isKnown = state.withLock { $0.answersAtOnce || (text.isEmpty && $0.identities[""] != nil) }
        return isKnown ? verdict(text) : nil
    }

    func verify(
        _ credential: ByteBuffer?, peer: String, on eventLoop: any EventLoop
    ) -> EventLoopFuture<FramedAuthentication> {
        let text = credential.map { String(buffer: $0) } ?? ""
        let promise = eventLoop.makePromise(of: FramedAuthentication.self)
        let isHeld = state.withLock { state in
            state.lookups.append(text)
            if state.isHolding { state.held.append((text, promise)) }
            return state.isHolding
        }
        if !isHeld { promise.succeed(verdict(text)) }
        return promise.futureResult
    }

    private func verdict(_ credential: String) -> FramedAuthentication {
        state.withLock { state in
            if state.isAway { return .unavailable("the keys are away") }
            let name = credential.hasPrefix("Bearer ") ? String(credential.dropFirst(7)) : credential
            guard let identity = state.identities[name] else { return .refused("not a credential of this server") }
            return .accepted(identity)
        }
    }
}

import AccessTokens
import Domain
import FramedTransport
import GRPCCore
import HoldfastServices
import Ledger
import Logging
import NIOCore

/// Verifies API keys and tokens, for every transport.
///
/// What is known is told at once: keys from ``KeyRing``, tokens from ``TokenCache``. What is not is looked up: a key by
/// its prefix in PostgreSQL, a token by its signature.
final class AccessGate: FramedAuthenticator {
    /// Most bytes of a credential that is looked at.
    private static let bound = 16 * 1_024

    private static let cannotTell = "credentials cannot be checked at present"

    private let allowsAnonymous: Bool
    private let ledger: Ledger
    private let ring: KeyRing
    private let tokens = TokenCache()
    private let verifier: TokenVerifier?
    private let limiter = GuessLimiter()
    private let logger: Logger
    private let refused: @Sendable (CredentialRefusal) -> Void

    /// Makes a gate.
    ///
    /// - Parameters:
    ///   - ledger: where API keys are.
    ///   - sso: the company's single sign-on; nil where there is none.
    ///   - allowsAnonymous: whether a call without credentials is let in. One that brings some is verified all the same.
    ///   - logger: where refusals are told.
    ///   - refused: counts a refusal.
    init(
        ledger: Ledger, sso: SingleSignOn?, allowsAnonymous: Bool, logger: Logger,
        refused: @escaping @Sendable (CredentialRefusal) -> Void
    ) {
        self.ledger = ledger
        self.allowsAnonymous = allowsAnonymous
        self.logger = logger
        self.refused = refused
        ring = KeyRing(ledger: ledger, logger: logger)
        verifier = sso.map { TokenVerifier(rules: $0.rules, source: $0.keys, logger: logger) }
    }

    /// Refuses to go on where nobody could call: no single sign-on, no usable key, and not open to everybody.
    ///
    /// Waits for a ledger that is away. Throws ``NoCredentials``.
    func requireSomeCredentials() async throws {
        guard !allowsAnonymous, verifier == nil else { return }
        while true {
            do {
                guard try await ledger.hasUsableKey() else { throw NoCredentials() }
                return
            } catch Refusal.unavailable {
                try await Task.sleep(for: .milliseconds(250))
            }
        }
    }

    /// Follows keys and key set until cancelled.
    func run() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.ring.run() }
            if let verifier {
                group.addTask { await self.follow(verifier) }
                group.addTask { await self.endOldTokens(verifier) }
            }
        }
    }

    private func follow(_ verifier: TokenVerifier) async {
        do {
            try await verifier.run()
        } catch {
            logger.error("the key set of the single sign-on is not followed", metadata: ["error": "\(error)"])
        }
    }

    /// Has connections verify their tokens again within a second of a change of the keys.
    private func endOldTokens(_ verifier: TokenVerifier) async {
        while !Task.isCancelled {
            tokens.keep(generation: verifier.generation)
            do { try await Task.sleep(for: .seconds(1)) } catch { return }
        }
    }

    // MARK: - For the framed transport

    func known(_ credential: ByteBuffer?) -> FramedAuthentication? {
        guard let bytes = Self.bytes(of: credential) else { return anonymous }
        guard bytes.count <= Self.bound else { return nil }
        let identity: CallerIdentity?
        if ApiKeySecret.isKey(bytes) {
            guard let parts = ApiKeySecret.parts(of: bytes) else { return nil }
            let entry = ring.entry(prefix: parts.prefix)
            // An unknown prefix is compared as well, so that time tells nothing of which prefixes there are.
            identity = ApiKeySecret.isSame(entry?.secretHash, parts.secretHash) ? entry?.identity : nil
        } else {
            identity = verifier.flatMap {
                tokens.identity(ApiKeySecret.hash(bytes[...]), generation: $0.generation)
            }
        }
        guard let identity, identity.isCurrent else { return nil }
        return .accepted(identity)
    }

    func verify(
        _ credential: ByteBuffer?, peer: String, on eventLoop: any EventLoop
    ) -> EventLoopFuture<FramedAuthentication> {
        if let known = known(credential) { return eventLoop.makeSucceededFuture(known) }
        return eventLoop.makeFutureWithTask { await self.verdict(credential, peer: peer) }
    }

    // MARK: - For every transport

    /// Looks a credential up.
    func verdict(_ credential: ByteBuffer?, peer: String) async -> FramedAuthentication {
        if let known = known(credential) { return known }
        guard let bytes = Self.bytes(of: credential) else { return anonymous }
        switch ApiKeySecret.isKey(bytes) ? await key(bytes, peer) : await token(bytes, peer) {
        case .accepted(let identity): return .accepted(identity)
        case .unavailable: return .unavailable(Self.cannotTell, AccessStatus.unavailable(Self.cannotTell).metadata)
        case .refused(let reason):
            guard limiter.allows(peer) else { return refusal(.tooManyFailures) }
            limiter.count(peer)
            logger.info("credentials refused", metadata: ["network.peer": "\(peer)", "reason": "\(reason.rawValue)"])
            return refusal(reason)
        }
    }

    /// Who makes a call: from the transport where it has verified that, else from the call's metadata.
    func caller(_ context: ServerContext, _ metadata: Metadata) async throws(RPCError) -> Caller {
        var credential: ByteBuffer?
        if let framed = context.transportSpecific as? FramedCallContext {
            if let identity = framed.identity as? CallerIdentity { return identity.caller }
            credential = framed.authenticationData
        }
        let given = Array(metadata[stringValues: "authorization"]) + Array(metadata[stringValues: "x-api-key"])
        guard given.count <= 1 else {
            refused(.invalid)
            throw AccessStatus.unauthenticated("more than one credential was sent")
        }
        if let text = given.first { credential = ByteBuffer(string: text) }
        switch await verdict(credential, peer: context.remotePeer) {
        case .accepted(let identity): return (identity as? CallerIdentity)?.caller ?? .nobody
        case .refused(let text, _): throw AccessStatus.unauthenticated(text)
        case .unavailable(let text, _): throw AccessStatus.unavailable(text)
        }
    }

    // MARK: - Looking up

    private enum Verdict {
        case accepted(CallerIdentity)
        case refused(CredentialRefusal)
        case unavailable
    }

    private func key(_ bytes: [UInt8], _ peer: String) async -> Verdict {
        guard let parts = ApiKeySecret.parts(of: bytes) else { return .refused(.invalid) }
        do {
            // What is out of date is read for everybody at once, before anybody is suspected of guessing.
            if !ring.isFresh { try await ring.catchUp() }
            if let verdict = standing(parts) { return verdict }
            guard limiter.allows(peer) else { return .refused(.tooManyFailures) }
            // It may have been made within the last second.
            try await ring.catchUp()
            if let verdict = standing(parts) { return verdict }
            // The ring has no keys that have ended; whoever holds one is told.
            let past = try await ledger.key(prefix: parts.prefix)
            return .refused(ApiKeySecret.isSame(past?.secretHash, parts.secretHash) ? .ended : .invalid)
        } catch {
            return .unavailable
        }
    }

    /// What the ring says of a key; nil where it knows none of this prefix.
    private func standing(_ parts: (prefix: String, secretHash: [UInt8])) -> Verdict? {
        guard let entry = ring.entry(prefix: parts.prefix) else { return nil }
        guard ApiKeySecret.isSame(entry.secretHash, parts.secretHash) else { return .refused(.invalid) }
        return entry.identity.isCurrent ? .accepted(entry.identity) : .refused(.ended)
    }

    private func token(_ bytes: [UInt8], _ peer: String) async -> Verdict {
        guard let verifier, bytes.count <= Self.bound, let text = String(validating: bytes, as: UTF8.self) else {
            return .refused(.invalid)
        }
        // A signature costs time: who has failed too often does not get it.
        guard limiter.allows(peer) else { return .refused(.tooManyFailures) }
        do throws(TokenRefusal) {
            let token = try await verifier.verify(text, now: Instant(microseconds: CallerIdentity.now))
            let identity = CallerIdentity(caller: token.caller, expiresAt: token.expiresAt, goodThrough: nil)
            return .accepted(
                tokens.store(ApiKeySecret.hash(bytes[...]), identity, generation: token.generation))
        } catch {
            switch error {
            case .noKeys: return .unavailable
            case .expired: return .refused(.ended)
            case .noRole: return .refused(.noRole)
            default:
                logger.debug("token refused", metadata: ["reason": "\(error)"])
                return .refused(.invalid)
            }
        }
    }

    private var anonymous: FramedAuthentication {
        allowsAnonymous ? .accepted(CallerIdentity.anonymous) : refusal(.missing)
    }

    /// Counts a refusal.
    private func refusal(_ reason: CredentialRefusal) -> FramedAuthentication {
        refused(reason)
        return .refused(reason.text, AccessStatus.unauthenticated(reason.text).metadata)
    }

    /// The credential without the word before it; nil where there is none.
    private static func bytes(of credential: ByteBuffer?) -> [UInt8]? {
        guard let credential, credential.readableBytes > 0 else { return nil }
        let bytes = Array(credential.readableBytesView)
        let word = Array("bearer ".utf8)
        let isWord = bytes.count >= word.count && zip(bytes, word).allSatisfy { $0 | 0x20 == $1 || $0 == $1 }
        return isWord ? Array(bytes.dropFirst(word.count).drop { $0 == UInt8(ascii: " ") }) : bytes
    }
}

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

    private static let wrong = "the credentials are not valid"
    private static let ended = "the credentials have expired or were revoked"
    private static let tooMany = "too many failed attempts from this address: wait and try again"
    private static let noRole = "the token names no role that this server knows"
    private static let cannotTell = "credentials cannot be checked at present"

    private let allowsAnonymous: Bool
    private let ledger: Ledger
    private let ring: KeyRing
    private let tokens = TokenCache()
    private let verifier: TokenVerifier?
    private let limiter = GuessLimiter()
    private let logger: Logger

    /// Makes a gate.
    ///
    /// - Parameters:
    ///   - ledger: where API keys are.
    ///   - sso: the company's single sign-on; nil where there is none.
    ///   - allowsAnonymous: whether a call without credentials is let in. One that brings some is verified all the same.
    ///   - logger: where refusals are told.
    init(ledger: Ledger, sso: SingleSignOn?, allowsAnonymous: Bool, logger: Logger) {
        self.ledger = ledger
        self.allowsAnonymous = allowsAnonymous
        self.logger = logger
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
        let verdict = ApiKeySecret.isKey(bytes) ? await key(bytes, peer) : await token(bytes)
        guard case .refused(let text) = verdict else { return verdict }
        guard limiter.allows(peer) else { return .refused(Self.tooMany) }
        limiter.count(peer)
        logger.info("credentials refused", metadata: ["network.peer": "\(peer)", "reason": "\(text)"])
        return verdict
    }

    /// Who makes a call: from the transport where it has verified that, else from the call's metadata.
    func caller(_ context: ServerContext, _ metadata: Metadata) async throws(RPCError) -> Caller {
        var credential: ByteBuffer?
        if let framed = context.transportSpecific as? FramedCallContext {
            if let identity = framed.identity as? CallerIdentity { return identity.caller }
            credential = framed.authenticationData
        }
        let given = Array(metadata[stringValues: "authorization"]) + Array(metadata[stringValues: "x-api-key"])
        guard given.count <= 1 else { throw AccessStatus.unauthenticated("more than one credential was sent") }
        if let text = given.first { credential = ByteBuffer(string: text) }
        switch await verdict(credential, peer: context.remotePeer) {
        case .accepted(let identity): return (identity as? CallerIdentity)?.caller ?? .nobody
        case .refused(let text): throw AccessStatus.unauthenticated(text)
        case .unavailable(let text): throw AccessStatus.unavailable(text)
        }
    }

    // MARK: - Looking up

    private func key(_ bytes: [UInt8], _ peer: String) async -> FramedAuthentication {
        guard let parts = ApiKeySecret.parts(of: bytes) else { return .refused(Self.wrong) }
        let isStale = !ring.isFresh
        if !isStale, let entry = ring.entry(prefix: parts.prefix) {
            return .refused(ApiKeySecret.isSame(entry.secretHash, parts.secretHash) ? Self.ended : Self.wrong)
        }
        guard limiter.allows(peer) else { return .refused(Self.tooMany) }
        do {
            if isStale { try await ring.refresh() }
            let found = try await ledger.key(prefix: parts.prefix)
            guard ApiKeySecret.isSame(found?.secretHash, parts.secretHash), let found else {
                return .refused(Self.wrong)
            }
            ring.learn(found.key, secretHash: found.secretHash)
            guard let identity = ring.entry(prefix: parts.prefix)?.identity, identity.isCurrent else {
                return .refused(Self.ended)
            }
            return .accepted(identity)
        } catch {
            return .unavailable(Self.cannotTell)
        }
    }

    private func token(_ bytes: [UInt8]) async -> FramedAuthentication {
        guard let verifier, bytes.count <= Self.bound, let text = String(validating: bytes, as: UTF8.self) else {
            return .refused(Self.wrong)
        }
        do throws(TokenRefusal) {
            let token = try await verifier.verify(text, now: Instant(microseconds: CallerIdentity.now))
            let identity = CallerIdentity(caller: token.caller, expiresAt: token.expiresAt, goodThrough: nil)
            tokens.store(ApiKeySecret.hash(bytes[...]), identity, generation: token.generation)
            return .accepted(identity)
        } catch {
            switch error {
            case .noKeys: return .unavailable(Self.cannotTell)
            case .expired: return .refused(Self.ended)
            case .noRole: return .refused(Self.noRole)
            default:
                logger.debug("token refused", metadata: ["reason": "\(error)"])
                return .refused(Self.wrong)
            }
        }
    }

    private var anonymous: FramedAuthentication {
        allowsAnonymous ? .accepted(CallerIdentity.anonymous) : .refused(AccessStatus.credentialsRequired)
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

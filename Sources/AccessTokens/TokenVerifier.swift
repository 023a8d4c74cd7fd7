import AsyncHTTPClient
public import Domain
public import Logging
import NIOCore
import Synchronization

/// A token that was found good.
public struct VerifiedToken: Hashable, Sendable {
    /// Who it speaks for.
    public var caller: Caller
    /// Until when it is good, clock skew included.
    public var expiresAt: Instant
    /// The ``TokenVerifier/generation`` of the keys that it was verified with.
    public var generation: Int
}

/// Verifies the tokens of a company's single sign-on, and follows its key set.
///
/// The set is read at start and then every ``refreshInterval``; a token that names an unknown key has it read at once, but
/// not more often than every ``minimumInterval``. Where it cannot be read the last good one stays in use.
public final class TokenVerifier: Sendable {
    private struct State {
        var keys: KeySet?
        var bytes: [UInt8] = []
        var lastAttempt: ContinuousClock.Instant?
        var lastFailure: String?
    }

    private let rules: TokenRules
    private let source: KeySetSource
    private let refreshInterval: Duration
    private let minimumInterval: Duration
    private let client: HTTPClient
    private let logger: Logger
    private let state = Mutex(State())
    private let counter = Atomic<Int>(0)

    /// Makes a verifier; it knows no keys before ``refresh()`` or ``run()``.
    ///
    /// - Parameters:
    ///   - rules: what tokens must say.
    ///   - source: where the keys are.
    ///   - refreshInterval: how often the set is read again; default 60 s.
    ///   - minimumInterval: how long after one reading the next may follow; default 10 s.
    ///   - logger: receives what operators should know of the key set.
    public init(
        rules: TokenRules, source: KeySetSource, refreshInterval: Duration = .seconds(60),
        minimumInterval: Duration = .seconds(10), logger: Logger
    ) {
        self.rules = rules
        self.source = source
        self.refreshInterval = refreshInterval
        self.minimumInterval = minimumInterval
        self.logger = logger
        var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
        configuration.timeout = .init(connect: .seconds(5), read: .seconds(5))
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    /// Rises whenever the keys change: what was verified under an earlier value must be verified again.
    public var generation: Int { counter.load(ordering: .acquiring) }

    /// Whether a key set has been read.
    public var isReady: Bool { state.withLock { $0.keys != nil } }

    /// Follows the key set until it is cancelled.
    public func run() async throws {
        let outcome: Result<Void, any Error>
        do {
            while true {
                await refresh()
                try await Task.sleep(for: refreshInterval)
            }
        } catch {
            outcome = .failure(error)
        }
        try await client.shutdown()
        do {
            try outcome.get()
        } catch is CancellationError {
            // The ordinary end.
        }
    }

    /// Reads the key set now.
    ///
    /// A failure is logged once until it changes, and leaves the last good set in use.
    public func refresh() async {
        state.withLock { $0.lastAttempt = .now }
        do {
            let bytes = try await source.read(with: client)
            guard state.withLock({ $0.bytes != bytes || $0.keys == nil }) else {
                state.withLock { $0.lastFailure = nil }
                return
            }
            let keys = try await KeySet(parsing: bytes)
            state.withLock {
                $0.keys = keys
                $0.bytes = bytes
                $0.lastFailure = nil
            }
            counter.add(1, ordering: .releasing)
            logger.info("sign-on keys read", metadata: ["keys": "\(keys.verifiers.count)"])
            for reason in keys.skipped { logger.notice("sign-on key skipped", metadata: ["reason": "\(reason)"]) }
        } catch {
            let reason = "\(error)"
            let isNew = state.withLock { state in
                defer { state.lastFailure = reason }
                return state.lastFailure != reason
            }
            if isNew { logger.error("sign-on keys cannot be read", metadata: ["error.message": "\(reason)"]) }
        }
    }

    /// Verifies a token.
    ///
    /// - Parameters:
    ///   - text: the token, without `Bearer`.
    ///   - now: the time.
    /// - Returns: who it speaks for, and until when.
    /// - Throws: ``TokenRefusal``.
    public func verify(_ text: String, now: Instant) async throws(TokenRefusal) -> VerifiedToken {
        let token = try SignedToken(text)
        guard let algorithm = TokenAlgorithm(rawValue: token.header.alg), rules.algorithms.contains(algorithm) else {
            throw .algorithm
        }
        // Read before the keys: one that changes meanwhile leaves a generation behind that is out of date.
        var generation = generation
        var candidates = self.candidates(token, algorithm)
        if candidates.isEmpty, mayRefresh() {
            await refresh()
            generation = self.generation
            candidates = self.candidates(token, algorithm)
        }
        guard isReady else { throw .noKeys }
        guard !candidates.isEmpty else { throw .unknownKey }
        guard candidates.contains(where: { $0.verifies(token) }) else { throw .signature }
        let (caller, expiresAt) = try rules.caller(try token.claims(), now: now)
        return VerifiedToken(caller: caller, expiresAt: expiresAt, generation: generation)
    }

    private func candidates(_ token: SignedToken, _ algorithm: TokenAlgorithm) -> [KeySet.Verifier] {
        state.withLock { $0.keys?.candidates(keyID: token.header.kid, algorithm: algorithm) ?? [] }
    }

    /// Takes the right to read the set out of turn, which strangers with made-up key ids must not have without bound.
    private func mayRefresh() -> Bool {
        state.withLock { state in
            if let last = state.lastAttempt, last.duration(to: .now) < minimumInterval { return false }
            state.lastAttempt = .now
            return true
        }
    }
}

import Domain
import HoldfastServices
import Ledger
import Logging
import Synchronization

/// The API keys that can be used, in memory: followed by reading what changed, every second.
///
/// So a key is checked without asking anybody, and one that was revoked on any server ends here within two seconds. While
/// PostgreSQL is away the keys that are known stay good for ``grace``; after that nothing is known any more.
final class KeyRing: Sendable {
    /// How often changes are looked for.
    static let interval = Duration.seconds(1)
    /// How long keys stay good without having been confirmed, in microseconds: 5 minutes.
    static let grace: Int64 = 300 * 1_000_000

    /// A key that can be used.
    struct Entry: Sendable {
        var secretHash: [UInt8]
        var identity: CallerIdentity
        var expiresAt: Instant?
    }

    fileprivate struct State: Sendable {
        var entries: [String: Entry] = [:]
        var horizon: UInt64 = 0
    }

    private struct Readings: Sendable {
        /// The one that began or will begin last.
        var last: Task<Void, any Error>?
        /// One that has not begun.
        var waiting: Task<Void, any Error>?
    }

    private let ledger: Ledger
    private let logger: Logger
    private let state = Mutex(State())
    private let readings = Mutex(Readings())
    private let goodThrough = GoodThrough(0)

    init(ledger: Ledger, logger: Logger) {
        self.ledger = ledger
        self.logger = logger
    }

    /// Whether what is known was confirmed recently enough.
    var isFresh: Bool { goodThrough.covers(CallerIdentity.now) }

    /// The key with a prefix.
    func entry(prefix: String) -> Entry? { state.withLock { $0.entries[prefix] } }

    /// Follows the keys until cancelled.
    func run() async {
        var failing = false
        while !Task.isCancelled {
            do {
                try await catchUp()
                if failing { logger.info("API keys are followed again") }
                failing = false
            } catch {
                if !failing { logger.warning("API keys cannot be followed", metadata: ["error": "\(error)"]) }
                failing = true
            }
            do { try await Task.sleep(for: Self.interval) } catch { return }
        }
    }

    /// Knows, when it returns, what was committed before it was called.
    ///
    /// Readings follow each other, so that an older one never overwrites a newer; all who ask while one waits for its
    /// turn share it.
    func catchUp() async throws {
        let reading = readings.withLock { readings in
            if let waiting = readings.waiting { return waiting }
            let previous = readings.last
            let reading = Task {
                _ = await previous?.result
                self.readings.withLock { $0.waiting = nil }
                try await self.read()
            }
            readings.waiting = reading
            readings.last = reading
            return reading
        }
        try await reading.value
    }

    private func read() async throws {
        let started = CallerIdentity.now
        let horizon = state.withLock { $0.horizon }
        let changes = try await ledger.keyChanges(since: horizon)
        guard changes.horizon >= horizon else {
            // The ledger has gone back in time, after a restore or a failover: read all of it next time.
            state.withLock { $0.horizon = 0 }
            return
        }
        state.withLock { state in
            state.horizon = changes.horizon
            if horizon == 0 { state.endAll(but: Set(changes.keys.map(\.0.prefix))) }
            for (key, secretHash) in changes.keys { state.apply(key, secretHash, goodThrough: goodThrough) }
            state.entries = state.entries.filter { $0.value.expiresAt.map { $0.microseconds > started } ?? true }
        }
        goodThrough.extend(to: started + Self.grace)
    }
}

extension KeyRing.State {
    /// Ends the keys that the ledger does not have.
    fileprivate mutating func endAll(but prefixes: Set<String>) {
        for (prefix, entry) in entries where !prefixes.contains(prefix) {
            entry.identity.revoke()
            entries[prefix] = nil
        }
    }

    fileprivate mutating func apply(_ key: ApiKey, _ secretHash: [UInt8], goodThrough: GoodThrough) {
        let standing = entries[key.prefix]
        guard key.state(at: Instant(microseconds: CallerIdentity.now)) == .active else {
            standing?.identity.revoke()
            entries[key.prefix] = nil
            return
        }
        if let standing {
            // A key's rights never change, only its end does.
            standing.identity.expire(at: key.expiresAt)
            entries[key.prefix]?.expiresAt = key.expiresAt
        } else {
            entries[key.prefix] = KeyRing.Entry(
                secretHash: secretHash,
                identity: CallerIdentity(caller: key.caller, expiresAt: key.expiresAt, goodThrough: goodThrough),
                expiresAt: key.expiresAt)
        }
    }
}

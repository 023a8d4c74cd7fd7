import HoldfastServices
import Synchronization

/// Tokens that were verified, by their hash, until they expire or the key set changes.
final class TokenCache: Sendable {
    /// Most tokens that are remembered; the oldest give way.
    static let bound = 10_000

    private struct Entry: Sendable {
        var identity: CallerIdentity
        var generation: Int
    }

    private struct State: Sendable {
        var entries: [[UInt8]: Entry] = [:]
        /// Hashes in the order in which they came.
        var order: [[UInt8]] = []
    }

    private let state = Mutex(State())

    /// The identity behind a token that was verified with the keys of this generation.
    func identity(_ hash: [UInt8], generation: Int) -> CallerIdentity? {
        state.withLock { state in
            guard let entry = state.entries[hash], entry.generation == generation else { return nil }
            return entry.identity
        }
    }

    /// Remembers a token.
    ///
    /// What is forgotten or replaced is ended, so that a connection which still has it verifies its token again.
    ///
    /// - Returns: the identity to use: one that stands already for the same token and keys, else the given one.
    func store(_ hash: [UInt8], _ identity: CallerIdentity, generation: Int) -> CallerIdentity {
        state.withLock { state in
            if let standing = state.entries[hash] {
                if standing.generation == generation { return standing.identity }
                standing.identity.revoke()
            } else {
                state.order.append(hash)
            }
            state.entries[hash] = Entry(identity: identity, generation: generation)
            guard state.order.count > Self.bound else { return identity }
            // An eighth at a time, so that the order is not moved up with every token.
            for old in state.order.prefix(Self.bound / 8) {
                state.entries.removeValue(forKey: old)?.identity.revoke()
            }
            state.order.removeFirst(Self.bound / 8)
            return identity
        }
    }

    /// Ends what was verified with older keys: connections that use it have it verified again.
    func keep(generation: Int) {
        state.withLock { state in
            for (hash, entry) in state.entries where entry.generation != generation {
                entry.identity.revoke()
                state.entries[hash] = nil
            }
            state.order.removeAll { state.entries[$0] == nil }
        }
    }
}

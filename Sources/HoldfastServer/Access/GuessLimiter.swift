import NIOCore
import Synchronization

/// Slows down those who try credentials: failures are counted by address.
///
/// An address has 20 failures, and one more with every second. Who has none left is refused without a look at a store and
/// without a line in the log. A key or token that this server knows to be good always passes, so nobody is locked out by
/// a neighbour behind the same address; only a key so new that it must be looked up waits.
final class GuessLimiter: Sendable {
    /// Failures that an address has at once.
    static let burst = 20.0
    /// Failures beyond that which an address may owe.
    static let debt = 60.0
    /// Failures that an address regains each second.
    static let perSecond = 1.0
    /// Most addresses that are remembered; beyond them all others share one count.
    static let bound = 10_000

    private struct Bucket: Sendable {
        var left: Double
        var at: NIODeadline
    }

    private let buckets = Mutex<[String: Bucket]>([:])

    /// Whether an address has a failure left.
    func allows(_ peer: String, now: NIODeadline = .now()) -> Bool {
        let address = Self.address(of: peer)
        return buckets.withLock { buckets in
            let bucket = buckets[address] ?? (buckets.count >= Self.bound ? buckets[""] : nil)
            return (bucket.map { Self.left($0, now) } ?? Self.burst) >= 1
        }
    }

    /// Counts a failure.
    func count(_ peer: String, now: NIODeadline = .now()) {
        var address = Self.address(of: peer)
        buckets.withLock { buckets in
            if buckets[address] == nil && buckets.count >= Self.bound {
                buckets = buckets.filter { Self.left($0.value, now) < Self.burst }
                if buckets.count >= Self.bound { address = "" }
            }
            let left = buckets[address].map { Self.left($0, now) } ?? Self.burst
            // Below nothing, so that failures which were under way together are paid back.
            buckets[address] = Bucket(left: max(-Self.debt, left - 1), at: now)
        }
    }

    /// Addresses remembered.
    var count: Int { buckets.withLock { $0.count } }

    private static func left(_ bucket: Bucket, _ now: NIODeadline) -> Double {
        let seconds = Double((now - bucket.at).nanoseconds) / 1e9
        return min(burst, bucket.left + max(0, seconds) * perSecond)
    }

    /// The address of a peer as gRPC names it, without the port; of an IPv6 address its network of 64 bits, which one
    /// customer has to itself.
    static func address(of peer: String) -> String {
        guard let colon = peer.lastIndex(of: ":") else { return peer }
        if peer.hasPrefix("ipv4:") { return String(peer[..<colon]) }
        guard peer.hasPrefix("ipv6:") else { return peer }
        let literal = peer.dropFirst("ipv6:".count).prefix { $0 != "]" }.drop { $0 == "[" }
        do {
            let mapped = "::ffff:"
            if literal.lowercased().hasPrefix(mapped) { return "ipv4:" + literal.dropFirst(mapped.count) }
            let address = try SocketAddress(ipAddress: String(literal), port: 0)
            guard case .v6(let v6) = address else { return peer }
            // Of the socket address the 8 bytes of the network: behind family, port and flow label.
            let network = withUnsafeBytes(of: v6.address) { Array($0[8..<16]) }
            return "ipv6:" + network.map { String($0, radix: 16) }.joined(separator: ".")
        } catch {
            return String(peer[..<colon])
        }
    }
}

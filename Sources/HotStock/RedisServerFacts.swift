/// What a Redis says of itself that decides whether it can admit.
public struct RedisServerFacts: Sendable, Hashable {
    /// Its version as it tells it, for instance `7.0.15`; empty where it tells none.
    public var version: String
    /// True where it follows another Redis: such a one refuses writes, or forgets them.
    public var isReplica: Bool
    /// True where it is part of a cluster.
    public var isCluster: Bool

    /// True where it has reached its limit of memory.
    public var isFull: Bool

    /// True where it would rather forget keys than refuse writes when its memory is full.
    public var mayEvict: Bool

    /// The oldest major version that has functions as they are used here.
    public static let oldestMajorVersion = 7

    /// Reads the answer to `INFO`.
    ///
    /// What cannot be read is left at what refuses nothing but an unknown version.
    public init(info: String) {
        version = ""
        isReplica = false
        isCluster = false
        isFull = false
        var policy = ""
        var used: Int64 = 0
        var limit: Int64 = 0
        for line in info.split(whereSeparator: \.isNewline) {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let value = line[line.index(after: colon)...]
            switch line[..<colon] {
            case "redis_version": version = String(value)
            case "role": isReplica = value != "master"
            case "redis_mode": isCluster = value == "cluster"
            case "used_memory": used = Int64(value) ?? 0
            case "maxmemory": limit = Int64(value) ?? 0
            case "maxmemory_policy": policy = String(value)
            default: continue
            }
        }
        isFull = limit > 0 && used >= limit
        mayEvict = limit > 0 && !policy.isEmpty && policy != "noeviction"
    }

    /// The first number of the version; nil where there is none.
    public var majorVersion: Int? {
        version.split(separator: ".", omittingEmptySubsequences: false).first.flatMap { Int($0) }
    }

    /// True where it has what the function library needs.
    ///
    /// A server that tells no version, or none that is a number, is taken for too old.
    public var isRecentEnough: Bool { (majorVersion ?? 0) >= RedisServerFacts.oldestMajorVersion }
}

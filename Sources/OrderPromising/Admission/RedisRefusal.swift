public import Domain
import HotStock
public import Ledger

/// Why a server does not use the Redis that it was pointed at.
///
/// It heals where the Redis, or who uses it, changes; the server looks again all the time.
public enum RedisRefusal: Error, Sendable, Hashable, CustomStringConvertible {
    /// The keys under the prefix belong to another deployment, that is to another database.
    case anotherDeployment(found: EntityID, own: EntityID, keyPrefix: String)
    /// Other servers of this deployment use another Redis, or another key prefix, and did so before this one came.
    case anotherRedis(inUse: AdmissionRedis, own: RedisClaimant)
    /// It is older than the functions that admission is made of.
    case tooOld(version: String)
    /// It follows another Redis.
    case replica
    /// It is a node of a cluster.
    case cluster
    /// Something else than a claim stands under the deployment's key.
    case unreadable(String)

    /// True for a mistake of who set the servers up: it is to be told of, not to be bridged by PostgreSQL.
    ///
    /// A replica is none: a failover makes one of a primary.
    public var isMistake: Bool { self != .replica }

    /// What is the case and the way on, in one line.
    public var description: String {
        switch self {
        case .anotherDeployment(let found, let own, let keyPrefix):
            """
            this Redis belongs to the deployment \(found) under the key prefix \(keyPrefix), and this server to \(own): \
            give each deployment a key prefix or a Redis of its own, or, where that deployment is gone, take this Redis \
            over with 'holdfast doctor --repair --take-redis'
            """
        case .anotherRedis(let inUse, let own):
            """
            other servers of this deployment use another Redis (\(inUse.instance), key prefix \(inUse.keyPrefix), \
            confirmed \(inUse.ageMilliseconds) ms ago) than this one (\(own.instance), key prefix \(own.keyPrefix)): give \
            all servers the same --redis-url and --key-prefix, or move to this Redis with \
            'holdfast doctor --repair --take-redis' and then move the others
            """
        case .tooOld(let version):
            """
            this Redis is version \(version.isEmpty ? "unknown" : version), and Holdfast needs \
            \(RedisServerFacts.oldestMajorVersion) or later: upgrade it, or name another one with --redis-url
            """
        case .replica:
            "this Redis is a replica and takes no writes: name the primary with --redis-url"
        case .cluster:
            "this Redis is a node of a cluster, which Holdfast does not spread over yet: name a single Redis"
        case .unreadable(let what):
            "\(what): give this deployment a key prefix of its own, or remove that key"
        }
    }
}

/// A Redis as a server sees it.
public struct RedisClaimant: Sendable, Hashable {
    /// The random id of the claim that stands there.
    public var instance: EntityID
    /// What its keys start with.
    public var keyPrefix: String

    /// Names a Redis.
    public init(instance: EntityID, keyPrefix: String) {
        self.instance = instance
        self.keyPrefix = keyPrefix
    }
}

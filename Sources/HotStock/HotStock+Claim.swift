public import Domain
public import NIOCore
import RedisClient

/// Whose keys a Redis has under a prefix.
public struct RedisClaim: Sendable, Hashable {
    /// The deployment that they belong to: the id of its database.
    public var deployment: EntityID
    /// A random id drawn when the claim was made: another one means another Redis, another prefix, or a Redis that was
    /// emptied since.
    public var instance: EntityID

    /// Makes a claim.
    public init(deployment: EntityID, instance: EntityID) {
        self.deployment = deployment
        self.instance = instance
    }

    /// The claim as it stands in Redis.
    var text: String { "\(deployment) \(instance)" }

    /// Reads what stands in Redis; nil for anything that is not a claim.
    init?(_ text: String) {
        let words = text.split(separator: " ", omittingEmptySubsequences: false)
        guard words.count == 2, let deployment = EntityID(String(words[0])), let instance = EntityID(String(words[1]))
        else { return nil }
        self.init(deployment: deployment, instance: instance)
    }
}

extension HotStock {
    /// What the server says of itself.
    public func serverFacts() -> EventLoopFuture<RedisServerFacts> {
        // Servers that are too old take one section only.
        let sections = ["server", "replication", "memory"].map { link.send(RedisCommand("INFO", $0)) }
        return EventLoopFuture.whenAllSucceed(sections, on: link.eventLoop).map { answers in
            RedisServerFacts(info: answers.compactMap(\.string).joined(separator: "\n"))
        }.flatMapErrorThrowing { throw HotStockError($0) }
    }

    /// Whose keys this Redis has under the deployment's prefix; nil where nobody has claimed it.
    ///
    /// Fails with ``HotStockError/malformed(_:)`` where something else stands there.
    public func claim() -> EventLoopFuture<RedisClaim?> {
        link.send(RedisCommand("GET", claimKey)).flatMapThrowing { value in
            guard !value.isNull else { return nil }
            guard let text = value.string, let claim = RedisClaim(text) else {
                throw HotStockError.malformed("the key \(claimKey) holds something else than a claim")
            }
            return claim
        }.flatMapErrorThrowing { throw HotStockError($0) }
    }

    /// Claims a Redis that nobody has claimed, and returns the claim that stands then.
    ///
    /// Of several that come at once the first wins. A full Redis refuses a new claim.
    public func claim(_ claim: RedisClaim) -> EventLoopFuture<RedisClaim?> {
        link.send(RedisCommand("SET", claimKey, claim.text, "NX")).flatMapErrorThrowing { throw HotStockError($0) }
            .flatMap { _ in self.claim() }
    }

    /// Puts a claim in place of whatever stands there.
    ///
    /// Then disarms every vshard: what another deployment admitted here until now it admits no more. For an operator only.
    public func takeOver(_ claim: RedisClaim) -> EventLoopFuture<Void> {
        link.send(RedisCommand("SET", claimKey, claim.text)).flatMap { _ in
            var command = RedisCommand("UNLINK")
            for key in metaKeys { command.append(key) }
            return link.send(command).map { _ in }
        }.flatMapErrorThrowing { throw HotStockError($0) }
    }
}

public import NIOCore
import RedisClient

/// How far PostgreSQL's log had reached when Redis last heard of it.
///
/// Redis may reflect everything up to there. A PostgreSQL whose log ends before it, or another system, has forgotten
/// something that Redis knows.
public struct LogWitness: Sendable, Hashable {
    /// PostgreSQL's system identifier.
    public var system: Int64
    /// Bytes of log on its disk.
    public var end: UInt64

    /// Makes a witness.
    public init(system: Int64, end: UInt64) {
        self.system = system
        self.end = end
    }
}

extension HotStock {
    /// Stores how far the log reaches.
    public func store(_ witness: LogWitness) -> EventLoopFuture<Void> {
        link.send(RedisCommand("SET", keys.witness, "\(witness.system) \(witness.end)")).map { _ in }
            .flatMapErrorThrowing { throw HotStockError($0) }
    }

    /// Reads how far the log reached; nil where Redis knows nothing of it.
    public func witness() -> EventLoopFuture<LogWitness?> {
        link.send(RedisCommand("GET", keys.witness)).flatMapThrowing { value in
            guard let text = value.string else { return nil }
            let parts = text.split(separator: " ")
            guard parts.count == 2, let system = Int64(parts[0]), let end = UInt64(parts[1]) else {
                throw HotStockError.malformed("the witness of the log has another shape")
            }
            return LogWitness(system: system, end: end)
        }.flatMapErrorThrowing { throw HotStockError($0) }
    }
}

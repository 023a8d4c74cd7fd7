public import NIOCore
import RedisClient

/// How far PostgreSQL had come when Redis last heard of it.
///
/// Redis may reflect everything up to there. A PostgreSQL whose pulse is lower, whose log ends before it, or another
/// system, has forgotten something that Redis knows.
public struct LedgerWitness: Sendable, Hashable {
    /// PostgreSQL's system identifier.
    public var system: Int64
    /// Bytes of log on its disk.
    public var end: UInt64
    /// The pulse of the deployment.
    public var pulse: Int64

    /// Makes a witness.
    public init(system: Int64, end: UInt64, pulse: Int64) {
        self.system = system
        self.end = end
        self.pulse = pulse
    }
}

extension HotStock {
    /// Stores how far PostgreSQL has come.
    public func store(_ witness: LedgerWitness) -> EventLoopFuture<Void> {
        link.send(RedisCommand("SET", keys.witness, "\(witness.system) \(witness.end) \(witness.pulse)")).map { _ in }
            .flatMapErrorThrowing { throw HotStockError($0) }
    }

    /// Reads how far PostgreSQL had come; nil where Redis knows nothing of it, or nothing that this program can read.
    public func witness() -> EventLoopFuture<LedgerWitness?> {
        link.send(RedisCommand("GET", keys.witness)).flatMapThrowing { value in
            guard let text = value.string else { return nil }
            let parts = text.split(separator: " ")
            guard parts.count == 3, let system = Int64(parts[0]), let end = UInt64(parts[1]),
                let pulse = Int64(parts[2])
            else { return nil }
            return LedgerWitness(system: system, end: end, pulse: pulse)
        }.flatMapErrorThrowing { error in
            if let error = error as? RedisError, error.serverCode == "WRONGTYPE" { return nil }
            throw HotStockError(error)
        }
    }
}

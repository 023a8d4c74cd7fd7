public import Domain
public import NIOCore
import RedisClient

/// A live hold as a rebuild loads it.
public struct LoadedHold: Sendable, Hashable {
    /// The hold.
    public var key: HoldKey
    /// Fingerprint of its request.
    public var fingerprint: UInt64
    /// Its units in this vshard.
    public var takes: [CellTake]

    /// Makes a hold to load.
    public init(key: HoldKey, fingerprint: UInt64, takes: [CellTake]) {
        self.key = key
        self.fingerprint = fingerprint
        self.takes = takes
    }
}

/// What a vshard says of itself.
public struct VShardStatus: Sendable, Hashable {
    /// The epoch that this Redis process may admit under; 0 for none, as where cells have gone missing since.
    public var armed: Int64
    /// The epoch that the vshard's keys belong to; 0 for none.
    public var epoch: Int64
    /// Admitting calls so far in that epoch.
    public var sequence: Int64

    /// A vshard that nobody has loaded.
    public static let unloaded = VShardStatus(armed: 0, epoch: 0, sequence: 0)
}

extension HotStock {
    /// Wipes and disarms a vshard.
    ///
    /// The caller has just raised its epoch in PostgreSQL.
    ///
    /// Fails with ``HotStockError/stale`` where this epoch or a later one is there already.
    public func beginLoad(_ vshard: VShard, epoch: Int64) -> EventLoopFuture<Void> {
        var command = RedisCommand("FCALL")
        command.append("hf1_begin_load")
        append(allKeysOf: vshard, to: &command)
        command.append(epoch)
        return done(command)
    }

    /// Loads bases and live holds; what is there and newer stays.
    ///
    /// May be called many times.
    public func load(_ vshard: VShard, epoch: Int64, bases: [CellBase], holds: [LoadedHold]) -> EventLoopFuture<Void> {
        var command = RedisCommand("FCALL", capacity: 96 + bases.count * 40 + holds.count * 128)
        command.append("hf1_load")
        append(allKeysOf: vshard, to: &command)
        command.append(epoch)
        command.append(bases.count)
        command.append(bases: bases)
        command.append(holds.count)
        for hold in holds {
            command.append(hold: hold.key)
            command.append(hexadecimal: 0)  // no take of this life owns it, so no untake can remove it
            command.append(hexadecimal: hold.fingerprint)
            command.append(hold.takes.count)
            for take in hold.takes {
                command.append(take.line)
                command.append(take.cell.rawValue)
                command.append(take.quantity)
            }
        }
        return done(command)
    }

    /// Lets this Redis process admit under `epoch`: the last step of a rebuild.
    public func arm(_ vshard: VShard, epoch: Int64) -> EventLoopFuture<Void> {
        var command = RedisCommand("FCALL")
        command.append("hf1_arm")
        command.append(2)
        command.append(keys(of: vshard).meta)
        command.append(keys(of: vshard).bases)
        command.append(epoch)
        return done(command)
    }

    /// What a vshard says of itself.
    public func status(_ vshard: VShard) -> EventLoopFuture<VShardStatus> {
        var command = RedisCommand("FCALL")
        command.append("hf1_status")
        command.append(3)
        command.append(keys(of: vshard).meta)
        command.append(keys(of: vshard).available)
        command.append(keys(of: vshard).bases)
        return link.send(command).flatMapThrowing { value in
            guard let elements = value.array, elements.count == 3, let armed = elements[0].int64,
                let epoch = elements[1].int64, let sequence = elements[2].int64
            else { throw HotStockError.malformed("a vshard's status has another shape") }
            return VShardStatus(armed: armed, epoch: epoch, sequence: sequence)
        }.flatMapErrorThrowing { throw HotStockError($0) }
    }

    /// The highest epoch that a vshard's keys tell of, loaded or being loaded; 0 for none.
    public func latestEpoch(_ vshard: VShard) -> EventLoopFuture<Int64> {
        link.send(RedisCommand("HMGET", keys(of: vshard).meta, "e", "l")).map { value in
            value.array?.compactMap(\.int64).max() ?? 0
        }.flatMapErrorThrowing { throw HotStockError($0) }
    }

    private func append(allKeysOf vshard: VShard, to command: inout RedisCommand) {
        command.append(4)
        command.append(keys(of: vshard).meta)
        command.append(keys(of: vshard).available)
        command.append(keys(of: vshard).bases)
        command.append(keys(of: vshard).holds)
    }

    private func done(_ command: RedisCommand) -> EventLoopFuture<Void> {
        link.send(command).map { _ in }.flatMapErrorThrowing { throw HotStockError($0) }
    }
}

public import Domain
import Failpoints
public import NIOCore
public import RedisClient

/// Available-to-promise figures and holds in Redis: typed calls of the function library, on one event loop's link.
///
/// Every call is one command on one vshard. Futures complete on the link's event loop and fail with ``HotStockError``.
public struct HotStock: Sendable {
    /// The connection that carries the calls.
    public let link: RedisLink
    let keys: HotStockKeys

    /// Where calls are sent from and futures complete.
    public var eventLoop: any EventLoop { link.eventLoop }

    /// Makes the calls of a deployment whose keys start with `prefix`.
    public init(link: RedisLink, keys: HotStockKeys) {
        self.link = link
        self.keys = keys
    }

    /// Takes stock for each request, all its lines or none; see ``TakeOutcome``.
    ///
    /// Fails with ``HotStockError/notArmed`` where this Redis may not admit under `epoch`; nothing was taken then.
    public func take(_ vshard: VShard, epoch: Int64, _ requests: [TakeRequest]) -> EventLoopFuture<TakeReply> {
        var command = RedisCommand("FCALL", capacity: 64 + requests.count * 160)
        command.append("hf1_take")
        command.append(3)
        command.append(keys[vshard].meta)
        command.append(keys[vshard].available)
        command.append(keys[vshard].holds)
        command.append(epoch)
        command.append(requests.count)
        for request in requests {
            command.append(hold: request.key)
            command.append(hexadecimal: request.nonce)
            command.append(hexadecimal: request.fingerprint)
            command.append(request.force ? "1" : "0" as StaticString)
            command.append(request.lines.count)
            for line in request.lines {
                command.append(line.index)
                command.append(line.quantity)
                command.append(line.split ? "1" : "0" as StaticString)
                command.append(line.groups.count)
                for group in line.groups {
                    command.append(group.count)
                    for cell in group { command.append(cell.rawValue) }
                }
            }
        }
        return link.send(command).flatMapThrowing { value in
            if Failpoint.takeAnswered.pass() { throw RedisError(.connectionLost, "the answer was swallowed") }
            return try TakeReply(value, expected: requests.count)
        }.flatMapErrorThrowing { throw HotStockError($0) }
    }

    /// Removes holds that are final in PostgreSQL and applies bases that are newer than those known.
    ///
    /// Pass the current base of every cell of the holds. Repeating changes nothing. Returns the figures that moved.
    public func settle(_ vshard: VShard, holds: [HoldKey], bases: [CellBase]) -> EventLoopFuture<[CellFigure]> {
        var command = RedisCommand("FCALL", capacity: 96 + holds.count * 48 + bases.count * 40)
        command.append("hf1_settle")
        command.append(3)
        command.append(keys[vshard].available)
        command.append(keys[vshard].bases)
        command.append(keys[vshard].holds)
        command.append(holds.count)
        for hold in holds { command.append(hold: hold) }
        command.append(bases.count)
        command.append(bases: bases)
        return figures(command)
    }

    /// Gives back what the caller's own take answered as `taken` and whose journal entry surely does not exist.
    public func untake(_ vshard: VShard, _ holds: [(key: HoldKey, nonce: UInt64)]) -> EventLoopFuture<[CellFigure]> {
        var command = RedisCommand("FCALL", capacity: 96 + holds.count * 72)
        command.append("hf1_untake")
        command.append(2)
        command.append(keys[vshard].available)
        command.append(keys[vshard].holds)
        for hold in holds {
            command.append(hold: hold.key)
            command.append(hexadecimal: hold.nonce)
        }
        return figures(command)
    }

    /// What the cells would admit now, in the given order; nil for one that is not loaded.
    public func read(_ vshard: VShard, _ cells: [CellID]) -> EventLoopFuture<[Int64?]> {
        var command = RedisCommand("HMGET", capacity: 64 + cells.count * 16)
        command.append(keys[vshard].available)
        for cell in cells { command.append(cell.rawValue) }
        return link.send(command).flatMapThrowing { value in
            guard let elements = value.array, elements.count == cells.count else {
                throw HotStockError.malformed("a reply of HMGET has another length than its request")
            }
            return elements.map(\.int64)
        }.flatMapErrorThrowing { throw HotStockError($0) }
    }

    func keys(of vshard: VShard) -> HotStockKeys.Names { keys[vshard] }

    /// The key that names the deployment.
    var claimKey: String { keys.claim }

    /// The keys whose loss disarms every vshard.
    var metaKeys: [String] { keys.metas }

    private func figures(_ command: RedisCommand) -> EventLoopFuture<[CellFigure]> {
        link.send(command).flatMapThrowing { value in
            guard let elements = value.array, elements.count % 2 == 0 else {
                throw HotStockError.malformed("figures do not come in pairs")
            }
            return try stride(from: 0, to: elements.count, by: 2).map { index in
                guard let cell = elements[index].int64, let figure = elements[index + 1].int64 else {
                    throw HotStockError.malformed("a figure is not a number")
                }
                return CellFigure(cell: CellID(cell), available: figure)
            }
        }.flatMapErrorThrowing { throw HotStockError($0) }
    }
}

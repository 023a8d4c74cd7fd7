public import Domain
public import NIOCore
import RedisClient

/// A hold as Redis has it in one vshard.
public struct TakenHold: Sendable, Hashable {
    /// The hold.
    public var key: HoldKey
    /// Names the last attempt that took or adopted it.
    public var nonce: UInt64
    /// Its units in this vshard.
    public var takes: [CellTake]
}

/// A part of a vshard's holds.
public struct TakenHolds: Sendable {
    /// Where the walk goes on; nil where it has come to its end.
    public var next: String?
    /// The holds.
    ///
    /// One may come twice in a walk; one that is there from its begin to its end comes at least once.
    public var holds: [TakenHold]
    /// Entries that are no holds: somebody else wrote them.
    public var unreadable: Int
}

/// A cell's figures as Redis has them.
public struct KnownCell: Sendable, Hashable {
    /// What it would admit.
    public var available: Int64
    /// Version and base as last heard from PostgreSQL.
    public var version: Int64
    /// The base.
    public var base: Int64
}

extension HotStock {
    /// Walks the holds of a vshard in portions of about `count`, from `cursor` on; nil begins.
    public func holds(_ vshard: VShard, from cursor: String?, count: Int) -> EventLoopFuture<TakenHolds> {
        var command = RedisCommand("HSCAN")
        command.append(keys(of: vshard).holds)
        command.append(cursor ?? "0")
        command.append("COUNT")
        command.append(count)
        return link.send(command).flatMapThrowing { value in
            guard let parts = value.array, parts.count == 2, let next = parts[0].string, let fields = parts[1].array,
                fields.count % 2 == 0
            else { throw HotStockError.malformed("a reply of HSCAN has another shape") }
            var portion = TakenHolds(next: next == "0" ? nil : next, holds: [], unreadable: 0)
            portion.holds.reserveCapacity(fields.count / 2)
            for index in stride(from: 0, to: fields.count, by: 2) {
                if let hold = TakenHold(field: fields[index].string, value: fields[index + 1].string) {
                    portion.holds.append(hold)
                } else {
                    portion.unreadable += 1
                }
            }
            return portion
        }.flatMapErrorThrowing { throw HotStockError($0) }
    }

    /// Figures with their bases, in the given order; nil for a cell that is not loaded.
    ///
    /// Two reads, the bases first: where a base stands beside a figure, the figure was read no earlier.
    public func known(_ vshard: VShard, _ cells: [CellID]) -> EventLoopFuture<[KnownCell?]> {
        var command = RedisCommand("HMGET", capacity: 64 + cells.count * 16)
        command.append(keys(of: vshard).bases)
        for cell in cells { command.append(cell.rawValue) }
        let bases = link.send(command)
        let figures = read(vshard, cells)
        return bases.and(figures).flatMapThrowing { bases, figures in
            guard let bases = bases.array, bases.count == figures.count else {
                throw HotStockError.malformed("a reply of HMGET has another length than its request")
            }
            return zip(bases, figures).map { base, figure in
                guard let figure, let parts = base.string?.split(separator: ":"), parts.count == 2,
                    let version = Int64(parts[0]), let units = Int64(parts[1])
                else { return nil }
                return KnownCell(available: figure, version: version, base: units)
            }
        }.flatMapErrorThrowing { throw HotStockError($0) }
    }
}

extension TakenHold {
    /// Reads an entry: the kind's letter and 32 digits, `nonce|fingerprint|line,cell,quantity,…`.
    init?(field: String?, value: String?) {
        guard let field, let value, field.utf8.count == 33, let letter = field.first,
            let kind = [HoldKind.reservation, .order, .movement].first(where: { $0.letter == letter })
        else { return nil }
        let digits = field.dropFirst()
        guard let high = UInt64(digits.prefix(16), radix: 16), let low = UInt64(digits.suffix(16), radix: 16) else {
            return nil
        }
        let parts = value.split(separator: "|", omittingEmptySubsequences: false)
        guard parts.count == 3, let nonce = UInt64(parts[0], radix: 16) else { return nil }
        let numbers = parts[2].split(separator: ",").map { Int64($0) }
        guard !numbers.isEmpty, numbers.count % 3 == 0 else { return nil }
        var takes: [CellTake] = []
        for index in stride(from: 0, to: numbers.count, by: 3) {
            guard let line = numbers[index], let cell = numbers[index + 1], let quantity = numbers[index + 2] else {
                return nil
            }
            takes.append(CellTake(line: Int(line), cell: CellID(cell), quantity: quantity))
        }
        self.init(key: HoldKey(kind, EntityID(high: high, low: low)), nonce: nonce, takes: takes)
    }
}

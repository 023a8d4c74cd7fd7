/// One line of a request and the cells that may serve it.
public struct SupplyLine: Sendable, Hashable {
    /// Index of the line in the request.
    public var index: Int
    /// Units, at least 1.
    public var quantity: Int64
    /// Whether several groups may serve the line together.
    public var split: Bool
    /// Locations in rank order, each with its cells in rank order.
    ///
    /// Cells are unique within the line.
    public var groups: [[CellID]]

    /// Makes a line.
    public init(index: Int, quantity: Int64, split: Bool, groups: [[CellID]]) {
        self.index = index
        self.quantity = quantity
        self.split = split
        self.groups = groups
    }
}

/// The best that a line could have had.
public struct LineAvailable: Sendable, Hashable {
    /// Index of the line.
    public var line: Int
    /// Units, at least 0.
    public var available: Int64

    /// Makes a figure.
    public init(line: Int, available: Int64) {
        self.line = line
        self.available = available
    }
}

/// Chooses the cells that serve the lines of one request, all lines or none.
///
/// The same rule as `take` of the function library, for the time in which PostgreSQL decides: a line is served by the first
/// group that has enough; with `split` by several groups where none has; forced, by whatever is there, and its first cell
/// bears the rest. Later lines see what earlier ones used.
public enum SupplyChoice: Sendable, Hashable {
    /// Units by line and cell, in the order of the choice.
    case chosen([CellTake])
    /// Nothing is chosen: the lines that lack something.
    case short([LineAvailable])
    /// Nothing is chosen: a cell that is not known.
    case unknown(CellID)

    /// Chooses; `available` tells what a cell has to promise, nil where it is not known.
    public init(_ lines: [SupplyLine], force: Bool, available: (CellID) -> Int64?) {
        var used: [CellID: Int64] = [:]
        var chosen: [CellTake] = []
        var short: [LineAvailable] = []
        for line in lines {
            var best: Int64 = 0
            var total: Int64 = 0
            var serving: Range<Int>?
            for (number, group) in line.groups.enumerated() {
                var free: Int64 = 0
                for cell in group {
                    guard let value = available(cell) else {
                        self = .unknown(cell)
                        return
                    }
                    free += max(0, value - (used[cell] ?? 0))
                }
                total += free
                best = max(best, free)
                if serving == nil, free >= line.quantity { serving = number..<number + 1 }
            }
            if serving == nil, !line.groups.isEmpty, force || (line.split && total >= line.quantity) {
                serving = 0..<line.groups.count
            }
            guard let serving else {
                short.append(LineAvailable(line: line.index, available: line.split ? total : best))
                continue
            }
            var rest = line.quantity
            let from = chosen.count
            for cell in line.groups[serving].joined() where rest > 0 {
                let part = min(rest, max(0, (available(cell) ?? 0) - (used[cell] ?? 0)))
                guard part > 0 else { continue }
                used[cell, default: 0] += part
                chosen.append(CellTake(line: line.index, cell: cell, quantity: part))
                rest -= part
            }
            guard rest > 0, let bearer = line.groups.first?.first else { continue }
            used[bearer, default: 0] += rest
            if let place = chosen[from...].firstIndex(where: { $0.cell == bearer }) {
                chosen[place].quantity += rest
            } else {
                chosen.append(CellTake(line: line.index, cell: bearer, quantity: rest))
            }
        }
        self = short.isEmpty ? .chosen(chosen) : .short(short.sorted { $0.line < $1.line })
    }
}

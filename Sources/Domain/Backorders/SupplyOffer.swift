/// Units of one article that have become free at some locations, offered to lines that wait, one line after the other.
///
/// Pure: who holds the locks brings the units and the lines in their order, and writes what comes out.
public struct SupplyOffer: Hashable, Sendable {
    /// Free units of one cell.
    public struct Part: Hashable, Sendable {
        /// The cell.
        public var cell: CellID
        /// Its location's number.
        public var location: Int32
        /// Units that are free, at least 0.
        public var units: Int64

        /// Makes a part.
        public init(cell: CellID, location: Int32, units: Int64) {
            self.cell = cell
            self.location = location
            self.units = units
        }
    }

    /// What a line wants.
    public struct Wish: Hashable, Sendable {
        /// Units, at least 1.
        public var units: Int64
        /// Numbers of the locations that may serve it; nil is any.
        public var locations: Set<Int32>?
        /// True where one location must serve the whole line: the first that serves any of it binds the rest.
        public var single: Bool
        /// Numbers of locations that do not serve it, whatever they have: it was not found there.
        public var avoided: Set<Int32>

        /// Makes a wish.
        public init(units: Int64, locations: Set<Int32>?, single: Bool, avoided: Set<Int32> = []) {
            self.units = units
            self.locations = locations
            self.single = single
            self.avoided = avoided
        }

        fileprivate func admits(_ location: Int32) -> Bool {
            (locations?.contains(location) ?? true) && !avoided.contains(location)
        }
    }

    /// Units that one cell gives to a line.
    public struct Grant: Hashable, Sendable {
        /// The cell.
        public var cell: CellID
        /// Its location's number.
        public var location: Int32
        /// Units, at least 1.
        public var units: Int64
    }

    /// What is free, in the order in which it is given away; what was given away whole stays, with 0 units.
    public private(set) var parts: [Part]

    /// Makes an offer; parts without units are left out.
    public init(_ parts: [Part]) {
        self.parts = parts.filter { $0.units > 0 }
    }

    /// True where nothing is left.
    public var isEmpty: Bool { parts.allSatisfy { $0.units == 0 } }

    /// Units that are left.
    public var units: Int64 { parts.reduce(0) { $0 + $1.units } }

    /// Serves a line as far as it goes, in the order of the parts.
    ///
    /// A line for one location alone takes the first that has all it wants, else the one that has most.
    ///
    /// - Parameter wish: what the line wants.
    /// - Returns: what it gets; empty where no location that may serve it has anything.
    public mutating func serve(_ wish: Wish) -> [Grant] {
        var wish = wish
        if wish.single {
            guard let chosen = location(for: wish) else { return [] }
            wish.locations = [chosen]
        }
        var left = wish.units
        var grants: [Grant] = []
        for index in parts.indices where left > 0 {
            let part = parts[index]
            guard wish.admits(part.location) else { continue }
            let units = min(left, part.units)
            guard units > 0 else { continue }
            parts[index].units -= units
            left -= units
            grants.append(Grant(cell: part.cell, location: part.location, units: units))
        }
        return grants
    }

    /// Takes units back that a line was to get and cannot take: they are offered to the next ones, in the same order.
    public mutating func takeBack(_ grant: Grant) {
        guard let index = parts.firstIndex(where: { $0.cell == grant.cell }) else { return }
        parts[index].units += grant.units
    }

    private func location(for wish: Wish) -> Int32? {
        var free: [Int32: Int64] = [:]
        var order: [Int32] = []
        for part in parts where wish.admits(part.location) {
            if free[part.location] == nil { order.append(part.location) }
            free[part.location, default: 0] += part.units
        }
        if let whole = order.first(where: { free[$0, default: 0] >= wish.units }) { return whole }
        var best: (location: Int32, units: Int64)?
        for location in order {
            let units = free[location, default: 0]
            if units > best?.units ?? 0 { best = (location, units) }
        }
        return best?.location
    }
}

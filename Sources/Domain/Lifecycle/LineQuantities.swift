/// The units of one line by status.
///
/// Invariant: no count is negative, and their sum is the quantity ordered. Units move only along ``Lifecycle/line``. A
/// move that is refused changes nothing.
public struct LineQuantities: Hashable, Sendable {
    /// Units that moved together.
    public struct Move: Hashable, Sendable {
        /// The row of the table that they took.
        public var transition: LineTransition
        /// How many.
        public var quantity: Int64
    }

    /// Units ordered, 0 to `Quantity.bound`.
    public private(set) var ordered: Int64 = 0
    /// Units by the number of their status.
    private var counts = Self.none

    private static let none = [Int64](
        repeating: 0, count: Int(LineStatus.allCases.map(\.rawValue).max() ?? 0) + 1)

    /// Makes a line without units.
    public init() {}

    /// Units as they were stored; nil where a count is negative or they do not add up to `ordered`.
    public init?(ordered: Int64, _ units: [LineStatus: Int64]) {
        var sum: Int64 = 0
        for (status, quantity) in units {
            let (total, overflow) = sum.addingReportingOverflow(quantity)
            guard quantity >= 0, !overflow else { return nil }
            sum = total
            counts[Int(status.rawValue)] = quantity
        }
        guard sum == ordered else { return nil }
        self.ordered = ordered
    }

    /// Units in a status.
    public subscript(status: LineStatus) -> Int64 { counts[Int(status.rawValue)] }

    /// The statuses that have units.
    public var present: LineStatusSet {
        LineStatus.allCases.reduce(into: []) { if self[$1] > 0 { $0.insert(LineStatusSet($1)) } }
    }

    /// How many units an event can move.
    public func movable(by event: LineEvent) -> Int64 {
        Lifecycle.line.states(knowing: event).reduce(0) { $0 + self[$1] }
    }

    /// Adds units to the line: those that were ordered, or that an amendment adds.
    ///
    /// - Parameters:
    ///   - event: how they come into being.
    ///   - quantity: how many, at least 1.
    /// - Returns: what was done.
    /// - Throws: ``LineMoveRefusal``; nothing is changed then.
    public mutating func add(_ event: LineEvent, _ quantity: Int64) throws(LineMoveRefusal) -> Move {
        guard let transition = Lifecycle.line[nil, event] else {
            throw .notKnown(event, in: nil, allowed: Lifecycle.line.allowed(in: nil))
        }
        guard quantity > 0 else { throw .notPositive(event, quantity) }
        guard quantity <= Quantity.bound - ordered else { throw .beyondBound(event, quantity, ordered: ordered) }
        ordered += quantity
        counts[Int(transition.to.rawValue)] += quantity
        return Move(transition: transition, quantity: quantity)
    }

    /// Moves units that stand in one status.
    ///
    /// - Parameters:
    ///   - event: what happens to them.
    ///   - quantity: how many, at least 1.
    ///   - status: where they stand.
    /// - Returns: what was done.
    /// - Throws: ``LineMoveRefusal``; nothing is changed then.
    public mutating func move(_ event: LineEvent, _ quantity: Int64, from status: LineStatus)
        throws(LineMoveRefusal) -> Move
    {
        guard let transition = Lifecycle.line[status, event] else {
            throw .notKnown(event, in: status, allowed: Lifecycle.line.allowed(in: status))
        }
        guard quantity > 0 else { throw .notPositive(event, quantity) }
        guard quantity <= self[status] else { throw .tooMany(event, quantity, there: self[status], in: [status]) }
        counts[Int(status.rawValue)] -= quantity
        counts[Int(transition.to.rawValue)] += quantity
        return Move(transition: transition, quantity: quantity)
    }

    /// Moves units wherever the event is known, from the statuses in the order of the table's rows.
    ///
    /// - Parameters:
    ///   - event: what happens to them.
    ///   - quantity: how many in all, at least 1.
    /// - Returns: what was done, a part for each status that gave units.
    /// - Throws: ``LineMoveRefusal``; nothing is changed then.
    public mutating func move(_ event: LineEvent, _ quantity: Int64) throws(LineMoveRefusal) -> [Move] {
        guard quantity > 0 else { throw .notPositive(event, quantity) }
        let there = movable(by: event)
        let sources = Lifecycle.line.states(knowing: event)
        guard quantity <= there else { throw .tooMany(event, quantity, there: there, in: sources) }
        var left = quantity
        var moves: [Move] = []
        for status in sources where left > 0 && self[status] > 0 {
            let part = min(left, self[status])
            moves.append(try move(event, part, from: status))
            left -= part
        }
        return moves
    }
}

/// Why units were not moved.
///
/// Nothing was changed.
public enum LineMoveRefusal: Error, Hashable, Sendable {
    /// The table does not know the event in a status, nil being no unit yet; it knows these there.
    case notKnown(LineEvent, in: LineStatus?, allowed: [LineEvent])
    /// More units were asked to move than there are in the statuses that know the event.
    case tooMany(LineEvent, Int64, there: Int64, in: [LineStatus])
    /// No unit, or less than none, was asked to move.
    case notPositive(LineEvent, Int64)
    /// The line would have more than `Quantity.bound` units.
    case beyondBound(LineEvent, Int64, ordered: Int64)

    /// What a caller is told, of a line with this name.
    public func refusal(naming name: String) -> Refusal {
        switch self {
        case .notKnown(let event, let status, let allowed):
            .eventNotKnown(
                .orderLine, name, state: status?.word ?? "new", event: event.word, allowed: allowed.map(\.word))
        case .tooMany(let event, let asked, let there, let statuses):
            .wrongState(
                .orderLine, name, state: "\(statuses.map(\.word).joined(separator: "+"))=\(there)",
                explanation: "\(event.word) was asked of \(asked) units, \(there) are "
                    + statuses.map(\.word).joined(separator: " or "))
        case .notPositive(let event, let asked):
            .invalid([FieldViolation("quantity", "\(event.word) needs at least 1 unit, \(asked) were asked")])
        case .beyondBound(let event, let asked, let ordered):
            .invalid([
                FieldViolation(
                    "quantity",
                    "\(event.word) would add \(asked) units to \(ordered): a line has at most \(Quantity.bound)")
            ])
        }
    }
}

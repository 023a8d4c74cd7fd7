/// What became of the money of one line, as sums in minor units with the taxes that prices do not include.
public struct LineMoney: Hashable, Sendable {
    /// Of units that have left.
    public var earned: Int64
    /// Those units.
    public var earnedUnits: Int64
    /// Of those among them that were lost or came back: what of it was paid is due back.
    public var refundDue: Int64
    /// Those units, and those that are paid back although they stay with the customer.
    public var refundUnits: Int64
    /// What of their value is kept and not due back: fees, and what goods lost in value.
    public var withheld: Int64

    /// Makes sums.
    public init(
        earned: Int64 = 0, earnedUnits: Int64 = 0, refundDue: Int64 = 0, refundUnits: Int64 = 0, withheld: Int64 = 0
    ) {
        self.earned = earned
        self.earnedUnits = earnedUnits
        self.refundDue = refundDue
        self.refundUnits = refundUnits
        self.withheld = withheld
    }
}

/// The books of one line: its units by status, and what became of its money.
///
/// Invariants, whatever happens in whatever order:
/// - units add up to what was ordered (``LineQuantities``);
/// - what was earned, what is not owed any more, and the value of the units that wait add up to the line's value;
/// - `0 <= refundDue + withheld <= earned`, and they are equal once every unit that was earned with came back or was lost.
public struct LineBooks: Hashable, Sendable {
    /// What a move did to money, in minor units.
    public struct Booked: Hashable, Sendable {
        /// The row of the table that the units took.
        public var transition: LineTransition
        /// Their part of the line's amount; 0 where no money moved.
        public var amountMinor: Int64
        /// That with their part of the taxes that prices do not include.
        public var valueMinor: Int64
    }

    /// The line's amount, in minor units.
    public let amountMinor: Int64
    /// The taxes that its prices do not include.
    public let addedTaxMinor: Int64
    /// Units by status.
    public private(set) var units: LineQuantities
    /// What became of the money.
    public private(set) var money: LineMoney

    /// Makes the books of a line as they were stored.
    public init(amountMinor: Int64, addedTaxMinor: Int64, units: LineQuantities, money: LineMoney) {
        self.amountMinor = amountMinor
        self.addedTaxMinor = addedTaxMinor
        self.units = units
        self.money = money
    }

    /// What the line is worth, with the taxes that its prices do not include.
    public var valueMinor: Int64 { amountMinor + addedTaxMinor }

    /// Units that do not wait any longer, whatever became of them.
    private var gone: Int64 {
        units.ordered - LineStatusSet.waiting.statuses.reduce(0) { $0 + units[$1] }
    }

    /// What of its value was cancelled before it was earned.
    ///
    /// Units that do not wait any longer took their shares of the value one after the other; what was not earned of these was
    /// cancelled.
    public var notOwedMinor: Int64 {
        guard units.ordered > 0 else { return 0 }
        return Rounding.share(of: valueMinor, from: 0, to: gone, count: units.ordered) - money.earned
    }

    /// What is still owed or was earned: the value less what was cancelled and what is due back.
    public var owedMinor: Int64 { valueMinor - notOwedMinor - money.refundDue }

    /// Moves units that stand in one status, with their money.
    ///
    /// The line's amount is shared out in the order in which units stop waiting, what was earned in the order in which units
    /// come back; either way the parts add up to the whole.
    ///
    /// - Throws: ``LineMoveRefusal``; nothing is changed then.
    public mutating func move(
        _ event: LineEvent, _ quantity: Int64, from status: LineStatus
    ) throws(LineMoveRefusal) -> Booked {
        let first = gone
        let before = units
        let transition = try units.move(event, quantity, from: status).transition
        var booked = Booked(transition: transition, amountMinor: 0, valueMinor: 0)
        let effects = transition.effect.money
        if effects.contains(.earned) || effects.contains(.notOwed) {
            booked.amountMinor = share(of: amountMinor, first, quantity)
            booked.valueMinor = share(of: valueMinor, first, quantity)
        }
        if effects.contains(.earned) {
            money.earned += booked.valueMinor
            money.earnedUnits += quantity
        }
        if effects.contains(.refundDue) {
            guard let value = giveBack(quantity) else {
                units = before
                throw .tooMany(event, quantity, there: money.earnedUnits - money.refundUnits, in: [status])
            }
            booked.valueMinor = value
            booked.amountMinor = value
        }
        return booked
    }

    /// What was earned with units that did not come back, and those units.
    public var returnable: ReturnableUnits {
        ReturnableUnits(
            value: money.earned - money.refundDue - money.withheld, units: money.earnedUnits - money.refundUnits)
    }

    /// Books units that are paid back where they are, and returns their value; nil where so many were not earned with.
    public mutating func giveBack(_ quantity: Int64) -> Int64? {
        var left = returnable
        guard quantity <= left.units else { return nil }
        let value = left.take(quantity)
        money.refundDue += value
        money.refundUnits += quantity
        return value
    }

    /// Keeps a part of what is due back, in minor units: at least 0, at most what is due.
    public mutating func withhold(_ amount: Int64) {
        precondition((0...money.refundDue).contains(amount), "no more is kept than is due")
        money.refundDue -= amount
        money.withheld += amount
    }

    /// Adds units to the line.
    ///
    /// - Throws: ``LineMoveRefusal``; nothing is changed then.
    public mutating func add(_ event: LineEvent, _ quantity: Int64) throws(LineMoveRefusal) -> LineTransition {
        try units.add(event, quantity).transition
    }

    private func share(of whole: Int64, _ first: Int64, _ quantity: Int64) -> Int64 {
        Rounding.share(of: whole, from: first, to: first + quantity, count: units.ordered)
    }
}

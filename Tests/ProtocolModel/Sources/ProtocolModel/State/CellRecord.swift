/// A cell in PostgreSQL with its vshard's epoch and mode.
///
/// Each cell is alone in its vshard. `base` is the first supply plus one step a `ver`, up or down; the steps are kept
/// because a delayed message may carry the base of any `ver` there has ever been.
struct CellRecord {
    var packed: UInt32

    var epoch: Int {
        @inline(__always) get { packed.bits(0, 3) }
        @inline(__always) set { packed.setBits(0, 3, to: newValue) }
    }

    var ver: Int {
        @inline(__always) get { packed.bits(3, 3) }
        @inline(__always) set { packed.setBits(3, 3, to: newValue) }
    }

    /// Units that a forced take is known to have left short: goods that were gone although they were promised.
    var shortage: Int {
        @inline(__always) get { packed.bits(6, 2) }
        @inline(__always) set { packed.setBits(6, 2, to: newValue) }
    }

    /// Bit n is set where `ver` n + 2 lowered the base.
    private var falls: Int {
        @inline(__always) get { packed.bits(8, 6) }
        @inline(__always) set { packed.setBits(8, 6, to: newValue) }
    }

    /// PostgreSQL decides what this vshard promises; else Redis does.
    var isDirect: Bool {
        @inline(__always) get { packed.bits(14, 1) == 1 }
        @inline(__always) set { packed.setBits(14, 1, to: newValue ? 1 : 0) }
    }

    /// Units that live reservations hold, kept while PostgreSQL decides; it means nothing while Redis does.
    ///
    /// It cannot fall below zero: a constraint of the table, which only a mutant meets.
    var heldDirect: Int {
        @inline(__always) get { packed.bits(15, 3) }
        @inline(__always) set { packed.setBits(15, 3, to: max(0, newValue)) }
    }

    /// The sum of what is held was read for a switch to come: only a mutant does that ahead.
    var isSummed: Bool {
        @inline(__always) get { packed.bits(18, 1) == 1 }
        @inline(__always) set { packed.setBits(18, 1, to: newValue ? 1 : 0) }
    }

    /// The base as of a `ver`, for a cell that began with `supply`.
    @inline(__always)
    func base(at ver: Int, supply: Int) -> Int {
        let steps = ver - 1
        let fallen = (falls & ((1 << steps) - 1)).nonzeroBitCount
        return supply + steps - 2 * fallen
    }

    /// Commits a change of the base by one unit.
    @inline(__always)
    mutating func move(up: Bool) {
        if !up { falls |= 1 << (ver - 1) }
        ver += 1
    }
}

/// An operation's row in PostgreSQL: its state, and for each cell the `ver` read when it became final.
struct HoldRow {
    var packed: UInt16

    var state: HoldState {
        @inline(__always) get {
            guard let state = HoldState(rawValue: packed.bits(0, 3)) else { preconditionFailure("no such hold state") }
            return state
        }
        @inline(__always) set { packed.setBits(0, 3, to: newValue.rawValue) }
    }

    /// The lowest `ver` that a settle of this row may carry for a cell.
    @inline(__always)
    func closedAt(_ cell: Int) -> Int { packed.bits(3 + 3 * cell, 3) }

    @inline(__always)
    mutating func setClosedAt(_ cell: Int, _ ver: Int) { packed.setBits(3 + 3 * cell, 3, to: ver) }

    /// A transaction that will end this hold has joined the fence and read the modes.
    var isClosing: Bool {
        @inline(__always) get { packed.bits(9, 1) == 1 }
        @inline(__always) set { packed.setBits(9, 1, to: newValue ? 1 : 0) }
    }

    /// Whether that transaction read that PostgreSQL decides for a cell.
    @inline(__always)
    func sawDirect(_ cell: Int) -> Bool { packed.bits(10 + cell, 1) == 1 }

    @inline(__always)
    mutating func setSawDirect(_ cell: Int, _ direct: Bool) { packed.setBits(10 + cell, 1, to: direct ? 1 : 0) }

    /// The row does not say which vshards it has units in: only a mutant writes such a row.
    var isHidden: Bool {
        @inline(__always) get { packed.bits(12, 1) == 1 }
        @inline(__always) set { packed.setBits(12, 1, to: newValue ? 1 : 0) }
    }

    /// It was final in a future that a restored PostgreSQL has forgotten, and a settle that says so is still on its way.
    var wasFinal: Bool {
        @inline(__always) get { packed.bits(13, 1) == 1 }
        @inline(__always) set { packed.setBits(13, 1, to: newValue ? 1 : 0) }
    }

    /// Forgets the transaction that was ending it.
    @inline(__always)
    mutating func stopClosing() { packed.setBits(9, 3, to: 0) }
}

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
}

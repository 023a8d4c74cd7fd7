/// The states met so far: an array in order of discovery and an open-addressed table of places in it.
struct VisitedStates<State: Fingerprinted> {
    private var states: [State] = []
    private var parents: [UInt32] = []
    /// Half of a state's fingerprint above its index + 1; 0 where free.
    ///
    /// The half fingerprint tells most strangers apart without a look at them. The size is a power of two, at most half
    /// of it used.
    private var table: [UInt64]
    private var mask: Int

    private static var upperHalf: UInt64 { 0xFFFF_FFFF_0000_0000 }

    init() {
        table = Array(repeating: 0, count: 1 << 12)
        mask = table.count - 1
    }

    var count: Int { states.count }

    subscript(index: Int) -> State { states[index] }

    func parent(of index: Int) -> Int { Int(parents[index]) }

    /// Adds a state that was not met before.
    ///
    /// Returns false where it was.
    mutating func insert(_ state: State, parent: Int) -> Bool {
        let fingerprint = state.fingerprint
        let tag = fingerprint & Self.upperHalf
        var slot = Int(truncatingIfNeeded: fingerprint) & mask
        while table[slot] != 0 {
            let entry = table[slot]
            if entry & Self.upperHalf == tag && states[Int(UInt32(truncatingIfNeeded: entry)) - 1] == state {
                return false
            }
            slot = (slot + 1) & mask
        }
        states.append(state)
        parents.append(UInt32(parent))
        table[slot] = tag | UInt64(states.count)
        if states.count * 2 > table.count { grow() }
        return true
    }

    private mutating func grow() {
        table = Array(repeating: 0, count: table.count * 2)
        mask = table.count - 1
        for (index, state) in states.enumerated() {
            let fingerprint = state.fingerprint
            var slot = Int(truncatingIfNeeded: fingerprint) & mask
            while table[slot] != 0 { slot = (slot + 1) & mask }
            table[slot] = fingerprint & Self.upperHalf | UInt64(index + 1)
        }
    }
}

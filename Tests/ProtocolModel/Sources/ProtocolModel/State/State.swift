/// One state of the two stores, their servers and the faults to come: 64 bytes, compared and hashed as words.
package struct State: Equatable, Sendable {
    private var cells = SIMD2<UInt32>()
    private var rows = SIMD4<UInt16>()
    private var copies = SIMD4<UInt32>()
    private var attempts = SIMD8<UInt16>()
    private var rebuilds = SIMD2<UInt16>()
    private var reconcilers = SIMD2<UInt16>()
    private var faultBits: UInt16 = 0
    private var readingBits: UInt32 = 0

    init() {
        for instance in 0..<2 {
            for cell in 0..<2 { self[instance: instance, cell: cell] = .empty }
        }
    }

    /// A cell in PostgreSQL.
    subscript(cell cell: Int) -> CellRecord {
        @inline(__always) get { CellRecord(packed: cells[cell]) }
        @inline(__always) set { cells[cell] = newValue.packed }
    }

    /// An operation's row in PostgreSQL.
    subscript(row operation: Int) -> HoldRow {
        @inline(__always) get { HoldRow(packed: rows[operation]) }
        @inline(__always) set { rows[operation] = newValue.packed }
    }

    /// A vshard in a Redis process.
    subscript(instance instance: Int, cell cell: Int) -> VShardCopy {
        @inline(__always) get { VShardCopy(packed: copies[2 * instance + cell]) }
        @inline(__always) set { copies[2 * instance + cell] = newValue.packed }
    }

    /// An attempt, by its place among all attempts.
    subscript(attempt place: Int) -> Attempt {
        @inline(__always) get { Attempt(packed: attempts[place]) }
        @inline(__always) set { attempts[place] = newValue.packed }
    }

    /// A rebuild.
    subscript(rebuild slot: Int) -> Rebuild {
        @inline(__always) get { Rebuild(packed: rebuilds[slot]) }
        @inline(__always) set { rebuilds[slot] = newValue.packed }
    }

    /// A reconciler's pass.
    subscript(reconciler slot: Int) -> Reconciler {
        @inline(__always) get { Reconciler(packed: reconcilers[slot]) }
        @inline(__always) set { reconcilers[slot] = newValue.packed }
    }

    /// What the check of figures has read.
    var reading: FigureReading {
        @inline(__always) get { FigureReading(packed: readingBits) }
        @inline(__always) set { readingBits = newValue.packed }
    }

    var faults: Faults {
        @inline(__always) get { Faults(packed: faultBits) }
        @inline(__always) set { faultBits = newValue.packed }
    }
}

extension State: Fingerprinted {
    package var fingerprint: UInt64 {
        let copyWords = unsafeBitCast(copies, to: SIMD2<UInt64>.self)
        let attemptWords = unsafeBitCast(attempts, to: SIMD2<UInt64>.self)
        let small =
            UInt64(unsafeBitCast(reconcilers, to: UInt32.self)) << 32
            | UInt64(unsafeBitCast(rebuilds, to: UInt32.self))
        var hash: UInt64 = 0x9E37_79B9_7F4A_7C15 ^ (UInt64(readingBits) << 16 | UInt64(faultBits))
        let words: InlineArray<7, UInt64> = [
            copyWords[0], copyWords[1], attemptWords[0], attemptWords[1], unsafeBitCast(rows, to: UInt64.self),
            unsafeBitCast(cells, to: UInt64.self), small,
        ]
        for index in words.indices {
            let word = words[index]
            hash = (hash ^ word) &* 0xFF51_AFD7_ED55_8CCD
            hash ^= hash >> 29
        }
        hash = hash &* 0xC4CE_B9FE_1A85_EC53
        return hash ^ hash >> 32
    }
}

/// What a check of figures has read so far of its cell.
struct FigureReading {
    var packed: UInt32

    /// How far a check is.
    enum Stage: Int {
        case idle
        /// One store was read.
        case first
        /// The other one was read.
        case second
        /// It has called the figure too high.
        case alarmed
    }

    var stage: Stage {
        @inline(__always) get {
            guard let stage = Stage(rawValue: packed.bits(0, 2)) else { preconditionFailure("no such stage") }
            return stage
        }
        @inline(__always) set { packed.setBits(0, 2, to: newValue.rawValue) }
    }

    /// The epoch of the vshard in PostgreSQL.
    var epoch: Int {
        @inline(__always) get { packed.bits(2, 3) }
        @inline(__always) set { packed.setBits(2, 3, to: newValue) }
    }

    /// The `ver` of the cell in PostgreSQL.
    var ver: Int {
        @inline(__always) get { packed.bits(5, 3) }
        @inline(__always) set { packed.setBits(5, 3, to: newValue) }
    }

    /// The operations whose rows hold, a bit each.
    var held: Int {
        @inline(__always) get { packed.bits(8, 4) }
        @inline(__always) set { packed.setBits(8, 4, to: newValue) }
    }

    /// The figure in Redis, and the `ver` of the base it knew.
    var figure: Int {
        @inline(__always) get { packed.bits(12, 4) - FigureReading.offset }
        @inline(__always) set { packed.setBits(12, 4, to: newValue + FigureReading.offset) }
    }

    var knownVer: Int {
        @inline(__always) get { packed.bits(16, 3) }
        @inline(__always) set { packed.setBits(16, 3, to: newValue) }
    }

    private static let offset = 8
}

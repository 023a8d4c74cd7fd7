/// One rebuild of one vshard.
///
/// Several may be under way at once; each raised the epoch for itself.
struct Rebuild {
    var packed: UInt16

    /// How far a rebuild is.
    enum Stage: Int {
        case idle
        /// The epoch is raised in PostgreSQL.
        case raised
        /// A Redis was wiped and disarmed.
        case begun
        /// PostgreSQL was read.
        case read
        /// One of bases and holds is loaded, the other is not.
        case half
        /// All is loaded.
        case loaded
        case done
        /// The other one was read, in a snapshot of its own.
        case readRest
    }

    var stage: Stage {
        @inline(__always) get {
            guard let stage = Stage(rawValue: packed.bits(0, 3)) else { preconditionFailure("no such stage") }
            return stage
        }
        @inline(__always) set { packed.setBits(0, 3, to: newValue.rawValue) }
    }

    var cell: Int {
        @inline(__always) get { packed.bits(3, 1) }
        @inline(__always) set { packed.setBits(3, 1, to: newValue) }
    }

    var epoch: Int {
        @inline(__always) get { packed.bits(4, 3) }
        @inline(__always) set { packed.setBits(4, 3, to: newValue) }
    }

    /// The `ver` of the cell in the snapshot; 0 before it was read.
    var snapshotVer: Int {
        @inline(__always) get { packed.bits(7, 3) }
        @inline(__always) set { packed.setBits(7, 3, to: newValue) }
    }

    /// The operations that were held in the snapshot, a bit each.
    var snapshotHeld: Int {
        @inline(__always) get { packed.bits(10, 4) }
        @inline(__always) set { packed.setBits(10, 4, to: newValue) }
    }

    static var done: Rebuild {
        var rebuild = Rebuild(packed: 0)
        rebuild.stage = .done
        return rebuild
    }
}

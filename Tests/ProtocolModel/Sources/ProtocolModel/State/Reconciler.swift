/// One pass of a reconciler over one operation that it has met in Redis.
struct Reconciler {
    var packed: UInt16

    /// How far a pass is.
    enum Stage: Int {
        case idle
        /// It has read in Redis that the operation has units there.
        case found
        /// It has settled what it should not, or with what it should not: only a mutant comes here.
        case settling
        case done
    }

    var stage: Stage {
        @inline(__always) get {
            guard let stage = Stage(rawValue: packed.bits(0, 2)) else { preconditionFailure("no such stage") }
            return stage
        }
        @inline(__always) set { packed.setBits(0, 2, to: newValue.rawValue) }
    }

    var operation: Int {
        @inline(__always) get { packed.bits(2, 2) }
        @inline(__always) set { packed.setBits(2, 2, to: newValue) }
    }

    /// The `ver` of a cell that it has read; 0 where it reads it only when it settles.
    @inline(__always)
    func ver(_ cell: Int) -> Int { packed.bits(4 + 3 * cell, 3) }

    @inline(__always)
    mutating func setVer(_ cell: Int, _ ver: Int) { packed.setBits(4 + 3 * cell, 3, to: ver) }

    static var done: Reconciler {
        var pass = Reconciler(packed: 0)
        pass.stage = .done
        return pass
    }
}

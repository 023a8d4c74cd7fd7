/// One vshard as one Redis process has it: the keys `m a b h` and the marks that live in the process alone.
struct VShardCopy {
    var packed: UInt32

    /// A vshard without keys and marks.
    static let empty = VShardCopy(packed: UInt32(VShardCopy.availableOffset) << 12)

    private static let availableOffset = 8

    /// The epoch this process may admit under, 0 for none.
    ///
    /// In the process alone: no replica, no restart has it.
    var armed: Int {
        @inline(__always) get { packed.bits(0, 3) }
        @inline(__always) set { packed.setBits(0, 3, to: newValue) }
    }

    /// The epoch being loaded, 0 for none: held in the process *and* in the keys, valid while both agree.
    var loading: Int {
        @inline(__always) get { packed.bits(3, 3) }
        @inline(__always) set { packed.setBits(3, 3, to: newValue) }
    }

    /// The stored epoch, 0 for none.
    var epoch: Int {
        @inline(__always) get { packed.bits(6, 3) }
        @inline(__always) set { packed.setBits(6, 3, to: newValue) }
    }

    /// The `ver` of the base known here, 0 where the cell is unknown.
    var ver: Int {
        @inline(__always) get { packed.bits(9, 3) }
        @inline(__always) set { packed.setBits(9, 3, to: newValue) }
    }

    /// ATP in Redis.
    var available: Int {
        @inline(__always) get { packed.bits(12, 4) - VShardCopy.availableOffset }
        @inline(__always) set { packed.setBits(12, 4, to: min(newValue + VShardCopy.availableOffset, 15)) }
    }

    /// Who holds an operation's units here.
    @inline(__always)
    func nonce(of operation: Int) -> Nonce { Nonce(rawValue: packed.bits(16 + 3 * operation, 3)) }

    @inline(__always)
    mutating func setNonce(of operation: Int, _ nonce: Nonce) {
        packed.setBits(16 + 3 * operation, 3, to: nonce.rawValue)
    }
}

/// What identifies the take behind a hold in Redis.
struct Nonce: Equatable {
    var rawValue: Int

    /// The operation has no units here.
    static let absent = Nonce(rawValue: 0)
    /// Loaded by a rebuild: no take owns it, so no untake removes it.
    static let loaded = Nonce(rawValue: 1)

    /// The nonce of one attempt.
    @inline(__always)
    static func of(attempt: Int) -> Nonce { Nonce(rawValue: attempt + 2) }
}

/// What may still go wrong, and which Redis processes accept writes.
struct Faults {
    var packed: UInt16

    /// The two processes of a Redis.
    enum Roles: Int {
        /// The first is the primary, the second its replica.
        case replicated
        /// The second was promoted; the first does not know and still admits.
        case split
        /// The first has become the replica of the second.
        case demoted
    }

    var roles: Roles {
        @inline(__always) get {
            guard let roles = Roles(rawValue: packed.bits(0, 2)) else { preconditionFailure("no such roles") }
            return roles
        }
        @inline(__always) set { packed.setBits(0, 2, to: newValue.rawValue) }
    }

    var failovers: Int {
        @inline(__always) get { packed.bits(2, 1) }
        @inline(__always) set { packed.setBits(2, 1, to: newValue) }
    }

    var restocks: Int {
        @inline(__always) get { packed.bits(3, 2) }
        @inline(__always) set { packed.setBits(3, 2, to: newValue) }
    }

    var restarts: Int {
        @inline(__always) get { packed.bits(5, 2) }
        @inline(__always) set { packed.setBits(5, 2, to: newValue) }
    }

    var flushes: Int {
        @inline(__always) get { packed.bits(7, 2) }
        @inline(__always) set { packed.setBits(7, 2, to: newValue) }
    }

    /// Switches to deciding in PostgreSQL.
    var switches: Int {
        @inline(__always) get { packed.bits(9, 2) }
        @inline(__always) set { packed.setBits(9, 2, to: newValue) }
    }

    /// Units that a Redis makes up.
    var lies: Int {
        @inline(__always) get { packed.bits(11, 1) }
        @inline(__always) set { packed.setBits(11, 1, to: newValue) }
    }

    /// Times that PostgreSQL goes back to an old copy of itself.
    var restores: Int {
        @inline(__always) get { packed.bits(12, 1) }
        @inline(__always) set { packed.setBits(12, 1, to: newValue) }
    }

    /// True where a process accepts writes.
    @inline(__always)
    func isPrimary(_ instance: Int) -> Bool {
        switch roles {
        case .replicated: instance == 0
        case .split: true
        case .demoted: instance == 1
        }
    }
}

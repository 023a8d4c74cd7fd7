/// What one Redis process does with a call: the function library, rule by rule.
extension VShardCopy {
    /// The epoch under which a take is admitted here, or nil: the process must be armed for the epoch that its keys have.
    @inline(__always)
    func admittedEpoch(_ mutant: Mutant?) -> Int? {
        guard ver != 0 else { return nil }
        switch mutant {
        case .noArmCheck: return epoch == 0 ? nil : epoch
        case .noStoredEpochCheck: return armed == 0 ? nil : armed
        default: return armed != 0 && armed == epoch ? armed : nil
        }
    }

    /// Takes a unit for an operation.
    ///
    /// A hold that is there already changes hands to the new nonce.
    @inline(__always)
    mutating func take(_ operation: Int, nonce: Nonce, force: Bool) -> Step.Answer {
        if self.nonce(of: operation) != .absent {
            setNonce(of: operation, nonce)
            return .exists
        }
        guard force || available >= 1 else { return .short }
        available -= 1
        setNonce(of: operation, nonce)
        return force ? .forced : .new
    }

    /// Gives a unit back where the caller's own take still stands.
    @inline(__always)
    mutating func untake(_ operation: Int, nonce: Nonce, _ mutant: Mutant?) {
        let known = self.nonce(of: operation)
        guard known == nonce || (mutant == .untakeWithoutNonce && known != .absent) else { return }
        giveBack(operation)
    }

    /// A final hold leaves; a repeat finds nothing to do.
    @inline(__always)
    mutating func settle(_ operation: Int, _ mutant: Mutant?) {
        if nonce(of: operation) != .absent {
            giveBack(operation)
        } else if mutant == .settleBlindIncrement {
            available += 1
        }
    }

    /// Applies a base where it is newer than the one known.
    @inline(__always)
    mutating func sync(_ ver: Int, of record: CellRecord, supply: Int, _ mutant: Mutant?) {
        guard ver > self.ver || mutant == .baseWithoutVersion else { return }
        let known = self.ver == 0 ? 0 : record.base(at: self.ver, supply: supply)
        available += record.base(at: ver, supply: supply) - known
        self.ver = ver
    }

    /// Removes an operation's hold and returns its unit.
    @inline(__always)
    mutating func giveBack(_ operation: Int) {
        setNonce(of: operation, .absent)
        available += 1
    }

    /// Wipes and disarms, where nothing newer is here.
    ///
    /// Returns false where it is refused.
    @inline(__always)
    mutating func beginLoad(_ epoch: Int) -> Bool {
        guard epoch >= max(loading, self.epoch) else { return false }
        self = .empty
        loading = epoch
        return true
    }

    /// Loads the holds of a snapshot; one that is there already stays as it is.
    @inline(__always)
    mutating func loadHolds(_ held: Int, operations: Int) {
        for operation in 0..<operations where held & (1 << operation) != 0 && nonce(of: operation) == .absent {
            available -= 1
            setNonce(of: operation, .loaded)
        }
    }

    /// Lets this process admit under an epoch.
    @inline(__always)
    mutating func arm(_ epoch: Int) {
        armed = epoch
        self.epoch = epoch
    }

    /// The keys alone, as a replica or a restarted process has them.
    @inline(__always)
    func keysOnly(_ mutant: Mutant?) -> VShardCopy {
        var copy = self
        copy.armed = 0
        if mutant != .loadMarkInKeysOnly { copy.loading = 0 }
        return copy
    }

    /// The process without its keys, as `FLUSHALL` leaves it.
    @inline(__always)
    func processOnly(_ mutant: Mutant?) -> VShardCopy {
        var copy = VShardCopy.empty
        copy.armed = armed
        if mutant == .loadMarkInProcessOnly { copy.loading = loading }
        return copy
    }
}

/// Reconcilers, each on a server of its own: an operation met in Redis that has no row gets a tombstone; one that is final
/// is settled again.
///
/// Between reading Redis and asking PostgreSQL anything may happen. The settle that follows carries bases read after the
/// row was known to be final, so it is one of those that may arrive from then on anyway and needs no step of its own.
extension Steps {
    mutating func addReconcilers() {
        for slot in 0..<configuration.reconcilers {
            if slot > 0 && state[reconciler: slot - 1].stage == .idle { break }
            let pass = state[reconciler: slot]
            switch pass.stage {
            case .idle: addFind(slot)
            case .found: addResolve(slot, pass)
            case .settling: addRepairs(slot, pass)
            case .done: break
            }
        }
    }

    private mutating func addFind(_ slot: Int) {
        for operation in operations.indices where isInRedis(operation) {
            var pass = Reconciler(packed: 0)
            pass.stage = .found
            pass.operation = operation
            if readsBasesFirst { readBases(of: operation, into: &pass) }
            var after = state
            after[reconciler: slot] = pass
            add(.find(reconciler: slot, operation: operation), after)
        }
    }

    private var readsBasesFirst: Bool {
        mutant == .reconcilerReadsBasesFirst || mutant == .reconcilerReadsBasesBeforeTombstone
    }

    private func readBases(of operation: Int, into pass: inout Reconciler) {
        for cell in operations[operation].cells { pass.setVer(cell, state[cell: cell].ver) }
    }

    private mutating func addResolve(_ slot: Int, _ pass: Reconciler) {
        let operation = pass.operation
        var after = state
        var settling = pass
        settling.stage = .settling
        after[reconciler: slot] = .done
        let stands = state[row: operation].state
        let isInserted = stands == .none
        if isInserted {
            close(operation, as: .voided, lowering: [], in: &after)
            if mutant == .reconcilerReadsBasesBeforeTombstone { after[reconciler: slot] = settling }
        } else if mutant == .tombstoneOverwrites {
            close(operation, as: .voided, lowering: [], in: &after)
        } else if mutant == .reconcilerSettlesOnConflict {
            readBases(of: operation, into: &settling)
            after[reconciler: slot] = settling
        } else if mutant == .reconcilerReadsBasesFirst && stands.isFinal {
            after[reconciler: slot] = settling
        }
        add(.resolve(reconciler: slot, operation: operation, inserted: isInserted), after)
    }

    /// What a mutant's pass sends to Redis.
    private mutating func addRepairs(_ slot: Int, _ pass: Reconciler) {
        let operation = pass.operation
        for instance in 0..<configuration.instances where state.faults.isPrimary(instance) {
            for cell in operations[operation].cells {
                var copy = state[instance: instance, cell: cell]
                guard copy.nonce(of: operation) != .absent else { continue }
                copy.sync(pass.ver(cell), of: state[cell: cell], supply: configuration.supply[cell], mutant)
                copy.settle(operation, mutant)
                var after = state
                after[instance: instance, cell: cell] = copy
                add(.settle(operation: operation, cell: cell, instance: instance, ver: pass.ver(cell)), after)
            }
        }
    }

    /// True where a primary has units of an operation.
    func isInRedis(_ operation: Int) -> Bool {
        for instance in 0..<configuration.instances where state.faults.isPrimary(instance) {
            for cell in operations[operation].cells
            where state[instance: instance, cell: cell].nonce(of: operation) != .absent { return true }
        }
        return false
    }
}

extension Model {
    /// A vshard in Redis as the repairs leave it when nothing else happens any more.
    ///
    /// What has no row gets its tombstone and what is final is settled, both with the bases of now; bases that were missed
    /// are told. These are the calls of the ordinary ways.
    func repaired(_ copy: VShardCopy, _ cell: Int, in state: State) -> VShardCopy {
        var copy = copy
        let record = state[cell: cell]
        for operation in operations.indices where copy.nonce(of: operation) != .absent {
            let stands = state[row: operation].state
            if stands == .held { continue }
            if stands == .none && mutant == .orphansStay { continue }
            if stands != .none && mutant == .missedSettlesStay { continue }
            copy.sync(record.ver, of: record, supply: configuration.supply[cell], nil)
            copy.settle(operation, mutant)
        }
        if mutant != .missedSyncsStay { copy.sync(record.ver, of: record, supply: configuration.supply[cell], nil) }
        return copy
    }
}

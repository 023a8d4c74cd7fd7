/// What befalls the stores: a replica that lags, a promotion that the old primary does not notice, restarts, flushes, a Redis
/// that lies, a PostgreSQL that goes back.
extension Steps {
    mutating func addStoreFaults() {
        addFailover()
        addRestore()
        for instance in 0..<configuration.instances where state.faults.isPrimary(instance) {
            if state.faults.restarts > 0 {
                var after = state
                after.faults.restarts -= 1
                for cell in 0..<model.cellCount {
                    after[instance: instance, cell: cell] = state[instance: instance, cell: cell].keysOnly(mutant)
                }
                add(.restart(instance: instance), after)
            }
            if state.faults.lies > 0 {
                for cell in 0..<model.cellCount where state[instance: instance, cell: cell].ver != 0 {
                    var after = state
                    after.faults.lies -= 1
                    after[instance: instance, cell: cell].available += 1
                    add(.lie(instance: instance, cell: cell), after)
                }
            }
            if state.faults.flushes > 0 {
                var after = state
                after.faults.flushes -= 1
                for cell in 0..<model.cellCount {
                    after[instance: instance, cell: cell] = state[instance: instance, cell: cell].processOnly(mutant)
                }
                add(.flush(instance: instance), after)
            }
        }
    }

    private mutating func addFailover() {
        guard configuration.failovers > 0 else { return }
        var after = state
        switch state.faults.roles {
        case .replicated:
            for cell in 0..<model.cellCount {
                after[instance: 1, cell: cell] = state[instance: 0, cell: cell].keysOnly(mutant)
            }
            add(.replicate, after)
            after = state
            after.faults.roles = .split
            after.faults.failovers -= 1
            add(.failover, after)
        case .split:
            // The old primary learns of the new one and becomes its replica; nobody will promote it again.
            for cell in 0..<model.cellCount { after[instance: 0, cell: cell] = .empty }
            after.faults.roles = .demoted
            add(.demote, after)
        case .demoted: break
        }
    }

    /// PostgreSQL goes back to its beginning.
    ///
    /// Who meets it next raises the epochs before anything else, to numbers that
    /// were never given, and what was on its way from the lost future is forgotten.
    ///
    /// Promises of the lost future are lost: that is the fault, not a broken promise.
    private mutating func addRestore() {
        guard state.faults.restores > 0 else { return }
        var after = state
        after.faults.restores -= 1
        for cell in 0..<model.cellCount {
            var record = CellRecord(packed: 0)
            switch mutant {
            case .restoreUnnoticed: record.epoch = 1
            case .raiseRepeatsEpoch: record.epoch = 2
            default: record.epoch = state[cell: cell].epoch + 1
            }
            record.ver = 1
            after[cell: cell] = record
        }
        for operation in operations.indices {
            var row = HoldRow(packed: 0)
            row.wasFinal = mutant == .settlesOutliveRestore && state[row: operation].state.isFinal
            after[row: operation] = row
            for number in 0..<model.attempts {
                let place = configuration.place(operation, number)
                switch state[attempt: place].stage {
                case .acknowledged, .metFinal: after[attempt: place] = .ended(.gaveUp)
                default: break
                }
            }
        }
        add(.restore, after)
    }
}

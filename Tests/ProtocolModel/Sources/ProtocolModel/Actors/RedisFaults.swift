/// What befalls Redis processes: a replica that lags, a promotion that the old primary does not notice, restarts, flushes.
extension Steps {
    mutating func addRedisFaults() {
        addFailover()
        for instance in 0..<configuration.instances where state.faults.isPrimary(instance) {
            if state.faults.restarts > 0 {
                var after = state
                after.faults.restarts -= 1
                for cell in 0..<model.cellCount {
                    after[instance: instance, cell: cell] = state[instance: instance, cell: cell].keysOnly(mutant)
                }
                add(.restart(instance: instance), after)
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
}

/// Who ends holds: orders, clients, the sweeper, and the cleaner of units without a row.
extension Steps {
    /// Every end that a hold may come to now, each by compare-and-set on its row.
    mutating func addEnds() {
        for operation in operations.indices where operations[operation].kind == .reservation {
            addJoin(operation)
            addConfirm(operation)
            addClosings(operation)
        }
        for operation in operations.indices { addTombstone(operation) }
    }

    /// A transaction that will end a hold joins the fence and reads the modes.
    private mutating func addJoin(_ operation: Int) {
        var row = state[row: operation]
        guard configuration.splitsTransactions, row.state == .held, !row.isClosing else { return }
        row.isClosing = true
        for cell in operations[operation].cells { row.setSawDirect(cell, state[cell: cell].isDirect) }
        var after = state
        after[row: operation] = row
        add(.joinToClose(operation: operation), after)
    }

    /// True where a hold may end now.
    func mayClose(_ operation: Int) -> Bool {
        let row = state[row: operation]
        return row.state == .held && (row.isClosing || !configuration.splitsTransactions)
    }

    private mutating func addClosings(_ operation: Int) {
        let stands = state[row: operation].state
        let mayExpire = mayClose(operation) || (mutant == .expireWithoutCompare && stands == .confirmed)
        for closing in configuration.closings {
            var after = state
            switch closing {
            case .expire:
                if mutant == .expireRedisFirst {
                    if stands == .held { addFreeing(operation) }
                    continue
                }
                guard mayExpire else { continue }
                close(operation, as: .expired, lowering: [], in: &after)
                add(.expire(operation: operation), after)
            case .release:
                guard mayClose(operation) else { continue }
                close(operation, as: .released, lowering: [], in: &after)
                add(.release(operation: operation), after)
            }
        }
    }

    /// Units in Redis without a row, or a part that its owner could not complete: the row that says they never will.
    private mutating func addTombstone(_ operation: Int) {
        guard state[row: operation].state == .none else { return }
        if mutant == .orphanWithoutTombstone {
            addFreeing(operation)
            return
        }
        var wanted = false
        for number in 0..<model.attempts {
            if state[attempt: configuration.place(operation, number)].stage == .burying { wanted = true }
        }
        guard wanted || (configuration.cleansOrphans && isInRedis(operation)) else { return }
        var after = state
        close(operation, as: .voided, lowering: [], in: &after)
        add(.tombstone(operation: operation), after)
    }

    /// The mutants that free units in Redis before PostgreSQL has decided.
    private mutating func addFreeing(_ operation: Int) {
        for cell in operations[operation].cells {
            for instance in 0..<configuration.instances where state.faults.isPrimary(instance) {
                var copy = state[instance: instance, cell: cell]
                guard copy.nonce(of: operation) != .absent else { continue }
                copy.giveBack(operation)
                var after = state
                after[instance: instance, cell: cell] = copy
                add(.freeInRedis(operation: operation, cell: cell, instance: instance), after)
            }
        }
    }
}

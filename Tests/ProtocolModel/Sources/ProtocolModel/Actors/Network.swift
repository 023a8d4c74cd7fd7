/// Messages that may arrive at any time, at any primary, again and again, or never.
///
/// None of them is stored: that PostgreSQL committed something is reason enough for its settle or sync to be on its way
/// from then on. A lost message is one that never arrives.
extension Steps {
    mutating func addDeliveries() {
        for instance in 0..<configuration.instances where state.faults.isPrimary(instance) {
            for cell in 0..<model.cellCount {
                addSyncs(instance, cell)
                for operation in operations.indices where operations[operation].part(of: cell) != nil {
                    if state[row: operation].state.isFinal { addSettles(operation, instance, cell) }
                    if state[row: operation].wasFinal { addForgottenSettle(operation, instance, cell) }
                }
            }
        }
    }

    /// A base as of any `ver` there has been.
    private mutating func addSyncs(_ instance: Int, _ cell: Int) {
        let copy = state[instance: instance, cell: cell]
        let record = state[cell: cell]
        let first = mutant == .baseWithoutVersion ? 1 : copy.ver + 1
        guard first <= record.ver else { return }
        for ver in first...record.ver {
            var copy = copy
            copy.sync(ver, of: record, supply: configuration.supply[cell], mutant)
            var after = state
            after[instance: instance, cell: cell] = copy
            add(.sync(cell: cell, instance: instance, ver: ver), after)
        }
    }

    /// A final hold with the base of its cell, read when it became final or later.
    private mutating func addSettles(_ operation: Int, _ instance: Int, _ cell: Int) {
        let copy = state[instance: instance, cell: cell]
        if copy.nonce(of: operation) == .absent && mutant != .settleBlindIncrement { return }
        let record = state[cell: cell]
        for ver in state[row: operation].closedAt(cell)...record.ver {
            var copy = copy
            copy.sync(ver, of: record, supply: configuration.supply[cell], mutant)
            copy.settle(operation, mutant)
            var after = state
            after[instance: instance, cell: cell] = copy
            add(.settle(operation: operation, cell: cell, instance: instance, ver: ver), after)
        }
        if mutant == .settleConfirmedWithoutBase && metFinal(operation) {
            var copy = copy
            copy.settle(operation, mutant)
            var after = state
            after[instance: instance, cell: cell] = copy
            add(.settle(operation: operation, cell: cell, instance: instance, ver: 0), after)
        }
    }

    /// A settle from a future that PostgreSQL has forgotten.
    private mutating func addForgottenSettle(_ operation: Int, _ instance: Int, _ cell: Int) {
        var copy = state[instance: instance, cell: cell]
        copy.settle(operation, mutant)
        var after = state
        after[instance: instance, cell: cell] = copy
        add(.settle(operation: operation, cell: cell, instance: instance, ver: 0), after)
    }

    private func metFinal(_ operation: Int) -> Bool {
        (0..<model.attempts).contains { state[attempt: configuration.place(operation, $0)].stage == .metFinal }
    }
}

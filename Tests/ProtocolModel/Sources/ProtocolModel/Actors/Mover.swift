/// Servers that change stock: what lowers a promise is a take first, what raises one is PostgreSQL first.
extension Steps {
    /// Goods that are gone: physical truth, so there is no guard; what was promised beyond is a recorded shortage.
    mutating func addAdjust(_ operation: Int, _ number: Int, _ attempt: Attempt) {
        var after = state
        let place = configuration.place(operation, number)
        let cell = operations[operation].cells[0]
        let verdict: Step.Verdict
        switch state[row: operation].state {
        case .none:
            verdict = .committed
            close(operation, as: .confirmed, lowering: [cell], in: &after)
            var record = after[cell: cell]
            record.shortage += newShortage(cell, attempt, in: after)
            after[cell: cell] = record
            after[attempt: place] = .ended(.acknowledged)
        case .confirmed:
            verdict = .stands
            after[attempt: place] = refused(operation, attempt)
        default:
            verdict = .final
            after[attempt: place] = refused(operation, attempt)
        }
        add(transaction(operation, number, verdict), after)
    }

    /// What an adjustment is known to leave short: where Redis decides, what its take went below zero; where PostgreSQL
    /// does, what is held beyond the base.
    private func newShortage(_ cell: Int, _ attempt: Attempt, in after: State) -> Int {
        let base = model.base(after, cell)
        if attempt.part(0) == .direct { return base - after[cell: cell].heldDirect < 0 ? 1 : 0 }
        guard attempt.strained else { return 0 }
        if mutant == .shortageCountsRowsOnly {
            return model.held(after, cell) - base - after[cell: cell].shortage > 0 ? 1 : 0
        }
        return 1
    }

    /// A unit goes from one cell to another in one transaction: settle at the source, sync at the target.
    mutating func addTransfer(_ operation: Int, _ number: Int, _ attempt: Attempt) {
        var after = state
        let place = configuration.place(operation, number)
        let verdict: Step.Verdict
        if state[row: operation].state == .confirmed {
            verdict = .stands
            after[attempt: place] = refused(operation, attempt)
        } else if state[row: operation].state != .none {
            verdict = .final
            after[attempt: place] = refused(operation, attempt)
        } else if model.base(state, operations[operation].cells[0]) < 1 || !suffices(operation, attempt) {
            verdict = .guarded
            after[attempt: place] = refused(operation, attempt)
        } else {
            verdict = .committed
            move(operation, in: &after)
            after[attempt: place] = .ended(.acknowledged)
        }
        add(transaction(operation, number, verdict), after)
    }

    private func move(_ operation: Int, in after: inout State) {
        close(operation, as: .confirmed, lowering: operations[operation].cells, in: &after)
        guard let target = operations[operation].target else { preconditionFailure("a transfer has a target") }
        var record = after[cell: target]
        record.move(up: true)
        after[cell: target] = record
    }

    /// The mutants that change the base before anything is taken.
    mutating func addTransactionsWithoutTake() {
        for operation in operations.indices where state[row: operation].state == .none {
            var after = state
            switch (mutant, operations[operation].kind) {
            case (.adjustPostgresFirst, .adjustment):
                close(operation, as: .confirmed, lowering: operations[operation].cells, in: &after)
                add(.adjust(operation: operation, attempt: 0, verdict: .committed), after)
            case (.transferWithoutTake, .transfer):
                guard model.base(state, operations[operation].cells[0]) >= 1 else { continue }
                move(operation, in: &after)
                add(.transfer(operation: operation, attempt: 0, verdict: .committed), after)
            default: continue
            }
        }
    }

    /// Units arrive.
    mutating func addRestocks() {
        guard state.faults.restocks > 0 else { return }
        for cell in configuration.restocked {
            var after = state
            var record = after[cell: cell]
            record.move(up: true)
            after[cell: cell] = record
            after.faults.restocks -= 1
            add(.restock(cell: cell), after)
        }
    }
}

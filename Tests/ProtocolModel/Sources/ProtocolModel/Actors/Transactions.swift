/// Transactions that make a promise true: under the fence, where every epoch and mode is as the server believed.
///
/// A server's view is whatever it heard last, however long ago: an attempt may come with units of any epoch that any Redis
/// admitted, and with parts for PostgreSQL to decide at any time. So two servers with different views need no state: a
/// view that is not true any more writes nothing.
extension Steps {
    /// Every transaction that may arrive now.
    mutating func addTransactions() {
        for operation in operations.indices {
            for number in 0..<model.attempts {
                let attempt = state[attempt: configuration.place(operation, number)]
                switch attempt.stage {
                case .journalling: addArrival(operation, number, attempt)
                case .joined: commit(operation, number, attempt)
                case .idle, .taking:
                    if waitsItsTurn(operation, number) { break }
                    addDirect(operation, number, attempt)
                default: break
                }
            }
        }
        addTransactionsWithoutTake()
    }

    /// All parts were taken in Redis.
    private mutating func addArrival(_ operation: Int, _ number: Int, _ attempt: Attempt) {
        guard standsInFence(operation, attempt) else {
            var after = state
            after[attempt: configuration.place(operation, number)] = givenUp(attempt)
            add(transaction(operation, number, .fenced), after)
            return
        }
        joinOrCommit(operation, number, attempt)
    }

    /// What was not taken in Redis is decided in PostgreSQL, where it decides for those vshards.
    private mutating func addDirect(_ operation: Int, _ number: Int, _ attempt: Attempt) {
        guard configuration.switches > 0 else { return }
        var direct = attempt
        for (index, cell) in operations[operation].cells.enumerated() {
            switch attempt.part(index) {
            case .open:
                guard state[cell: cell].isDirect || believesDirect else { return }
                direct.setPart(index, .direct)
            case .short: return
            default: break
            }
        }
        guard standsInFence(operation, direct) else { return }
        joinOrCommit(operation, number, direct)
    }

    /// A mutant goes by what it once heard: a switch there must have been.
    private var believesDirect: Bool {
        mutant == .decideWithoutModeCheck && state.faults.switches < configuration.switches
    }

    private mutating func joinOrCommit(_ operation: Int, _ number: Int, _ attempt: Attempt) {
        guard configuration.splitsTransactions else {
            commit(operation, number, attempt)
            return
        }
        // The mutant reads the figures here and believes them later.
        if mutant == .decideWithoutLock && !suffices(operation, attempt) { return }
        var joined = attempt
        joined.stage = .joined
        var after = state
        after[attempt: configuration.place(operation, number)] = joined
        add(.join(operation: operation, attempt: number), after)
    }

    private mutating func commit(_ operation: Int, _ number: Int, _ attempt: Attempt) {
        switch operations[operation].kind {
        case .reservation: addJournal(operation, number, attempt)
        case .order: addPlace(operation, number, attempt)
        case .adjustment: addAdjust(operation, number, attempt)
        case .transfer: addTransfer(operation, number, attempt)
        }
    }

    /// The step that a transaction of an operation is.
    func transaction(_ operation: Int, _ number: Int, _ verdict: Step.Verdict) -> Step {
        switch operations[operation].kind {
        case .reservation: .journal(operation: operation, attempt: number, verdict: verdict)
        case .order: .place(operation: operation, attempt: number, verdict: verdict)
        case .adjustment: .adjust(operation: operation, attempt: number, verdict: verdict)
        case .transfer: .transfer(operation: operation, attempt: number, verdict: verdict)
        }
    }

    /// True where every part that was taken was taken under its vshard's epoch of now.
    private func standsInFence(_ operation: Int, _ attempt: Attempt) -> Bool {
        switch (mutant, operations[operation].kind) {
        case (.noEpochCheck, .reservation), (.directPlaceWithoutFence, .order), (.adjustWithoutFence, .adjustment),
            (.transferWithoutFence, .transfer):
            return true
        default: break
        }
        for (index, cell) in operations[operation].cells.enumerated() {
            if index > 0 && mutant == .journalChecksOneVshardOnly { break }
            if attempt.part(index) == .direct { continue }
            if attempt.epoch(index) != state[cell: cell].epoch { return false }
        }
        return true
    }

    /// True where PostgreSQL has a unit for each part that it decides on.
    ///
    /// The cells' rows are locked from here to the commit.
    func suffices(_ operation: Int, _ attempt: Attempt) -> Bool {
        for (index, cell) in operations[operation].cells.enumerated() where attempt.part(index) == .direct {
            let held = mutant == .decideByBaseAlone ? 0 : state[cell: cell].heldDirect
            if model.base(state, cell) - held < 1 { return false }
        }
        return true
    }

    /// An attempt whose transaction wrote nothing.
    ///
    /// Where it took nothing either, it is as if it had never come: a later call with its id starts anew.
    func refused(_ operation: Int, _ attempt: Attempt) -> Attempt {
        attempt.isDirect(parts: operations[operation].cells.count) ? Attempt(packed: 0) : givenUp(attempt)
    }

    /// T1: one transaction for all parts.
    private mutating func addJournal(_ operation: Int, _ number: Int, _ attempt: Attempt) {
        var after = state
        let verdict: Step.Verdict
        var row = state[row: operation]
        let place = configuration.place(operation, number)
        switch row.state {
        case .none:
            if mutant != .decideWithoutLock && !suffices(operation, attempt) {
                verdict = .guarded
                after[attempt: place] = refused(operation, attempt)
            } else {
                verdict = .committed
                row.state = .held
                if mutant == .directRowWithoutVshards { row.isHidden = attempt.part(0) == .direct }
                after[row: operation] = row
                countDirect(operation, attempt, in: &after)
                after[attempt: place] = .ended(.acknowledged)
            }
        case .held:
            verdict = .stands
            if mutant == .directCountsConflicts { countDirect(operation, attempt, in: &after) }
            after[attempt: place] = .ended(.acknowledged)
        case .confirmed, .expired, .released, .voided:
            verdict = .final
            let tookNothing = attempt.isDirect(parts: operations[operation].cells.count)
            after[attempt: place] = tookNothing ? refused(operation, attempt) : .ended(.metFinal)
        }
        add(transaction(operation, number, verdict), after)
    }

    /// What PostgreSQL decided counts as held from the same commit on.
    private func countDirect(_ operation: Int, _ attempt: Attempt, in after: inout State) {
        for (index, cell) in operations[operation].cells.enumerated() where attempt.part(index) == .direct {
            var record = after[cell: cell]
            record.heldDirect += 1
            after[cell: cell] = record
        }
    }
}

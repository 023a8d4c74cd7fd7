/// Servers that take units in Redis.
///
/// Sending a take has no precondition and no effect, so a delayed take is one that is sent when it arrives: `take` is one
/// step, at any primary that admits it, under that primary's epoch. A refused take changes nothing and is left out.
extension Steps {
    /// Every part of every attempt that may be taken now.
    mutating func addTakes() {
        for operation in operations.indices {
            if mutant == .adjustPostgresFirst && operations[operation].kind == .adjustment { continue }
            if mutant == .transferWithoutTake && operations[operation].kind == .transfer { continue }
            for number in 0..<model.attempts {
                if waitsItsTurn(operation, number) { break }
                let attempt = state[attempt: configuration.place(operation, number)]
                switch attempt.stage {
                case .idle, .taking, .gaveUp: addTakes(operation, number, attempt)
                default: break
                }
                if attempt.stage == .taking {
                    // A part's answer is lost or the deadline passes: what was taken anew goes back.
                    var after = state
                    after[attempt: configuration.place(operation, number)] = givenUp(attempt)
                    add(.abandon(operation: operation, attempt: number), after)
                }
            }
        }
    }

    /// True for an attempt that is like one before it: neither has begun, so it need not begin first.
    func waitsItsTurn(_ operation: Int, _ number: Int) -> Bool {
        number > 0 && model.foldsSymmetry
            && state[attempt: configuration.place(operation, number - 1)].stage == .idle
    }

    private mutating func addTakes(_ operation: Int, _ number: Int, _ attempt: Attempt) {
        let force = operations[operation].kind == .adjustment
        for (index, cell) in operations[operation].cells.enumerated() where attempt.part(index) == .open {
            for instance in 0..<configuration.instances where state.faults.isPrimary(instance) {
                var copy = state[instance: instance, cell: cell]
                guard let epoch = copy.admittedEpoch(mutant) else { continue }
                let answer = copy.take(operation, nonce: .of(attempt: number), force: force)
                if answer == .short && operations[operation].cells.count == 1 { continue }
                var after = state
                after[instance: instance, cell: cell] = copy
                var attempt = attempt
                func step(_ answer: Step.Answer) -> Step {
                    .take(
                        operation: operation, attempt: number, cell: cell, instance: instance, epoch: epoch,
                        answer: answer)
                }
                let place = configuration.place(operation, number)
                if attempt.stage == .gaveUp {
                    // It had given up before this answer: nobody hears it.
                    attempt.setPart(index, .closed)
                    after[attempt: place] = attempt
                    add(step(.dropped), after)
                    continue
                }
                attempt.stage = .taking
                attempt.setPart(index, answer == .exists ? .exists : answer == .short ? .short : .new)
                attempt.setEpoch(index, epoch)
                if force && copy.available < 0 { attempt.strained = true }
                let decided = decide(operation, attempt)
                after[attempt: place] = decided
                if mutant == .transferTargetBeforeCommit, let target = operations[operation].target,
                    decided.stage == .journalling
                {
                    var told = after[instance: instance, cell: target]
                    told.available += 1
                    after[instance: instance, cell: target] = told
                }
                add(step(answer), after)
                // Giving up what an earlier attempt took would change nothing.
                let fresh = attempt.part(0) == .new || attempt.part(1) == .new || mutant == .untakeAfterExists
                if decided.stage == .journalling && configuration.givesUp && fresh {
                    after[attempt: place] = givenUp(attempt)
                    add(step(.dropped), after)
                }
            }
        }
    }

    /// What a server does once it has heard of all parts.
    private func decide(_ operation: Int, _ attempt: Attempt) -> Attempt {
        var short = false
        var exists = false
        for index in operations[operation].cells.indices {
            switch attempt.part(index) {
            case .open: return attempt
            case .short: short = true
            case .exists: exists = true
            default: break
            }
        }
        if short {
            return exists
                ? attempt.givenUp(.burying, untakesExists: mutant == .spanningExistsFreedWithoutTombstone)
                : givenUp(attempt)
        }
        if mutant == .acknowledgeBeforeJournal { return .ended(.acknowledged) }
        var attempt = attempt
        attempt.stage = .journalling
        return attempt
    }

    /// An attempt that gives up.
    func givenUp(_ attempt: Attempt) -> Attempt {
        attempt.givenUp(untakesExists: mutant == .untakeAfterExists)
    }

    /// Every untake that may arrive now: once, again, or never.
    mutating func addUntakes() {
        for operation in operations.indices {
            for number in 0..<model.attempts {
                let attempt = state[attempt: configuration.place(operation, number)]
                switch attempt.stage {
                case .gaveUp, .burying: break
                case .journalling where mutant == .untakeAfterJournalSent: break
                default: continue
                }
                for (index, cell) in operations[operation].cells.enumerated() {
                    let part = attempt.part(index)
                    guard part == .new || part == .exists else { continue }
                    for instance in 0..<configuration.instances where state.faults.isPrimary(instance) {
                        var copy = state[instance: instance, cell: cell]
                        copy.untake(operation, nonce: .of(attempt: number), mutant)
                        var after = state
                        after[instance: instance, cell: cell] = copy
                        add(.untake(operation: operation, attempt: number, cell: cell, instance: instance), after)
                    }
                }
            }
        }
    }
}

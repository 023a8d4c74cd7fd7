/// Collects the steps that are possible in one state.
///
/// Each actor adds its own in a file of its own.
struct Steps {
    let model: Model
    let state: State
    var next: [Successor<Step, State>]

    var configuration: Configuration { model.configuration }
    var mutant: Mutant? { model.mutant }
    var operations: [Operation] { model.operations }

    /// Adds a step, where it changes anything.
    @inline(__always)
    mutating func add(_ step: Step, _ after: State) {
        var after = after
        forgetIdleUntakes(&after)
        if after != state { next.append(Successor(step: step, state: after)) }
    }

    /// An untake whose nonce no Redis has any more can never do anything: attempts that differ by it only are one.
    @inline(__always)
    private func forgetIdleUntakes(_ after: inout State) {
        if mutant == .untakeWithoutNonce { return }
        for operation in operations.indices {
            for number in 0..<model.attempts {
                let place = configuration.place(operation, number)
                var attempt = after[attempt: place]
                guard attempt.stage == .gaveUp || attempt.stage == .burying else { continue }
                var changed = false
                for (index, cell) in operations[operation].cells.enumerated() {
                    let part = attempt.part(index)
                    guard part == .new || part == .exists else { continue }
                    let known = (0..<configuration.instances).contains { instance in
                        after[instance: instance, cell: cell].nonce(of: operation) == .of(attempt: number)
                    }
                    if known { continue }
                    attempt.setPart(index, .closed)
                    changed = true
                }
                if changed { after[attempt: place] = attempt }
            }
        }
    }
}

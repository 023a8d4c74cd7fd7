/// Servers that switch a vshard to deciding in PostgreSQL. The way back is a rebuild.
///
/// Epochs and modes change under the exclusive side of the fence: it waits for every transaction that has joined, and what
/// joins later reads what is new. Any server may switch at any time, also while another one loads Redis.
extension Steps {
    mutating func addSwitches() {
        guard state.faults.switches > 0 else { return }
        for cell in 0..<model.cellCount where !state[cell: cell].isDirect {
            if mutant == .heldDirectSummedAhead && !state[cell: cell].isSummed {
                var after = state
                var record = after[cell: cell]
                record.heldDirect = model.held(state, cell)
                record.isSummed = true
                after[cell: cell] = record
                add(.sumAhead(cell: cell), after)
                continue
            }
            guard fenceIsFree || mutant == .switchWithoutFence else { continue }
            var after = state
            after.faults.switches -= 1
            var record = after[cell: cell]
            if mutant != .switchKeepsEpoch { record.epoch += 1 }
            record.isDirect = true
            record.isSummed = false
            let held = model.held(state, cell)
            switch mutant {
            case .heldDirectNotSummed, .heldDirectSummedAhead: break
            case .heldDirectOfCellsInUse: if held > 0 { record.heldDirect = held }
            default: record.heldDirect = held
            }
            after[cell: cell] = record
            add(.switchMode(cell: cell, epoch: record.epoch), after)
        }
    }

    /// True where no transaction is between joining the fence and its commit.
    var fenceIsFree: Bool {
        guard configuration.splitsTransactions else { return true }
        for operation in operations.indices {
            if state[row: operation].isClosing && mutant != .closeOutsideFence { return false }
            for number in 0..<model.attempts
            where state[attempt: configuration.place(operation, number)].stage == .joined { return false }
        }
        return true
    }
}

/// Rebuilders: raise the epoch, wipe and disarm, read one snapshot, load what is newer, arm. Each step may come late, at
/// another process than the one before, and between the steps of another rebuilder. A refused call changes nothing: its
/// rebuilder starts again, which is the other rebuild of the configuration.
extension Steps {
    mutating func addRebuilds() {
        for slot in 0..<configuration.rebuilds {
            if slot > 0 && state[rebuild: slot - 1].stage == .idle { break }
            let rebuild = state[rebuild: slot]
            switch rebuild.stage {
            case .idle:
                if (mutant == .snapshotBeforeRaise || mutant == .wayBackReadsFirst) && rebuild.snapshotVer == 0 {
                    for cell in 0..<model.cellCount { addSnapshot(slot, rebuild, cell: cell, then: .idle) }
                } else if rebuild.snapshotVer != 0 {
                    addRaise(slot, rebuild, cell: rebuild.cell)
                } else {
                    for cell in 0..<model.cellCount { addRaise(slot, rebuild, cell: cell) }
                }
            case .raised: addBeginLoad(slot, rebuild)
            case .begun:
                addSnapshot(slot, rebuild, cell: rebuild.cell, then: .read)
                repeatBeginLoad(slot, rebuild)
            case .read:
                addLoad(slot, rebuild)
                repeatBeginLoad(slot, rebuild)
            case .half:
                if configuration.loading == .inPages {
                    addSnapshot(slot, rebuild, cell: rebuild.cell, then: .readRest)
                } else {
                    addLoad(slot, rebuild)
                }
                repeatBeginLoad(slot, rebuild)
            case .readRest: addLoad(slot, rebuild)
            case .loaded:
                addArm(slot, rebuild)
                repeatBeginLoad(slot, rebuild)
            case .done: break
            }
        }
    }

    private mutating func addRaise(_ slot: Int, _ rebuild: Rebuild, cell: Int) {
        guard fenceIsFree || mutant == .raiseWithoutFence else { return }
        var after = state
        var record = after[cell: cell]
        record.epoch += 1
        if mutant != .wayBackKeepsMode && mutant != .wayBackModeLast { giveToRedis(&record) }
        after[cell: cell] = record
        var rebuild = rebuild
        rebuild.stage = .raised
        rebuild.cell = cell
        rebuild.epoch = record.epoch
        after[rebuild: slot] = rebuild
        add(.raise(rebuild: slot, cell: cell, epoch: record.epoch), after)
    }

    /// Ends deciding in PostgreSQL.
    ///
    /// What it counted stays in the column and means nothing from here, so it is forgotten, unless a mutant relies on it.
    private func giveToRedis(_ record: inout CellRecord) {
        guard record.isDirect else { return }
        record.isDirect = false
        switch mutant {
        case .heldDirectNotSummed, .heldDirectOfCellsInUse, .decideWithoutModeCheck, .raiseWithoutFence: break
        default: record.heldDirect = 0
        }
    }

    private mutating func addBeginLoad(_ slot: Int, _ rebuild: Rebuild) {
        for instance in 0..<configuration.instances where state.faults.isPrimary(instance) {
            var copy = state[instance: instance, cell: rebuild.cell]
            guard copy.beginLoad(rebuild.epoch) else { continue }
            var after = state
            after[instance: instance, cell: rebuild.cell] = copy
            var rebuild = rebuild
            rebuild.stage = rebuild.snapshotVer != 0 ? .read : .begun
            after[rebuild: slot] = rebuild
            add(.beginLoad(rebuild: slot, instance: instance), after)
        }
    }

    /// A wipe that was sent twice and arrives again later, unless the second is sent under an epoch of its own.
    private mutating func repeatBeginLoad(_ slot: Int, _ rebuild: Rebuild) {
        guard mutant == .beginLoadRepeated else { return }
        for instance in 0..<configuration.instances where state.faults.isPrimary(instance) {
            var copy = state[instance: instance, cell: rebuild.cell]
            guard copy.beginLoad(rebuild.epoch) else { continue }
            var after = state
            after[instance: instance, cell: rebuild.cell] = copy
            add(.beginLoad(rebuild: slot, instance: instance), after)
        }
    }

    private mutating func addSnapshot(_ slot: Int, _ rebuild: Rebuild, cell: Int, then stage: Rebuild.Stage) {
        var after = state
        var rebuild = rebuild
        rebuild.cell = cell
        let part = part(of: rebuild)
        rebuild.stage = stage
        if part != .holds { rebuild.snapshotVer = state[cell: cell].ver }
        if part != .bases { rebuild.snapshotHeld = heldRows(of: cell) }
        after[rebuild: slot] = rebuild
        add(.snapshot(rebuild: slot, cell: cell, part: part), after)
    }

    /// What a rebuild reads next, or has read and loads next.
    private func part(of rebuild: Rebuild) -> Step.LoadPart {
        switch configuration.loading {
        case .atOnce: return .all
        case .inTwoCalls:
            switch rebuild.stage {
            case .read: return .bases
            case .half: return .holds
            default: return .all
            }
        case .inPages:
            let isFirst = rebuild.stage == .begun || rebuild.stage == .read
            return isFirst == (mutant == .basesReadBeforeHolds) ? .bases : .holds
        }
    }

    /// The operations that a cell is held by, a bit each.
    func heldRows(of cell: Int) -> Int {
        var held = 0
        for operation in operations.indices {
            let row = state[row: operation]
            if row.state == .held && !row.isHidden && operations[operation].part(of: cell) != nil {
                held |= 1 << operation
            }
        }
        return held
    }

    private mutating func addLoad(_ slot: Int, _ rebuild: Rebuild) {
        for instance in 0..<configuration.instances where state.faults.isPrimary(instance) {
            var copy = state[instance: instance, cell: rebuild.cell]
            guard copy.loading == rebuild.epoch else { continue }
            var rebuild = rebuild
            let part = part(of: rebuild)
            if part != .holds {
                copy.sync(
                    rebuild.snapshotVer, of: state[cell: rebuild.cell], supply: configuration.supply[rebuild.cell], nil)
            }
            if part != .bases { copy.loadHolds(rebuild.snapshotHeld, operations: operations.count) }
            rebuild.stage = rebuild.stage == .read && part != .all ? .half : .loaded
            var after = state
            after[instance: instance, cell: rebuild.cell] = copy
            after[rebuild: slot] = rebuild
            add(.load(rebuild: slot, instance: instance, part: part), after)
        }
    }

    private mutating func addArm(_ slot: Int, _ rebuild: Rebuild) {
        for instance in 0..<configuration.instances where state.faults.isPrimary(instance) {
            var copy = state[instance: instance, cell: rebuild.cell]
            guard copy.loading == rebuild.epoch || mutant == .armWithoutLoadMark else { continue }
            copy.arm(rebuild.epoch)
            var after = state
            after[instance: instance, cell: rebuild.cell] = copy
            after[rebuild: slot] = .done
            if mutant == .wayBackModeLast {
                var record = after[cell: rebuild.cell]
                giveToRedis(&record)
                after[cell: rebuild.cell] = record
            }
            add(.arm(rebuild: slot, instance: instance), after)
        }
    }
}

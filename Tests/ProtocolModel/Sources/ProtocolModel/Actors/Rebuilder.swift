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
                if mutant == .snapshotBeforeRaise && rebuild.snapshotVer == 0 {
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
                addLoad(slot, rebuild)
                repeatBeginLoad(slot, rebuild)
            case .loaded:
                addArm(slot, rebuild)
                repeatBeginLoad(slot, rebuild)
            case .done: break
            }
        }
    }

    private mutating func addRaise(_ slot: Int, _ rebuild: Rebuild, cell: Int) {
        var after = state
        var record = after[cell: cell]
        record.epoch += 1
        after[cell: cell] = record
        var rebuild = rebuild
        rebuild.stage = .raised
        rebuild.cell = cell
        rebuild.epoch = record.epoch
        after[rebuild: slot] = rebuild
        add(.raise(rebuild: slot, cell: cell, epoch: record.epoch), after)
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
        var held = 0
        for operation in operations.indices
        where state[row: operation].state == .held && operations[operation].part(of: cell) != nil {
            held |= 1 << operation
        }
        var after = state
        var rebuild = rebuild
        rebuild.stage = stage
        rebuild.cell = cell
        rebuild.snapshotVer = state[cell: cell].ver
        rebuild.snapshotHeld = held
        after[rebuild: slot] = rebuild
        add(.snapshot(rebuild: slot, cell: cell), after)
    }

    private mutating func addLoad(_ slot: Int, _ rebuild: Rebuild) {
        for instance in 0..<configuration.instances where state.faults.isPrimary(instance) {
            var copy = state[instance: instance, cell: rebuild.cell]
            guard copy.loading == rebuild.epoch else { continue }
            var rebuild = rebuild
            let part: Step.LoadPart =
                rebuild.stage == .half ? .holds : configuration.loadsInTwoCalls ? .bases : .all
            if part != .holds {
                copy.sync(
                    rebuild.snapshotVer, of: state[cell: rebuild.cell], supply: configuration.supply[rebuild.cell], nil)
            }
            if part != .bases { copy.loadHolds(rebuild.snapshotHeld, operations: operations.count) }
            rebuild.stage = part == .bases ? .half : .loaded
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
            add(.arm(rebuild: slot, instance: instance), after)
        }
    }
}

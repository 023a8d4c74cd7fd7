/// The two-store protocol in one configuration, whole or with one rule removed.
package struct Model: Sendable {
    /// The world.
    package let configuration: Configuration
    /// The rule that is missing, if any.
    package let mutant: Mutant?
    /// The promises that are watched.
    package let promises: Set<Violation>

    let operations: [Operation]
    let attempts: Int
    let cellCount: Int
    let operationsAreEqual: Bool
    let foldsSymmetry: Bool
    let watchesAcknowledgements: Bool
    let watchesFinalStates: Bool
    let watchesOversell: Bool
    let watchesRedis: Bool
    let watchesHeldDirect: Bool
    let watchesRepair: Bool
    let watchesAlarms: Bool

    /// Makes a model; without `foldsSymmetry` it keeps states apart that differ only in who is called what.
    package init(
        _ configuration: Configuration, mutant: Mutant? = nil, promises: Set<Violation> = Set(Violation.allCases),
        foldsSymmetry: Bool = true
    ) {
        precondition((1...2).contains(configuration.supply.count), "one or two cells")
        precondition((1...4).contains(configuration.operations.count), "one to four operations")
        precondition(configuration.operations.count * configuration.attempts <= 8, "at most eight attempts in all")
        precondition(
            configuration.rebuilds <= 2 && configuration.failovers <= 1
                && configuration.switches <= 2 && configuration.reconcilers <= 2 && configuration.lies <= 1
                && configuration.restores <= 1, "a fault is budgeted too often")
        self.configuration = configuration
        self.mutant = mutant
        self.foldsSymmetry = foldsSymmetry
        self.promises = promises.intersection(configuration.promises)
        let promises = self.promises
        watchesAcknowledgements = promises.contains(.acknowledgementLost)
        watchesFinalStates = promises.contains(.finalStateChanged)
        watchesOversell = promises.contains(.oversell)
        watchesRedis = promises.contains(.redisAbovePostgres)
        watchesHeldDirect = promises.contains(.heldDirectWrong)
        watchesRepair = promises.contains(.inexactAfterRepair)
        watchesAlarms = promises.contains(.alarm)
        operations = configuration.operations
        attempts = configuration.attempts
        cellCount = configuration.supply.count
        operationsAreEqual = Model.operationsAreEqual(configuration.operations)
    }

    /// The base of a cell in PostgreSQL now.
    @inline(__always)
    func base(_ state: State, _ cell: Int) -> Int {
        state[cell: cell].base(at: state[cell: cell].ver, supply: configuration.supply[cell])
    }

    /// Units of a cell that rows hold.
    func held(_ state: State, _ cell: Int) -> Int {
        var held = 0
        for operation in operations.indices where state[row: operation].state == .held {
            if operations[operation].part(of: cell) != nil { held += 1 }
        }
        return held
    }

    /// Units of a cell that a Redis has taken and PostgreSQL has not decided.
    @inline(__always)
    func inFlight(_ state: State, _ copy: VShardCopy, _ cell: Int) -> Int {
        var count = 0
        for operation in operations.indices where state[row: operation].state == .none {
            if copy.nonce(of: operation) != .absent { count += 1 }
        }
        return count
    }
}

extension Model: TransitionSystem {
    package var initial: State {
        var state = State()
        for cell in 0..<cellCount {
            var record = CellRecord(packed: 0)
            record.epoch = 1
            record.ver = 1
            state[cell: cell] = record
            for instance in 0..<configuration.instances {
                var copy = VShardCopy.empty
                copy.armed = instance == 0 ? 1 : 0
                copy.loading = instance == 0 || mutant == .loadMarkInKeysOnly ? 1 : 0
                copy.epoch = 1
                copy.ver = 1
                copy.available = configuration.supply[cell]
                state[instance: instance, cell: cell] = copy
            }
        }
        var faults = Faults(packed: 0)
        faults.failovers = configuration.failovers
        faults.restarts = configuration.restarts
        faults.flushes = configuration.flushes
        faults.restocks = configuration.restocks
        faults.switches = configuration.switches
        faults.lies = configuration.lies
        faults.restores = configuration.restores
        state.faults = faults
        return state
    }

    package func successors(of state: State, into next: inout [Successor<Step, State>]) {
        var steps = Steps(model: self, state: state, next: next)
        next = []
        steps.addTakes()
        steps.addUntakes()
        steps.addTransactions()
        steps.addRestocks()
        steps.addEnds()
        steps.addRebuilds()
        steps.addSwitches()
        steps.addReconcilers()
        steps.addFigureChecks()
        steps.addDeliveries()
        steps.addStoreFaults()
        next = steps.next
    }
}

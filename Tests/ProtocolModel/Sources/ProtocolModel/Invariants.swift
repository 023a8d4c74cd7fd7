/// A promise that was broken.
package enum Violation: String, CaseIterable, Sendable {
    /// More is promised than there is: `base - held < 0` in PostgreSQL beyond what is recorded as a shortage.
    case oversell
    /// A Redis that may admit shows more than PostgreSQL has left for it.
    case redisAbovePostgres
    /// A client was told that something stands and it does not.
    case acknowledgementLost
    /// A row left a final state.
    case finalStateChanged
    /// PostgreSQL decides, and what it counts as held is not what live reservations hold.
    case heldDirectWrong
    /// Were nothing more to happen than the repairs, a Redis that admits would not show exactly what PostgreSQL has left.
    case inexactAfterRepair
    /// The check of figures calls one too high.
    case alarm
}

extension Model {
    package func violation(from before: State, to after: State) -> Violation? {
        // A PostgreSQL that went back has lost rows: that is the fault.
        let forgets = before.faults.restores != after.faults.restores
        for operation in operations.indices {
            let old = before[row: operation].state
            let new = after[row: operation].state
            if watchesFinalStates && old.isFinal && old != new && !forgets { return .finalStateChanged }
            if watchesAcknowledgements && (new == .none || new == .voided) {
                for number in 0..<attempts
                where after[attempt: configuration.place(operation, number)].stage == .acknowledged {
                    return .acknowledgementLost
                }
            }
        }
        if watchesAlarms && after.reading.stage == .alarmed { return .alarm }
        for cell in 0..<cellCount {
            let record = after[cell: cell]
            let held = held(after, cell)
            let available = base(after, cell) - held
            if watchesOversell && available + record.shortage < 0 { return .oversell }
            if watchesHeldDirect && record.isDirect && record.heldDirect != held { return .heldDirectWrong }
            guard watchesRedis || watchesRepair else { continue }
            for instance in 0..<configuration.instances {
                let copy = after[instance: instance, cell: cell]
                // Every process that may admit under the epoch of now, also a primary that was deposed.
                guard copy.ver != 0, copy.armed == record.epoch, copy.epoch == record.epoch else { continue }
                if watchesRedis && copy.available > available - inFlight(after, copy, cell) {
                    return .redisAbovePostgres
                }
                if watchesRepair && repaired(copy, cell, in: after).available != available {
                    return .inexactAfterRepair
                }
            }
        }
        return nil
    }
}

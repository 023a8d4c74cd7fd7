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
}

extension Model {
    package func violation(from before: State, to after: State) -> Violation? {
        for operation in operations.indices {
            let old = before[row: operation].state
            let new = after[row: operation].state
            if watchesFinalStates && old.isFinal && old != new { return .finalStateChanged }
            if watchesAcknowledgements && (new == .none || new == .voided) {
                for number in 0..<attempts
                where after[attempt: configuration.place(operation, number)].stage == .acknowledged {
                    return .acknowledgementLost
                }
            }
        }
        for cell in 0..<cellCount {
            let record = after[cell: cell]
            let available = base(after, cell) - held(after, cell)
            if watchesOversell && available + record.shortage < 0 { return .oversell }
            guard watchesRedis else { continue }
            for instance in 0..<configuration.instances {
                let copy = after[instance: instance, cell: cell]
                // Every process that may admit under the epoch of now, also a primary that was deposed.
                guard copy.ver != 0, copy.armed == record.epoch, copy.epoch == record.epoch else { continue }
                if copy.available > available - inFlight(after, copy, cell) { return .redisAbovePostgres }
            }
        }
        return nil
    }
}

public import Domain

/// A step of a fulfilment, with what it needs to know.
public enum FulfilmentAdvance: Sendable {
    /// Somebody goes to the shelves.
    case startPicking
    /// Picking ends; `standIn` is stock of other locations for units that are short.
    case pick([PickTally.Scan], ShortRule?, correctsCount: Bool, standIn: StandIn?)
    /// What was picked is in these packages.
    case pack([FulfilmentPackage])
    /// It leaves with labels that a carrier has made, one for each package.
    case ship([MadeLabel])
    /// It leaves with labels from elsewhere.
    case shipElsewhere(carrier: String, service: String, trackingNumbers: [String])
    /// It arrives.
    case deliver
    /// It is lost; `standIn` as for a pick.
    case lose(ShortRule?, standIn: StandIn?)
    /// The location gives it up.
    case decline
    /// A cancellation is accepted where it is.
    case cancel
    /// It leaves for the store where it is collected.
    case sendToStore(tracking: String)
    /// It is at the counter for so many seconds, and handed over to who shows a code.
    case makeReady(keepSeconds: Int64, salt: [UInt8], hash: [UInt8])
    /// The customer is reminded.
    case remind
    /// It is kept for so many seconds from now; a hash is that of a new code.
    case extend(keepSeconds: Int64, salt: [UInt8], hash: [UInt8]?)
    /// The customer takes it.
    case collect
    /// Its time is over.
    case expire
    /// It is put back on the shelf.
    case restock
    /// The supplier will send it.
    case acknowledge(reference: String, expectedAt: Instant?)
    /// The supplier will not; `standIn` as for a pick.
    case reject(ShortRule?, correctsCount: Bool, standIn: StandIn?)
    /// The supplier has sent it.
    case notify(ShipNotice)
    /// It could not be delivered, and its goods are back.
    case comeBack(UndeliveredGoods)
}

/// Encodes what a step has done.
public typealias FulfilmentReply = @Sendable (FulfilmentOutcome) throws -> [UInt8]

extension Ledger {
    /// Makes a step of a fulfilment; the reply is stored with the effect.
    ///
    /// - Parameters:
    ///   - call: who asks for it.
    ///   - order: the fulfilment's order.
    ///   - advance: the step.
    ///   - encodeReply: encodes what was done.
    /// - Returns: the reply, this time's or that of the same request before, and what Redis must be told.
    /// - Throws: `Refusal`; ``LedgerFault/planOutdated`` where stock that stands in is not held any more, or more of it than is
    ///   short.
    public func advance(
        _ call: FulfilmentCall, of order: EntityID, _ advance: FulfilmentAdvance,
        encodeReply: @escaping FulfilmentReply
    ) async throws -> (reply: [UInt8], settlement: Settlement) {
        let change = OrderChange(
            id: call.id, order: order, kind: .fulfilment, body: call.body, caller: call.caller, reason: call.reason)
        return try await changeOrder(change) { work in
            try encodeReply(work.advance(call.fulfilment, advance))
        }
    }

    /// Refuses a call whose id was used before with another body.
    public func checkNew(_ call: FulfilmentCall) async throws {
        try await onConnection { connection in
            _ = try Ledger.storedReply(call.id, .fulfilment, body: call.body, caller: call.caller, on: connection)
        }
    }
}

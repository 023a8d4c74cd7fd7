public import Domain
import Failpoints
import Ledger
import Logging
import OrderPromising

extension OrderProcessing {
    /// Most times that a change is made anew where the rules moved a cell meanwhile.
    private static let returnAttempts = 3

    /// Grants a return of delivered units, or a claim without one; the reply is stored with the effect.
    ///
    /// The units are the return's with the commit. A crash before leaves nothing, one after it what a repetition answers.
    ///
    /// - Parameters:
    ///   - request: what is asked.
    ///   - encodeReply: makes the reply of the return.
    /// - Returns: the reply, the stored one for a repetition.
    /// - Throws: `Refusal`: `wrongState` where the rules refuse, with the reason's code as state, or where fewer units are
    ///   delivered and in no other return.
    public func createReturn(
        _ request: ReturnRequest, encodeReply: @escaping @Sendable (ReturnOrder) throws -> [UInt8]
    ) async throws -> [UInt8] {
        let (reply, settlement) = try await ledger.createReturn(request, encodeReply: encodeReply)
        Failpoint.returnCommitted.pass()
        await promising.settle(settlement)
        return reply
    }

    /// Takes a step of a return; the reply is stored with the effect.
    ///
    /// - Parameters:
    ///   - change: what is done.
    ///   - encodeReply: makes the reply of the return.
    /// - Returns: the reply, the stored one for a repetition.
    /// - Throws: `Refusal`: `eventNotKnown` and `eventNotGranted` as the table says.
    public func changeReturn(
        _ change: ReturnChange, encodeReply: @escaping @Sendable (ReturnOrder) throws -> [UInt8]
    ) async throws -> [UInt8] {
        try await withReturnCells {
            try await self.ledger.changeReturn(change, encodeReply: encodeReply)
        }
    }

    /// Takes goods back of which no order is known; the reply is stored with the effect.
    ///
    /// - Parameters:
    ///   - request: what was brought.
    ///   - encodeReply: makes the reply of the return.
    /// - Returns: the reply, the stored one for a repetition.
    /// - Throws: `Refusal`.
    public func createBlindReturn(
        _ request: BlindReturnRequest, encodeReply: @escaping @Sendable (ReturnOrder) throws -> [UInt8]
    ) async throws -> [UInt8] {
        try await withReturnCells {
            try await self.ledger.createBlindReturn(request, encodeReply: encodeReply)
        }
    }

    /// Makes a change that may put goods into cells, and tells this server and Redis of them.
    private func withReturnCells(
        _ change: () async throws -> (reply: [UInt8], settlement: Settlement)
    ) async throws -> [UInt8] {
        for _ in 0..<OrderProcessing.returnAttempts {
            do {
                let (reply, settlement) = try await change()
                Failpoint.returnCommitted.pass()
                await promising.settle(settlement)
                if !settlement.bases.isEmpty {
                    do { try await promising.refreshDirectory() } catch {
                        logger.warning("the directory is read again later", metadata: ["error": "\(error)"])
                    }
                }
                return reply
            } catch LedgerFault.planOutdated {
                // Rules of a newer version put goods of second grade elsewhere: the next attempt makes the cell.
                continue
            }
        }
        throw Refusal.unavailable("the rules about returns keep changing", retryAfterMilliseconds: 100)
    }

    // MARK: - Ageing

    /// How often a server looks for returns whose goods did not come.
    static let returnAgeingInterval = Duration.seconds(60)
    /// Most returns that expire in one pass.
    static let returnAgeingPortion: Int32 = 100

    /// What stands for the request of an expiry.
    private static let expiryBody = OwnMethod.changeReturn.body + Array("expire".utf8)

    /// Expires returns whose goods did not come in time.
    var returnAgeing: RecurringWork {
        RecurringWork(name: "ageing of returns", interval: Self.returnAgeingInterval) {
            try await self.expireReturns()
        }
    }

    /// Expires returns whose goods did not come in time, a portion of them; their units may be returned anew.
    ///
    /// Every server may do it at the same time, and anew after a crash: the id of an expiry follows from the return and how far
    /// its history is, so that each happens once, and a return whose goods came meanwhile is left alone.
    ///
    /// - Returns: how many did.
    /// - Throws: `Refusal` where the ledger is away.
    func expireReturns() async throws -> Int {
        let due = try await ledger.dueReturns(limit: Self.returnAgeingPortion)
        var ended = 0
        for (id, events) in due {
            let change = ReturnChange(
                id: id.named("expires after \(events)"), returnOrder: id, action: .step(.expire), reason: "",
                body: Self.expiryBody, caller: .system, actors: .systemAlone)
            do {
                _ = try await changeReturn(change) { _ in [] }
                ended += 1
            } catch Refusal.eventNotKnown, Refusal.wrongState {
                // Its goods came, or somebody cancelled or exchanged it, since it was found.
                continue
            } catch let error as CancellationError {
                throw error
            } catch {
                logger.warning("a return cannot expire", metadata: ["return_id": "\(id)", "error": "\(error)"])
            }
        }
        return ended
    }
}

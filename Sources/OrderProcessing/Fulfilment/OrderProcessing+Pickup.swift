public import Domain
public import Ledger
import Logging
import OrderPromising

extension OrderProcessing {
    /// It is at the counter; the code is in the answer that makes it so, and nowhere else.
    ///
    /// - Parameters:
    ///   - call: who asks for it.
    ///   - keepSeconds: how long it is kept.
    ///   - reply: encodes what was done, without the code.
    /// - Returns: the reply, and the code; nil where the call was made before.
    /// - Throws: `Refusal`.
    public func makeReady(
        _ call: FulfilmentCall, keepSeconds: Int64, reply: @escaping FulfilmentReply
    ) async throws -> (reply: [UInt8], code: String?) {
        let fulfilment = try await head(of: call)
        let code = PickupCode.make()
        let answer = try await advance(
            call, of: fulfilment, .makeReady(keepSeconds: keepSeconds, salt: code.salt, hash: code.hash), reply: reply)
        return (answer, try await told(code, of: fulfilment))
    }

    /// The customer is given more time, and a new code where asked for.
    ///
    /// - Parameters:
    ///   - call: who asks for it.
    ///   - keepSeconds: how long it is kept from now.
    ///   - newCode: whether the code that was made before is worth nothing from now on.
    ///   - reply: encodes what was done, without the code.
    /// - Returns: the reply, and the new code; nil where none was made, or the call was made before.
    /// - Throws: `Refusal`.
    public func extendPickup(
        _ call: FulfilmentCall, keepSeconds: Int64, newCode: Bool, reply: @escaping FulfilmentReply
    ) async throws -> (reply: [UInt8], code: String?) {
        let fulfilment = try await head(of: call)
        let code = PickupCode.make()
        let answer = try await advance(
            call, of: fulfilment,
            .extend(keepSeconds: keepSeconds, salt: code.salt, hash: newCode ? code.hash : nil), reply: reply)
        return (answer, newCode ? try await told(code, of: fulfilment) : nil)
    }

    /// The code, where it is the one that counts: then this call has made it.
    private func told(_ code: PickupCode, of fulfilment: Fulfilment) async throws -> String? {
        do {
            return try await ledger.codeHash(of: fulfilment.id) == code.hash ? code.text : nil
        } catch {
            // The step stands: nobody must be told that nothing was applied.
            throw Refusal.outcomeUnknown("which code counts cannot be read now, and a new one can be made")
        }
    }

    /// Hands it over to who shows the code.
    ///
    /// However many try at once, no more than ``PickupCode/tries`` wrong ones are compared with one code.
    ///
    /// - Throws: `Refusal.wrongCode` for a wrong one.
    public func collectPickup(
        _ call: FulfilmentCall, code: String, reply: @escaping FulfilmentReply
    ) async throws -> [UInt8] {
        let fulfilment = try await head(of: call)
        // The table is asked before the code: only what can be collected compares one. What was collected answers a repetition.
        if fulfilment.standing != .pickup(.collected) {
            _ = try fulfilment.standing.after(
                .collect, by: call.caller.actors, naming: fulfilment.id.description)
            let tried = try await ledger.tryCode(
                PickupCode.plain(code), of: fulfilment.id, bound: PickupCode.tries)
            guard let tried, tried.isRight else {
                throw Refusal.wrongCode(
                    .pickup, fulfilment.id.description,
                    triesLeft: PickupCode.tries - (tried?.wrong ?? PickupCode.tries))
            }
        }
        return try await advance(call, of: fulfilment, .collect, reply: reply)
    }

    // MARK: - Clocks

    /// What fulfilments have due.
    var fulfilmentWork: [RecurringWork] {
        [
            RecurringWork(name: "expiry of pickups", interval: .seconds(1)) { [self] in try await expirePickups() },
            RecurringWork(name: "release of re-sourced units", interval: .seconds(1)) { [self] in
                try await releaseDue()
            },
            RecurringWork(name: "labels that nothing left with", interval: .seconds(10)) { [self] in
                try await voidLooseLabels()
            },
        ]
    }

    /// Ends the time of pickups; returns how many.
    ///
    /// One that cannot be ended does not hold up the others.
    func expirePickups() async throws -> Int {
        var done = 0
        for pickup in try await ledger.expiredPickups(limit: 100) {
            let call = FulfilmentCall(
                id: pickup.id.named("expire \(pickup.at.microseconds)"), fulfilment: pickup.id, reason: "", body: [],
                caller: .system)
            do {
                let ended = try await ledger.advance(call, of: pickup.order, .expire) { _ in [] }
                await promising.settle(ended.settlement)
                done += 1
            } catch Refusal.wrongState, Refusal.eventNotKnown {
                // It was collected, or given more time, while this looked at it.
                continue
            } catch let error as CancellationError {
                throw error
            } catch {
                logger.warning(
                    "a pickup cannot expire", metadata: ["fulfilment_id": "\(pickup.id)", "error": "\(error)"])
            }
        }
        return done
    }

    /// For how long nobody else releases what was taken, and after how long what could not be released is due again, in seconds.
    private static let releaseLease: Int32 = 30

    /// Releases orders whose units another location serves; returns how many.
    func releaseDue() async throws -> Int {
        var done = 0
        let claims = try await ledger.claimReleases(limit: 100, leaseSeconds: OrderProcessing.releaseLease)
        for due in claims where await release(due) { done += 1 }
        return done
    }

    /// Releases what a step has set aside elsewhere at once, where that can be; what cannot stays on the list.
    func releaseAgain(_ order: EntityID, cause: EntityID) async {
        do {
            let claim = try await ledger.claimRelease(
                order, cause: cause, leaseSeconds: OrderProcessing.releaseLease)
            if let claim { _ = await release(claim) }
        } catch {
            logger.warning("an order waits to be released", metadata: ["order": "\(order)", "error": "\(error)"])
        }
    }

    private func release(_ due: DueRelease) async -> Bool {
        do {
            try await release(due.order, cause: due.cause)
            try await ledger.endRelease(due)
            return true
        } catch Refusal.wrongState(_, _, let state, _) {
            do {
                if state == "held" {
                    try await ledger.parkRelease(due)
                    return false
                }
                // Nothing of the order waits any more: it was released, or cancelled, by somebody else.
                try await ledger.endRelease(due)
                return true
            } catch {
                return waits(due, error)
            }
        } catch {
            return waits(due, error)
        }
    }

    /// What could not be done is due again when its lease is over.
    private func waits(_ due: DueRelease, _ error: any Error) -> Bool {
        logger.warning("an order waits to be released", metadata: ["order": "\(due.order)", "error": "\(error)"])
        return false
    }
}

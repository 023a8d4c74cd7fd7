public import Domain
import Failpoints
public import Ledger
import Logging
import PaymentGateways

/// What orders are paid with: every change of it, and what follows by itself.
///
/// Each action of a gateway is two transactions with a call between them. The first, under the order's lock, checks the
/// amounts and writes the attempt down as prepared; the second records what became of it and tells the event. What a crash
/// leaves behind is found in the tables by whoever runs:
///
/// | if the server dies | then |
/// |---|---|
/// | before the first commit | nothing has happened |
/// | after it, before the call | the attempt is prepared and past its time: the gateway has never seen the key, and is sent it |
/// | in the call, or before the second commit | the gateway is asked by the key, says what it did, and that is recorded |
/// | after the second commit, before the answer | the caller repeats the call and is told what is recorded |
/// | anywhere in what follows by itself | the order stays due, or its attempts past their time |
///
/// Nothing is done twice, because a gateway does a key at most once and the key never changes.
public struct Payments: Sendable {
    let ledger: Ledger
    let settings: PaymentSettings
    let logger: Logger
    let settle: @Sendable (Settlement) async -> Void

    init(
        ledger: Ledger, settings: PaymentSettings, logger: Logger,
        settle: @escaping @Sendable (Settlement) async -> Void
    ) {
        self.ledger = ledger
        self.settings = settings
        self.logger = logger
        self.settle = settle
    }

    // MARK: - Changes that callers ask for

    /// Names a tender, and charges or authorises it where that is asked for or follows from its kind.
    public func add(_ request: TenderRequest) async throws -> PaymentReply {
        if request.tender.kind.asksGateway && settings.gateway == nil {
            throw Refusal.invalid([FieldViolation("kind", "no card gateway is configured on this server")])
        }
        var request = request
        if request.tender.kind.asksGateway { request.tender.gateway = PaymentSettings.gatewayName }
        return try await complete(ledger.addTender(request, patience: patience))
    }

    /// Asks for a tender's amount to be held, or to be taken at once where the goods are in the customer's hands.
    public func authorize(_ change: OrderChange, tender: Int16) async throws -> PaymentReply {
        try await refuseWithoutGateway(change, tender: tender)
        return try await complete(ledger.authorizeTender(change, tender: tender, patience: patience))
    }

    /// Asks for a part of what a tender holds; nil is all that is held and owed.
    public func capture(_ change: OrderChange, tender: Int16, amount: Money?) async throws -> PaymentReply {
        try await refuseWithoutGateway(change, tender: tender)
        return try await complete(ledger.captureTender(change, tender: tender, amount: amount, patience: patience))
    }

    /// Lets go what a tender holds.
    public func void(_ change: OrderChange, tender: Int16) async throws -> PaymentReply {
        try await refuseWithoutGateway(change, tender: tender)
        return try await complete(ledger.voidTender(change, tender: tender, patience: patience))
    }

    /// Gives an amount back; nil is all that is due back.
    public func refund(
        _ change: OrderChange, amount: Money?, tender: Int16?, goodwill: Bool
    ) async throws -> PaymentReply {
        if let tender { try await refuseWithoutGateway(change, tender: tender) }
        return try await complete(
            ledger.refundOrder(change, amount: amount, tender: tender, goodwill: goodwill, patience: patience))
    }

    /// Refuses what a server without a gateway could only write down for another one to do.
    private func refuseWithoutGateway(_ change: OrderChange, tender: Int16) async throws {
        guard settings.gateway == nil,
            let book = try await ledger.payments(of: change.order, within: change.caller.scope),
            let named = book.money.tenders.first(where: { $0.number == tender }), named.kind.asksGateway
        else { return }
        throw Refusal.wrongState(
            .payment, "\(change.order) tender \(tender)", state: "no_gateway",
            explanation: "no card gateway is configured on this server")
    }

    /// Asks the gateway about an attempt that it has news of, and records what it says.
    ///
    /// - Parameters:
    ///   - attempt: the attempt.
    ///   - scope: of the caller.
    /// - Returns: the attempt as it stands, and its order's currency.
    /// - Throws: `Refusal.notFound` and `Refusal.outOfScope`.
    public func look(at attempt: EntityID, within scope: Scope) async throws -> PaymentReply {
        guard let call = try await ledger.paymentCall(attempt, within: scope) else {
            throw scope.isEverything ? Refusal.notFound(.paymentAttempt, "\(attempt)") : Refusal.outOfScope
        }
        // One that was said not to be done may have been done after all: the gateway's word counts more.
        if call.attempt.isOpen || call.attempt.state == .abandoned { _ = try await clear(call) }
        guard let now = try await ledger.paymentCall(attempt, within: scope) else {
            throw Refusal.notFound(.paymentAttempt, "\(attempt)")
        }
        return PaymentReply(order: now.attempt.order, currency: now.currency, tender: now.attempt.tender, calls: [now])
    }

    /// Records what somebody says of an attempt who has looked at the gateway's own books.
    ///
    /// - Parameters:
    ///   - attempt: the attempt.
    ///   - outcome: done, or abandoned.
    ///   - scope: of the caller.
    ///   - change: makes the change of the attempt's order.
    /// - Returns: the attempt as it stands.
    /// - Throws: `Refusal`.
    public func resolve(
        _ attempt: EntityID, _ outcome: PaymentOutcome, within scope: Scope, change: (EntityID) -> OrderChange
    ) async throws -> PaymentReply {
        guard let call = try await ledger.paymentCall(attempt, within: scope) else {
            throw scope.isEverything ? Refusal.notFound(.paymentAttempt, "\(attempt)") : Refusal.outOfScope
        }
        let made = try await ledger.resolveAttempt(
            change(call.attempt.order), attempt: attempt, outcome, holdValidity: holdValidity)
        await settle(made.settlement)
        return made
    }

    /// Sends the attempts that a change of an order has written down, and answers with what became of them.
    ///
    /// For changes that ask for payments among other things, after their commit.
    ///
    /// - Parameters:
    ///   - order: the order.
    ///   - attempts: their ids.
    /// - Returns: the attempts as they stand now.
    /// - Throws: what the ledger throws; the attempts stand all the same, and are followed.
    public func finish(order: EntityID, attempts: [EntityID]) async throws -> PaymentReply {
        try await complete(ledger.paymentReply(order: order, attempts: attempts))
    }

    /// Sends the attempts of a change that were not sent yet, all at once, and answers with what became of them.
    ///
    /// A repeated change asks about those that are still open instead: whoever sent them may be about to record them, or be
    /// dead.
    ///
    /// - Parameter made: what was written down.
    /// - Returns: the attempts as they stand now.
    /// - Throws: what the ledger throws; the attempts stand all the same.
    func complete(_ made: PaymentReply) async throws -> PaymentReply {
        await settle(made.settlement)
        return try await send(made)
    }

    /// Sends the attempts of a change whose settlement Redis was told of.
    func send(_ made: PaymentReply) async throws -> PaymentReply {
        let open = made.calls.filter { $0.attempt.isOpen }
        guard !open.isEmpty, settings.gateway != nil else { return made }
        if !made.isRepeated { Failpoint.paymentPrepared.pass() }
        return try await Ledger.afterCommit {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for call in open {
                    group.addTask {
                        if made.isRepeated { _ = try await clear(call) } else { try await send(call) }
                    }
                }
                try await group.waitForAll()
            }
            return try await ledger.refreshed(made)
        }
    }

    private var patience: Int64 { settings.patience.milliseconds }

    private var holdValidity: Int64? { settings.holdValidity.map { $0.milliseconds * 1_000 } }

    // MARK: - Gateway

    /// Sends an attempt and records what became of it.
    private func send(_ call: PaymentCall) async throws {
        guard let gateway = settings.gateway else { return }
        let outcome = await gateway.perform(GatewayRequest(call))
        if Failpoint.paymentAnswered.pass() { return }
        try await record(outcome, of: call)
    }

    /// Finds out what became of an attempt: the gateway is asked, and sent the same key again where it has never seen it,
    /// unless the attempt has ended: by somebody's word too, who may have spoken while the gateway was asked.
    ///
    /// - Parameter call: what was sent, or was to be sent.
    /// - Returns: whether its outcome is known now.
    /// - Throws: what the ledger throws.
    func clear(_ call: PaymentCall) async throws -> Bool {
        guard let gateway = settings.gateway else { return false }
        let request = GatewayRequest(call)
        switch await gateway.lookUp(request) {
        case .ended(let outcome): return try await record(outcome, of: call)
        case .neverSeen:
            // Somebody who has said that it was not done relies on it.
            let now = try await ledger.paymentCall(call.attempt.id, within: .everything)
            guard let now, now.attempt.isOpen else { return true }
            return try await record(await gateway.perform(request), of: call)
        }
    }

    @discardableResult
    private func record(_ outcome: GatewayOutcome, of call: PaymentCall) async throws -> Bool {
        let made: PaymentOutcome =
            switch outcome {
            case .approved(let reference, let expiresAt): .approved(reference: reference, expiresAt: expiresAt)
            case .declined(let reason): .declined(reason: reason)
            case .unknown(let why): .unknown(reason: why.description)
            }
        let attempt: PaymentAttempt
        do {
            attempt = try await ledger.record(made, of: call.attempt, holdValidity: holdValidity)
        } catch let refusal as Refusal {
            // As it is stored: somebody may have given it up since it was read.
            if case .approved = made, case .wrongState(.paymentAttempt, _, _, _) = refusal {
                logger.critical(
                    "a payment attempt that was said not to be done was done, and so was another in its place",
                    metadata: ["attempt": "\(call.attempt.id)", "order": "\(call.attempt.order)", "why": "\(refusal)"])
            }
            throw refusal
        }
        if case .declined = made, attempt.state == .approved {
            logger.critical(
                "the payment gateway declines what it had approved", metadata: ["attempt": "\(call.attempt.id)"])
        }
        if attempt.state == .approved || attempt.state == .declined { Failpoint.paymentRecorded.pass() }
        return !attempt.isOpen
    }
}

extension GatewayRequest {
    /// What is sent of an attempt: the same each time, because what it is made of never changes.
    init(_ call: PaymentCall) {
        self.init(
            key: call.attempt.id, action: call.attempt.action, amount: call.attempt.amount, currency: call.currency,
            isFinal: call.isFinal, token: call.token, reference: call.target, order: call.attempt.order,
            madeAt: call.attempt.madeAt)
    }
}

extension Duration {
    /// Whole milliseconds.
    var milliseconds: Int64 { components.seconds * 1_000 + components.attoseconds / 1_000_000_000_000_000 }
}

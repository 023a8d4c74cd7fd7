public import Carriers
public import Domain
public import Ledger
public import Logging
public import OrderPromising

/// The life of orders after their capture: review, fulfilment, payment, returns.
///
/// Every change of an order is one transaction of the ledger under the lock of the order's row, and Redis is told afterwards.
/// Whatever has to wait, for a clock or for somebody outside, is a row of a table: ``run()`` looks for such rows, on every
/// server, and goes on where another one stopped.
public final class OrderProcessing: Sendable {
    /// What sets stock aside, and the ledger.
    public let promising: OrderPromising
    /// Who brings parcels.
    public let carriers: CarrierDirectory
    /// Asks another program about orders; nil where this server is set up without one.
    let fraudCheck: (any FraudChecking)?
    /// What releases orders whose review lets them pass; nil where it is done here.
    let releasing: (any OrderReleasing)?
    /// What orders are paid with.
    public let payments: Payments
    let logger: Logger
    /// Since when drafts are being placed.
    let placingWatch = PlacingWatch()

    /// The durable side.
    public var ledger: Ledger { promising.ledger }

    /// Makes order processing over order promising.
    ///
    /// - Parameters:
    ///   - promising: what sets stock aside, and the ledger.
    ///   - carriers: who brings parcels; the company's own van where nobody is named.
    ///   - fraudCheck: asks another program about orders.
    ///   - releasing: releases orders whose review lets them pass; nil does it here.
    ///   - payments: how payments are dealt with; without a gateway where nothing is said.
    ///   - logger: where trouble is told.
    public init(
        promising: OrderPromising, carriers: CarrierDirectory = CarrierDirectory([RateTableCarrier.own]),
        fraudCheck: (any FraudChecking)? = nil, releasing: (any OrderReleasing)? = nil,
        payments: PaymentSettings = PaymentSettings(), logger: Logger
    ) {
        self.promising = promising
        self.carriers = carriers
        self.fraudCheck = fraudCheck
        self.releasing = releasing
        self.payments = Payments(ledger: promising.ledger, settings: payments, logger: logger) { settlement in
            await promising.settle(settlement)
        }
        self.logger = logger
    }

    /// Does what is due, again and again, until cancelled.
    public func run() async {
        let sender = AttemptSender { made in await self.payments.sendLogged(made) }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await sender.run() }
            for work in recurringWork(sending: sender) { group.addTask { await work.run(logger: self.logger) } }
        }
    }

    /// The work that is looked for again and again.
    func recurringWork(sending sender: AttemptSender) -> [RecurringWork] {
        let backorders = backorders
        return [
            RecurringWork(name: "the review of orders", interval: .milliseconds(250)) { try await self.reviewPass() },
            RecurringWork(name: "wishes that are too late", interval: .seconds(5)) {
                try await self.lateCancelPass()
            },
            RecurringWork(name: "supply for waiting orders", interval: .milliseconds(100)) {
                try await backorders.takeOver()
            },
            RecurringWork(name: "free stock for waiting orders", interval: .seconds(1)) {
                try await backorders.askForFreeStock()
            },
            returnAgeing, exchangeResumption, draftPlacing,
            RecurringWork(name: "labels that no goods come with", interval: .seconds(10)) {
                try await self.voidLooseReturnLabels()
            },
        ] + fulfilmentWork + payments.recurringWork(sending: sender)
    }

    /// Lines that wait for supply.
    public var backorders: Backorders { Backorders(promising: promising, logger: logger) }
}

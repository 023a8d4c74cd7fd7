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
    let logger: Logger

    /// The durable side.
    public var ledger: Ledger { promising.ledger }

    /// Makes order processing over order promising.
    public init(promising: OrderPromising, logger: Logger) {
        self.promising = promising
        self.logger = logger
    }

    /// Does what is due, again and again, until cancelled.
    public func run() async {
        await withTaskGroup(of: Void.self) { group in
            for work in recurringWork { group.addTask { await work.run(logger: self.logger) } }
        }
    }

    /// The work that is looked for again and again.
    private var recurringWork: [RecurringWork] {
        []
    }
}

public import Logging
public import NIOCore

/// A bounded number of connections, each owned by a thread of its own on which the bodies run.
///
/// libpq's calls block, so they run neither on the cooperative threads nor on an event loop: a body is handed to an
/// owner's thread and its value comes back, one hop each way. Bodies should be short and do nothing but ask the database.
///
///     let pool = PostgresPool(configuration: .init(connectionString: "postgres://…"), logger: logger)
///     let count = try await pool.withTransaction { connection in
///         try connection.execute(countStock, [.int64(sku)]).single.int64(0)
///     }
///     await pool.shutdown()
///
/// Threads connect at once and reconnect with growing pauses. While there is no connection at all and the last attempt
/// failed, callers get ``PostgresError/Kind/unavailable`` at once. While all are busy, or the first attempt is under way, they
/// wait within ``PostgresConfiguration/maximumWaiting`` and ``PostgresConfiguration/acquireTimeout``, then get
/// ``PostgresError/Kind/poolExhausted``, or ``PostgresError/Kind/unavailable`` where there is still no connection. A body is never run twice. Call ``shutdown()`` before letting go of the pool.
public final class PostgresPool: Sendable {
    private let core: PoolCore

    /// Makes a pool, whose threads begin to connect.
    public init(configuration: PostgresConfiguration, logger: Logger, metrics: PostgresMetrics = .off) {
        self.core = PoolCore(configuration, logger: logger, metrics: metrics)
        self.core.start()
    }

    /// What the connections do now, for metrics.
    public var status: PostgresPoolStatus { self.core.status() }

    /// Runs a body with a connection and returns its value.
    ///
    /// - Parameter body: the work; a transaction that it leaves open is rolled back.
    /// - Returns: what the body returns.
    /// - Throws: what the body throws; ``PostgresError`` when it was not run; `CancellationError` when the task was
    ///   cancelled while it waited for a connection. A body that runs is not interrupted.
    @discardableResult
    public func withConnection<R: Sendable>(
        _ body: @escaping @Sendable (PostgresConnection) throws -> R
    ) async throws -> R {
        try Task.checkCancellation()
        let ticket = PoolJob.Ticket()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                self.core.submit(
                    PoolJob(deadline: self.core.acquireDeadline(), ticket: ticket, body: body) {
                        continuation.resume(with: $0)
                    })
                // The cancellation may have come before the job was there to be withdrawn.
                if Task.isCancelled { self.withdraw(ticket) }
            }
        } onCancel: {
            self.withdraw(ticket)
        }
    }

    /// Runs a body inside a transaction, commits when it returns and rolls back when it throws.
    ///
    /// - Parameters:
    ///   - mode: isolation and access.
    ///   - body: the work; it is executed once.
    /// - Returns: what the body returns, after the commit.
    /// - Throws: as ``withConnection(_:)`` and ``PostgresConnection/transaction(_:_:)``. Look at
    ///   ``PostgresError/isOutcomeUnknown`` before saying that nothing happened.
    @discardableResult
    public func withTransaction<R: Sendable>(
        _ mode: PostgresTransactionMode = .readCommitted,
        _ body: @escaping @Sendable (PostgresConnection) throws -> R
    ) async throws -> R {
        try await self.withConnection { connection in try connection.transaction(mode, body) }
    }

    /// Runs a body with a connection, for callers on an event loop.
    ///
    /// - Parameters:
    ///   - eventLoop: the loop on which the future completes.
    ///   - body: the work; a transaction that it leaves open is rolled back.
    /// - Returns: the body's value, or its error, or a ``PostgresError`` when it was not run.
    public func submit<R: Sendable>(
        on eventLoop: any EventLoop, _ body: @escaping @Sendable (PostgresConnection) throws -> R
    ) -> EventLoopFuture<R> {
        let promise = eventLoop.makePromise(of: R.self)
        self.core.submit(
            PoolJob(deadline: self.core.acquireDeadline(), body: body) { promise.completeWith($0) })
        return promise.futureResult
    }

    /// Runs a body inside a transaction, for callers on an event loop.
    ///
    /// - Parameters:
    ///   - eventLoop: the loop on which the future completes.
    ///   - mode: isolation and access.
    ///   - body: the work; it is executed once.
    /// - Returns: the body's value after the commit, or an error as in ``withTransaction(_:_:)``.
    public func submitTransaction<R: Sendable>(
        on eventLoop: any EventLoop, _ mode: PostgresTransactionMode = .readCommitted,
        _ body: @escaping @Sendable (PostgresConnection) throws -> R
    ) -> EventLoopFuture<R> {
        self.submit(on: eventLoop) { connection in try connection.transaction(mode, body) }
    }

    /// Lets the bodies that run come to their end, fails those that wait, and closes the connections.
    ///
    /// Afterwards every call fails with ``PostgresError/Kind/closed``.
    public func shutdown() async {
        await withCheckedContinuation { continuation in
            self.core.close { continuation.resume() }
        }
    }

    private func withdraw(_ ticket: PoolJob.Ticket) {
        self.core.withdraw(ticket)?.fail(CancellationError())
    }
}

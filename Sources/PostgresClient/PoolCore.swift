import CoreMetrics
import Glibc
import Logging
import NIOCore

/// The threads of a pool, their connections and what waits for them.
final class PoolCore: @unchecked Sendable {
    // Unchecked because everything that changes is touched with `monitor` held.

    private let configuration: PostgresConfiguration
    private let logger: Logger
    private let metrics: PostgresMetrics
    private let monitor = Monitor()
    /// Here wait the owners of idle connections.
    private let work = Monitor.Condition()
    /// Here wait the owners that could not connect.
    private let retry = Monitor.Condition()
    /// Here waits the warden.
    private let watch = Monitor.Condition()

    private var waiting = CircularBuffer<PoolJob>()
    private var connectedCount = 0
    private var busyCount = 0
    private var threadCount = 0
    private var isClosing = false
    private var isWardenAsleep = false
    private var closeWaiters: [() -> Void] = []
    /// Why the last attempt failed, while there is no connection at all.
    private var outage: PostgresError?

    init(_ configuration: PostgresConfiguration, logger: Logger, metrics: PostgresMetrics) {
        precondition(configuration.connectionCount > 0, "a pool without connections")
        self.configuration = configuration
        self.logger = logger
        self.metrics = metrics
    }

    /// Starts the threads; each connects at once.
    func start() {
        self.monitor.withLock {
            self.threadCount = self.configuration.connectionCount + 1
        }
        for _ in 0..<self.configuration.connectionCount {
            OwnerThread.start { self.ownConnection() }
        }
        OwnerThread.start { self.watchDeadlines() }
    }

    /// When a caller that comes now stops waiting.
    func acquireDeadline() -> UInt64 {
        MonotonicClock.now() &+ self.configuration.acquireTimeout.nanoseconds
    }

    /// Queues a job, or fails it at once.
    func submit(_ job: PoolJob) {
        let refusal: PostgresError? = self.monitor.withLock {
            if self.isClosing { return PostgresError(.closed, detail: "shut down") }
            if let outage { return outage }
            guard self.waiting.count < self.configuration.maximumWaiting else {
                return PostgresError(.poolExhausted, detail: "\(self.waiting.count) callers wait already")
            }
            self.waiting.append(job)
            self.work.signal()
            if self.isWardenAsleep {
                self.isWardenAsleep = false
                self.watch.signal()
            }
            return nil
        }
        guard let refusal else { return }
        if refusal.kind == .poolExhausted {
            self.metrics.refusedExhausted.increment()
        } else {
            self.metrics.refusedUnavailable.increment()
        }
        job.fail(refusal)
    }

    /// Takes a job back if it still waits; its caller is not told by it any more.
    func withdraw(_ ticket: PoolJob.Ticket) -> PoolJob? {
        self.monitor.withLock {
            guard let index = self.waiting.firstIndex(where: { $0.ticket === ticket }) else { return nil }
            return self.waiting.remove(at: index)
        }
    }

    /// A snapshot for metrics.
    func status() -> PostgresPoolStatus {
        self.monitor.withLock {
            PostgresPoolStatus(connected: self.connectedCount, busy: self.busyCount, waiting: self.waiting.count)
        }
    }

    /// Fails what waits, lets what runs end, closes the connections, then calls back.
    func close(_ completion: @escaping () -> Void) {
        let (abandoned, isClosed) = self.monitor.withLock { () -> ([PoolJob], Bool) in
            self.isClosing = true
            self.work.broadcast()
            self.retry.broadcast()
            self.watch.broadcast()
            if self.threadCount > 0 { self.closeWaiters.append(completion) }
            return (self.takeAllWaiting(), self.threadCount == 0)
        }
        for job in abandoned { job.fail(PostgresError(.closed, detail: "shut down")) }
        if isClosed { completion() }
    }

    // MARK: - An owner's thread

    private func ownConnection() {
        var delay = self.configuration.minimumReconnectDelay.nanoseconds
        var connection: PostgresConnection?
        while true {
            guard let current = connection else {
                guard !self.monitor.withLock({ self.isClosing }) else { break }
                connection = self.connect(&delay)
                continue
            }
            guard let job = self.nextJob() else { break }
            connection = self.run(job, on: current)
        }
        if connection != nil { self.monitor.withLock { self.connectedCount -= 1 } }
        connection = nil
        self.threadEnds()
    }

    private func connect(_ delay: inout UInt64) -> PostgresConnection? {
        do {
            let connection = try PostgresConnection(
                self.configuration, logger: self.logger, metrics: self.metrics)
            try self.prepare(connection)
            self.metrics.connected.increment()
            delay = self.configuration.minimumReconnectDelay.nanoseconds
            self.monitor.withLock {
                self.connectedCount += 1
                self.outage = nil
            }
            self.logger.debug("postgres connected", metadata: ["postgres.pid": "\(connection.backendProcessID)"])
            return connection
        } catch {
            self.connectionFailed(error)
            self.pause(delay)
            delay = min(delay * 2, self.configuration.maximumReconnectDelay.nanoseconds)
            return nil
        }
    }

    private func prepare(_ connection: PostgresConnection) throws(PostgresError) {
        do {
            try self.configuration.onConnect?(connection)
        } catch let error as PostgresError {
            throw error
        } catch {
            throw PostgresError(.unavailable, detail: "a new connection could not be prepared: \(error)")
        }
        guard connection.rollBackIfOpen() else {
            throw connection.failure ?? PostgresError(.unavailable, detail: "a new connection is not idle")
        }
    }

    private func connectionFailed(_ error: PostgresError) {
        let abandoned = self.monitor.withLock { () -> [PoolJob] in
            guard self.connectedCount == 0, !self.isClosing else { return [] }
            if self.outage == nil {
                self.logger.warning(
                    "postgres cannot be reached", metadata: ["error": "\(error.debugDescription)"])
            }
            self.outage = error
            return self.takeAllWaiting()
        }
        for job in abandoned {
            self.metrics.refusedUnavailable.increment()
            job.fail(error)
        }
    }

    /// Waits before the next attempt: half of the time surely, the rest by chance, so that owners spread.
    private func pause(_ delay: UInt64) {
        let moment = MonotonicClock.now() &+ UInt64.random(in: (delay / 2)...delay)
        self.monitor.withLock {
            while !self.isClosing, MonotonicClock.now() < moment {
                self.monitor.wait(self.retry, until: moment)
            }
        }
    }

    private func nextJob() -> PoolJob? {
        self.monitor.withLock {
            while true {
                if let job = self.waiting.popFirst() {
                    self.busyCount += 1
                    return job
                }
                if self.isClosing { return nil }
                self.monitor.wait(self.work)
            }
        }
    }

    /// Runs a job and returns the connection if it can be lent again.
    private func run(_ job: PoolJob, on connection: PostgresConnection) -> PostgresConnection? {
        connection.checkIdle()
        if connection.failure != nil {
            self.lose(connection)
            self.monitor.withLock { self.busyCount -= 1 }
            self.putBack(job)
            return nil
        }
        let start = MonotonicClock.now()
        let asked = job.deadline &- self.configuration.acquireTimeout.nanoseconds
        self.metrics.waitTime.recordNanoseconds(Int64(clamping: start > asked ? start - asked : 0))
        let tell = job.run(connection)
        self.metrics.useTime.recordNanoseconds(Int64(clamping: MonotonicClock.now() - start))
        if connection.failure == nil, connection.isInTransaction {
            self.logger.warning("postgres transaction left open, rolled back")
        }
        let isIdle = connection.rollBackIfOpen()
        if !isIdle { self.lose(connection) }
        self.monitor.withLock { self.busyCount -= 1 }
        tell()
        return isIdle ? connection : nil
    }

    /// Nothing of the job was executed: it goes back to the front, with the deadline that it has.
    private func putBack(_ job: PoolJob) {
        let isClosing = self.monitor.withLock { () -> Bool in
            guard !self.isClosing else { return true }
            self.waiting.prepend(job)
            self.work.signal()
            if self.isWardenAsleep {
                self.isWardenAsleep = false
                self.watch.signal()
            }
            return false
        }
        if isClosing { job.fail(PostgresError(.closed, detail: "shut down")) }
    }

    private func lose(_ connection: PostgresConnection) {
        self.monitor.withLock { self.connectedCount -= 1 }
        self.metrics.lost.increment()
        self.logger.warning(
            "postgres connection lost",
            metadata: [
                "postgres.pid": "\(connection.backendProcessID)",
                "error": "\(connection.failure?.debugDescription ?? "it is not idle")",
            ])
    }

    private func threadEnds() {
        let waiters = self.monitor.withLock { () -> [() -> Void] in
            self.threadCount -= 1
            guard self.threadCount == 0 else { return [] }
            defer { self.closeWaiters = [] }
            return self.closeWaiters
        }
        for waiter in waiters { waiter() }
    }

    // MARK: - The warden's thread

    private func watchDeadlines() {
        while let late = self.nextLateJobs() {
            let detail = "no connection within \(self.configuration.acquireTimeout)"
            for job in late.jobs {
                if late.isConnected {
                    self.metrics.refusedExhausted.increment()
                    job.fail(PostgresError(.poolExhausted, detail: detail))
                } else {
                    self.metrics.refusedUnavailable.increment()
                    job.fail(PostgresError(.unavailable, detail: detail))
                }
            }
        }
        self.threadEnds()
    }

    /// Waits for jobs whose time is over; nil once the pool closes.
    ///
    /// Where there is no connection at all, none is busy: whoever listens at the address does not answer as PostgreSQL does.
    private func nextLateJobs() -> (jobs: [PoolJob], isConnected: Bool)? {
        self.monitor.withLock {
            while !self.isClosing {
                let now = MonotonicClock.now()
                var late: [PoolJob] = []
                // All wait equally long, so the first one's time is over first.
                while let first = self.waiting.first, first.deadline <= now {
                    late.append(self.waiting.removeFirst())
                }
                guard late.isEmpty else { return (late, self.connectedCount > 0) }
                if let first = self.waiting.first {
                    self.monitor.wait(self.watch, until: first.deadline)
                } else {
                    self.isWardenAsleep = true
                    self.monitor.wait(self.watch)
                }
            }
            return nil
        }
    }

    private func takeAllWaiting() -> [PoolJob] {
        defer { self.waiting.removeAll(keepingCapacity: true) }
        return Array(self.waiting)
    }
}

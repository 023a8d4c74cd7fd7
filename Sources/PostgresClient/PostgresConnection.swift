import CLibPQ
import Glibc
import Logging

/// One session of PostgreSQL, lent to a closure of ``PostgresPool`` on the thread that owns it.
///
/// Do not keep it beyond the closure and do not use it on another thread: that traps. After the closure the session is
/// idle again; a transaction that was left open is rolled back. Statements are prepared when they are first used, in the
/// same round trip.
public final class PostgresConnection {
    private enum Expectation {
        case preparation(PostgresStatement, serverName: String)
        case execution(PostgresStatement)
    }

    private let session: PostgresSession
    private let owner = pthread_self()
    private let logger: Logger
    private let metrics: PostgresMetrics
    private var statements = PreparedStatements()
    private var parameters = ParameterEncoder()
    /// A BEGIN that travels with the first statement of its transaction.
    private var deferredBegin: PostgresStatement?

    init(
        _ configuration: PostgresConfiguration, logger: Logger, metrics: PostgresMetrics = .off
    ) throws(PostgresError) {
        self.logger = logger
        self.metrics = metrics
        self.session = try PostgresSession(configuration, logger: logger)
    }

    /// Why the connection cannot be used any more, once that is so.
    var failure: PostgresError? { self.session.failure }

    /// The version of the server: 150002 is 15.2.
    public var serverVersion: Int { self.session.serverVersion }

    /// The process id of the session on the server, as in `pg_stat_activity`.
    public var backendProcessID: Int32 { self.session.backendProcessID }

    /// Whether a transaction is open, or about to be with the next statement.
    public var isInTransaction: Bool {
        self.deferredBegin != nil || self.session.transactionStatus != PQTRANS_IDLE
    }

    /// Executes one statement in one round trip.
    ///
    /// - Parameters:
    ///   - statement: the statement.
    ///   - parameters: the values for `$1`, `$2` …
    /// - Returns: its rows.
    /// - Throws: ``PostgresError``; after ``PostgresError/Kind/server(_:)`` the connection may still be used.
    @discardableResult
    public func execute(
        _ statement: PostgresStatement, _ parameters: [PostgresValue] = []
    ) throws(PostgresError) -> PostgresRows {
        guard let rows = try self.pipeline([(statement, parameters)]).first else {
            throw PostgresError(.protocolViolation, detail: "a statement without a result")
        }
        return rows
    }

    /// Executes statements in order, in one round trip.
    ///
    /// Outside a transaction, and without a `BEGIN` among them, they are one implicit transaction. With the first error
    /// the server skips the rest and that error is thrown; a `BEGIN … COMMIT` among the steps is then rolled back when the
    /// closure ends, unless its `COMMIT` stood before the failed step.
    ///
    /// - Parameter steps: the statements, each with its values.
    /// - Returns: the rows of each step.
    /// - Throws: ``PostgresError`` of the first step that failed.
    @discardableResult
    public func pipeline(
        _ steps: [(statement: PostgresStatement, parameters: [PostgresValue])]
    ) throws(PostgresError) -> [PostgresRows] {
        try self.checkUsable()
        guard !steps.isEmpty else { return [] }
        if self.statements.isFull { try self.deallocateAll() }
        guard let begin = self.deferredBegin else { return try self.run(steps) }
        let rows = try self.run([(begin, [])] + steps) { self.deferredBegin = nil }
        return Array(rows.dropFirst())
    }

    /// Executes a text of several statements, without parameters; for migrations.
    ///
    /// Outside a transaction the text is one implicit transaction. Never paste values into it. If the connection is lost
    /// the outcome counts as unknown.
    ///
    /// - Parameter sql: the text.
    /// - Throws: ``PostgresError`` of the first statement that failed; those after it were not executed.
    public func executeScript(_ sql: String) throws(PostgresError) {
        try self.checkUsable()
        if let begin = self.deferredBegin {
            try self.run([(begin, [])]) { self.deferredBegin = nil }
        }
        let deadline = self.session.deadline()
        self.session.sendScript(sql)
        var refusal: PostgresError?
        while let result = self.session.nextResult(deadline) {
            if let error = self.refusal(result) { refusal = refusal ?? error }
            if self.session.failure != nil { break }
        }
        self.session.endScript()
        if let failure = self.session.failure { throw self.lost(failure, isOutcomeUnknown: true) }
        if let refusal { throw refusal }
    }

    /// Runs a body inside a transaction, commits when it returns and rolls back when it throws.
    ///
    /// `BEGIN` travels with the first statement. A body may end the transaction itself, for instance with
    /// ``PostgresTransactionMode/commit`` as the last step of a pipeline, which saves a round trip.
    ///
    /// - Parameters:
    ///   - mode: isolation and access.
    ///   - body: the work; it is executed once.
    /// - Returns: what the body returns.
    /// - Throws: what the body throws; ``PostgresError`` when the commit fails, of the kind
    ///   ``PostgresError/Kind/transactionAborted`` when the body hid an error.
    @discardableResult
    public func transaction<R>(
        _ mode: PostgresTransactionMode = .readCommitted, _ body: (PostgresConnection) throws -> R
    ) throws -> R {
        try self.checkUsable()
        guard !self.isInTransaction else {
            throw PostgresError(
                .server(.invalidTransactionState), detail: "a transaction is open already; transactions do not nest")
        }
        self.deferredBegin = mode.begin
        let value: R
        do {
            value = try body(self)
        } catch {
            self.rollBackIfOpen()
            throw error
        }
        if self.deferredBegin != nil {
            self.deferredBegin = nil
        } else if self.session.transactionStatus != PQTRANS_IDLE {
            try self.execute(mode.commit)
        }
        return value
    }

    /// Looks without waiting whether the session ended while nobody used it.
    func checkIdle() {
        self.session.checkIdle()
    }

    /// Rolls back what is open, and returns whether the session is idle and can be lent again.
    @discardableResult
    func rollBackIfOpen() -> Bool {
        self.deferredBegin = nil
        guard self.session.failure == nil else { return false }
        guard self.session.transactionStatus != PQTRANS_IDLE else { return true }
        do {
            try self.execute(.rollback)
        } catch {
            self.logger.warning("rollback failed", metadata: ["error": "\(error.debugDescription)"])
            self.session.fail(.protocolViolation, "a rollback failed")
        }
        return self.session.failure == nil && self.session.transactionStatus == PQTRANS_IDLE
    }

    private func checkUsable() throws(PostgresError) {
        precondition(pthread_equal(self.owner, pthread_self()) != 0, "a PostgresConnection left its thread")
        // What was lost then has been told then; of what is asked now nothing was sent.
        if let failure = self.session.failure { throw self.lost(failure, isOutcomeUnknown: false) }
    }

    private func deallocateAll() throws(PostgresError) {
        let deallocate = PostgresStatement("deallocate_all", "DEALLOCATE ALL", access: .readOnly)
        if self.session.transactionStatus == PQTRANS_INERROR { return }
        try self.run([(deallocate, [])])
        self.statements.removeAll()
    }

    @discardableResult
    private func run(
        _ steps: [(statement: PostgresStatement, parameters: [PostgresValue])], didSend: () -> Void = {}
    ) throws(PostgresError) -> [PostgresRows] {
        self.parameters.reset()
        var ranges: [Range<Int>] = []
        ranges.reserveCapacity(steps.count)
        for step in steps { ranges.append(try self.parameters.encode(step.parameters)) }

        let isInTransaction = self.session.transactionStatus != PQTRANS_IDLE
        var watch = CommitWatch(isInTransaction: isInTransaction)
        var expectations: [Expectation] = []
        expectations.reserveCapacity(steps.count)
        for (step, range) in zip(steps, ranges) {
            let serverName: String
            if let variant = self.statements.variant(of: step.statement, for: step.parameters) {
                serverName = variant.serverName
            } else {
                let variant = self.statements.add(step.statement, for: step.parameters)
                serverName = variant.serverName
                self.session.sendPrepare(serverName, step.statement.sql, variant.types)
                expectations.append(.preparation(step.statement, serverName: serverName))
            }
            self.session.sendExecute(serverName, self.parameters, range)
            watch.willSend(step.statement)
            expectations.append(.execution(step.statement))
        }
        self.session.sendSync()
        didSend()
        return try self.receive(expectations, watch)
    }

    private func receive(
        _ expectations: [Expectation], _ watch: consuming CommitWatch
    ) throws(PostgresError) -> [PostgresRows] {
        let deadline = self.session.deadline()
        var rows: [PostgresRows] = []
        rows.reserveCapacity(expectations.count)
        var refusal: PostgresError?
        for expectation in expectations {
            guard let result = self.nextStepResult(deadline) else { break }
            switch (expectation, self.refusal(result)) {
            case (_, let error?):
                guard self.session.failure == nil else { break }
                if refusal == nil { refusal = error }
                watch.didRefuse()
                self.forget(expectation, error)
            case (.preparation, nil):
                break
            case (.execution(let statement), nil):
                watch.didConfirm(statement)
                rows.append(PostgresRows(result))
                if statement.role == .commit, result.commandTag == "ROLLBACK" {
                    refusal = refusal ?? PostgresError(.transactionAborted, detail: "COMMIT answered ROLLBACK")
                }
            }
            if self.session.failure != nil { break }
        }
        if self.session.failure == nil, let error = self.receiveSync(deadline) {
            watch.didRefuse()
            refusal = refusal ?? error
        }
        // A refusal is certain even if the connection ended after it.
        if let refusal { throw refusal }
        if let failure = self.session.failure {
            // The last word can be a confirmed COMMIT: then all is done, only the connection is not needed any more.
            let isDone = rows.count == expectations.count { if case .execution = $0 { true } else { false } }
            if isDone, !watch.isOutcomeUnknown, case .execution(let last)? = expectations.last, last.role == .commit {
                return rows
            }
            throw self.lost(failure, isOutcomeUnknown: watch.isOutcomeUnknown)
        }
        return rows
    }

    /// The result of one step; nil when the connection is lost.
    private func nextStepResult(_ deadline: UInt64?) -> PostgresResult? {
        guard let result = self.session.nextResult(deadline) else {
            self.session.fail(.protocolViolation, "a step of the pipeline has no result")
            return nil
        }
        guard self.session.failure == nil else { return result }
        if self.session.nextResult(deadline) != nil {
            self.session.fail(.protocolViolation, "a step of the pipeline has two results")
        }
        return result
    }

    /// Waits for the end of the pipeline, where an implicit transaction commits and may still be refused.
    private func receiveSync(_ deadline: UInt64?) -> PostgresError? {
        var refusal: PostgresError?
        // An error at the end comes as a result, possibly with an end of its own, before that of the pipeline.
        for _ in 0..<4 {
            let result = self.session.nextResult(deadline)
            if self.session.failure != nil { return refusal }
            guard let result else { continue }
            if result.status == PGRES_PIPELINE_SYNC { return refusal }
            let error = self.refusal(result)
            // The end of the session is no refusal: the commit may have been made before it.
            guard self.session.failure == nil else { return refusal }
            refusal = refusal ?? error
        }
        self.session.fail(.protocolViolation, "a pipeline does not end")
        return refusal
    }

    /// The error that a result is; fails the session when the server ended it.
    private func refusal(_ result: PostgresResult) -> PostgresError? {
        switch result.status {
        case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY, PGRES_PIPELINE_SYNC:
            return nil
        case PGRES_PIPELINE_ABORTED:
            return PostgresError(.server(.inFailedTransaction), detail: "skipped after an earlier error")
        case PGRES_FATAL_ERROR, PGRES_NONFATAL_ERROR, PGRES_BAD_RESPONSE:
            return self.serverError(result)
        default:
            self.session.fail(.protocolViolation, "a result of the status \(result.status.rawValue)")
            return self.session.failure
        }
    }

    private func serverError(_ result: PostgresResult) -> PostgresError? {
        guard let code = result.errorField(CLIBPQ_FIELD_SQLSTATE) else {
            self.session.fail(.connectionLost, result.message)
            return self.session.failure
        }
        let state = SQLState(rawValue: code)
        self.metrics.refused(state)
        let severity = result.errorField(CLIBPQ_FIELD_SEVERITY) ?? ""
        if severity == "FATAL" || severity == "PANIC" || state == .statementCompletionUnknown {
            self.session.fail(.connectionLost, result.message, state: state)
            return self.session.failure
        }
        return PostgresError(
            .server(state), detail: result.message,
            constraint: result.errorField(CLIBPQ_FIELD_CONSTRAINT),
            table: result.errorField(CLIBPQ_FIELD_TABLE),
            column: result.errorField(CLIBPQ_FIELD_COLUMN))
    }

    /// After an error, drops what is not, or must not stay, prepared.
    private func forget(_ expectation: Expectation, _ error: PostgresError) {
        switch expectation {
        case .preparation(let statement, let serverName):
            self.statements.remove(statement, serverName)
        case .execution(let statement):
            // A plan whose result type was changed by a migration, or a statement that the server lost.
            if error.sqlState == .featureNotSupported || error.sqlState == .invalidStatementName {
                self.statements.forget(statement)
            }
        }
    }

    private func lost(_ failure: PostgresError, isOutcomeUnknown: Bool) -> PostgresError {
        PostgresError(
            failure.kind, isOutcomeUnknown: isOutcomeUnknown, detail: failure.debugDescription, state: failure.sqlState)
    }
}

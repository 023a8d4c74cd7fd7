import CLibPQ
import Glibc
import Logging

/// A libpq connection that never blocks beyond a deadline, in pipeline mode.
///
/// It moves results and knows nothing of statements; ``PostgresConnection`` does.
final class PostgresSession {
    private let handle: OpaquePointer
    private let notices: NoticeLog
    private let responseTimeout: UInt64?
    private var isFlushed = true

    /// Why the session is unusable, once it is.
    private(set) var failure: PostgresError?

    /// Connects, which blocks at most as long as the configured time-out, for each address that the host name has.
    init(_ configuration: PostgresConfiguration, logger: Logger) throws(PostgresError) {
        let parameters = try SessionParameters(configuration)
        guard let handle = parameters.connect() else {
            throw PostgresError(.unavailable, detail: "libpq is out of memory")
        }
        guard PQstatus(handle) == CONNECTION_OK else {
            defer { PQfinish(handle) }
            throw PostgresError(.unavailable, detail: Self.message(of: handle))
        }
        self.handle = handle
        self.notices = NoticeLog(logger)
        self.responseTimeout = configuration.responseTimeout.map(\.nanoseconds)
        self.notices.attach(to: handle)
        // Details of errors show the values of rows, which belong in no log.
        PQsetErrorVerbosity(handle, PQERRORS_TERSE)
        guard PQsetnonblocking(handle, 1) == 0, PQenterPipelineMode(handle) == 1 else {
            throw PostgresError(.unavailable, detail: Self.message(of: handle))
        }
    }

    deinit {
        PQfinish(self.handle)
    }

    /// What the server last said about the transaction.
    var transactionStatus: PGTransactionStatusType { PQtransactionStatus(self.handle) }

    /// The server's version: 150002 is 15.2.
    var serverVersion: Int { Int(PQserverVersion(self.handle)) }

    /// The process id of the server's side.
    var backendProcessID: Int32 { PQbackendPID(self.handle) }

    /// The moment by which a round trip that begins now must be over.
    func deadline() -> UInt64? {
        self.responseTimeout.map { MonotonicClock.now() &+ $0 }
    }

    /// Looks without waiting whether the session ended while nobody used it.
    func checkIdle() {
        var descriptor = pollfd(fd: PQsocket(self.handle), events: Int16(POLLIN), revents: 0)
        while self.failure == nil, poll(&descriptor, 1, 0) > 0 {
            // Nothing was asked, so this is a notice, the reason why the session ends, or its end.
            if PQconsumeInput(self.handle) == 0 || PQstatus(self.handle) != CONNECTION_OK {
                self.fail(.connectionLost, Self.message(of: self.handle))
            }
            // Makes libpq look at what it has read.
            _ = PQisBusy(self.handle)
            if let lastWords = self.notices.lastWords { self.fail(.connectionLost, lastWords) }
        }
    }

    /// Queues a preparation.
    func sendPrepare(_ name: String, _ sql: String, _ types: [PostgresType]) {
        let objectIDs = types.map { Oid($0.rawValue) }
        self.check(PQsendPrepare(self.handle, name, sql, Int32(types.count), objectIDs))
    }

    /// Queues the execution of a prepared statement, with its parameters at `range` of the encoder.
    func sendExecute(_ name: String, _ parameters: borrowing ParameterEncoder, _ range: Range<Int>) {
        let offsets = parameters.offsets[range]
        let lengths = Array(parameters.lengths[range])
        let formats = [Int32](repeating: 1, count: range.count)
        let isSent = parameters.bytes.withUnsafeBufferPointer { bytes in
            // An empty value still needs an address: a null pointer means a null.
            withUnsafePointer(to: 0 as CChar) { empty in
                let values = offsets.map { offset -> UnsafePointer<CChar>? in
                    guard let offset else { return nil }
                    guard let base = bytes.baseAddress else { return empty }
                    return UnsafeRawPointer(base + offset).assumingMemoryBound(to: CChar.self)
                }
                return PQsendQueryPrepared(self.handle, name, Int32(range.count), values, lengths, formats, 1)
            }
        }
        self.check(isSent)
    }

    /// Ends the pipeline: what follows is a new one.
    func sendSync() {
        self.check(PQpipelineSync(self.handle))
    }

    /// Leaves pipeline mode and queues a script of several statements; ``endScript()`` goes back.
    func sendScript(_ sql: String) {
        self.check(PQexitPipelineMode(self.handle))
        self.check(PQsendQuery(self.handle, sql))
    }

    /// Goes back to pipeline mode.
    func endScript() {
        self.check(PQenterPipelineMode(self.handle))
    }

    /// Waits for the next result; nil is the end of a statement's results.
    func nextResult(_ deadline: UInt64?) -> PostgresResult? {
        while self.failure == nil {
            if !self.isFlushed {
                let outcome = PQflush(self.handle)
                guard outcome >= 0 else {
                    self.fail(.connectionLost, Self.message(of: self.handle))
                    return nil
                }
                self.isFlushed = outcome == 0
            }
            guard PQisBusy(self.handle) != 0 else { return self.takeResult() }
            self.wait(deadline)
        }
        return nil
    }

    /// Gives the connection up; only the first reason counts.
    func fail(_ kind: PostgresError.Kind, _ detail: String, state: SQLState? = nil) {
        guard self.failure == nil else { return }
        self.failure = PostgresError(kind, detail: detail, state: state)
    }

    private func takeResult() -> PostgresResult? {
        let result = PQgetResult(self.handle).map { PostgresResult(owning: $0) }
        if PQstatus(self.handle) != CONNECTION_OK {
            let state = result?.errorField(CLIBPQ_FIELD_SQLSTATE).map { SQLState(rawValue: $0) }
            self.fail(.connectionLost, result?.message ?? Self.message(of: self.handle), state: state)
        }
        return result
    }

    private func wait(_ deadline: UInt64?) {
        var descriptor = pollfd(fd: PQsocket(self.handle), events: Int16(POLLIN), revents: 0)
        if !self.isFlushed { descriptor.events |= Int16(POLLOUT) }
        var milliseconds: Int32 = -1
        if let deadline {
            let now = MonotonicClock.now()
            guard now < deadline else {
                self.fail(.timedOut, "no answer in time")
                return
            }
            milliseconds = Int32(clamping: (deadline - now) / 1_000_000 + 1)
        }
        let ready = poll(&descriptor, 1, milliseconds)
        if ready < 0, errno != EINTR {
            self.fail(.connectionLost, "poll: \(String(cString: strerror(errno)))")
        }
        guard ready > 0, descriptor.revents & ~Int16(POLLOUT) != 0 else { return }
        if PQconsumeInput(self.handle) == 0 {
            // Messages that came before the end, such as the reason for it, are still in the buffer.
            self.readLastWords()
        }
    }

    private func readLastWords() {
        let libraryMessage = Self.message(of: self.handle)
        while PQisBusy(self.handle) == 0, let result = PQgetResult(self.handle).map({ PostgresResult(owning: $0) }) {
            guard let state = result.errorField(CLIBPQ_FIELD_SQLSTATE) else { continue }
            self.fail(.connectionLost, result.message, state: SQLState(rawValue: state))
        }
        self.fail(.connectionLost, libraryMessage)
    }

    private func check(_ succeeded: Int32) {
        self.isFlushed = false
        guard succeeded == 0 else { return }
        let kind: PostgresError.Kind = PQstatus(self.handle) == CONNECTION_OK ? .protocolViolation : .connectionLost
        self.fail(kind, Self.message(of: self.handle))
    }

    private static func message(of handle: OpaquePointer) -> String {
        PQerrorMessage(handle).map { String(cString: $0) } ?? ""
    }
}

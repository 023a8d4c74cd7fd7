public import GRPCCore
public import NIOCore

/// One call on the fast lane.
///
/// It belongs to the event loop of its connection: every member but ``eventLoop`` is for that loop only, and those that
/// change something check it. Exactly one of ``succeed(metadata:_:)`` and ``fail(_:)`` is called, now or later. When the
/// deadline has passed or the peer has gone, a completion has no effect any more. A call that is dropped without
/// completion is answered when its deadline passes.
public final class FastLaneCall: @unchecked Sendable {
    // @unchecked: the state is touched on the event loop alone, which `preconditionInEventLoop` enforces.

    enum State {
        /// Waiting for its completion.
        case running
        /// Nobody waits for the completion any more: the deadline was answered, or the peer has gone.
        case abandoned
        /// Completed.
        case finished
    }

    /// The event loop of the connection.
    public let eventLoop: any EventLoop
    /// The method that was called.
    public var descriptor: MethodDescriptor { entry.descriptor }
    /// When the caller stops waiting.
    public let deadline: NIODeadline

    /// Who calls; `nil` on a server that asks for no credentials.
    public internal(set) var identity: (any FramedIdentity)?

    let connection: ServerConnection
    let entry: MethodTable.Entry
    /// When it was read from the socket.
    let receivedAt: NIODeadline
    let meta: CallMeta
    let metaLength: Int
    let body: ByteBuffer
    var authenticationData: ByteBuffer?
    var state = State.running
    var slot = -1
    /// The inflated message, where it came compressed.
    var inflatedMessage: ByteBuffer?
    /// When it was handed to its handler, or read where that was at once.
    var startedAt: NIODeadline
    /// What it counts against the limits until its handler ends.
    var load: CallLoad
    /// Whether the observer waits to hear of its end.
    var isObserved = false
    /// Told when nobody waits any more; only the task lane needs it.
    var cancellation: CallCancellation?

    init(
        connection: ServerConnection, eventLoop: any EventLoop, entry: MethodTable.Entry, receivedAt: NIODeadline,
        deadline: NIODeadline, meta: CallMeta, metaLength: Int, body: ByteBuffer, authenticationData: ByteBuffer?
    ) {
        self.connection = connection
        self.eventLoop = eventLoop
        self.entry = entry
        self.receivedAt = receivedAt
        self.startedAt = receivedAt
        self.load = CallLoad(bytes: body.readableBytes)
        self.deadline = deadline
        self.meta = meta
        self.metaLength = metaLength
        self.body = body
        self.authenticationData = authenticationData
    }

    deinit {
        guard case .abandoned = state else { return }
        guard !eventLoop.inEventLoop else {
            connection.release(load)
            return
        }
        // The connection is used on its own loop again.
        nonisolated(unsafe) let connection = connection
        eventLoop.execute { [load] in connection.release(load) }
    }

    /// The serialized request: inflated if it came compressed, else a slice of what was read from the socket.
    ///
    /// Copy what must outlive the call.
    public var message: ByteBuffer {
        if let inflatedMessage { return inflatedMessage }
        let start = body.readerIndex + metaLength
        let length = body.readableBytes - metaLength - Int(meta.attachmentSize)
        return body.getSlice(at: start, length: length) ?? ByteBuffer()
    }

    /// The metadata of the request, read from the packet each time it is asked for.
    public var metadata: Metadata { meta.requestMetadata(in: body, metaLength: metaLength) }

    /// Whether nobody waits for the answer: the deadline has been answered, or the connection is gone.
    public var isCancelled: Bool {
        if case .abandoned = state { return true }
        return false
    }

    /// What the protocol says about the call beside its metadata.
    public var context: FramedCallContext {
        FramedCallContext(
            deadline: deadline, correlationID: meta.correlationID, logID: meta.logID, traceID: meta.traceID,
            spanID: meta.spanID, parentSpanID: meta.parentSpanID, authenticationData: authenticationData,
            identity: identity)
    }

    /// The peer, as gRPC names it: `ipv4:127.0.0.1:31415`.
    public var remotePeer: String { connection.remotePeer }

    /// This end of the connection, as gRPC names it.
    public var localPeer: String { connection.localPeer }

    /// Answers the call.
    ///
    /// - Parameters:
    ///   - metadata: Sent along with the message.
    ///   - write: Appends the serialized message to the connection's output and does nothing else to it. It is not
    ///     called when nobody waits any more.
    /// - Throws: What `write` throws; the call is then still to be completed.
    public func succeed(metadata: Metadata = [:], _ write: (inout ByteBuffer) throws -> Void) rethrows {
        eventLoop.preconditionInEventLoop()
        switch state {
        case .running:
            let code = try connection.sendAnswer(to: meta, metadata: metadata, write)
            state = .finished
            noteServiceTime()
            connection.complete(self, code)
        case .abandoned:
            state = .finished
            connection.release(load)
        case .finished:
            assertionFailure("a call is completed once")
        }
    }

    /// Answers the call with an error, including the error's metadata.
    public func fail(_ error: RPCError) {
        fail(FramedErrorCode(error.code), "\(error.code.wireName): \(error.message)", error.metadata)
    }

    func fail(_ code: FramedErrorCode, _ text: String, _ metadata: Metadata = [:]) {
        eventLoop.preconditionInEventLoop()
        switch state {
        case .running:
            connection.sendFailure(to: meta.correlationID, code, text, metadata)
            state = .finished
            connection.complete(self, code)
        case .abandoned:
            state = .finished
            connection.release(load)
        case .finished:
            assertionFailure("a call is completed once")
        }
    }

    /// Every now and then looks how long the method takes, which tells what cannot be answered in time.
    private func noteServiceTime() {
        guard case .fast = entry.lane, connection.samplesServiceTime() else { return }
        let now = NIODeadline.now()
        entry.serviceTime.note(now - startedAt, at: now)
    }
}

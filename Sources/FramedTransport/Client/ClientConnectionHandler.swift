import GRPCCore
import NIOCore
import NIOTLS
import Synchronization

/// The client's side of one connection: gives calls their correlation ids and finds the call of each answer.
///
/// Everything here happens on the connection's event loop. Requests that are made within one turn of it leave with one
/// write.
final class ClientConnectionHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private enum Phase {
        /// Calls are sent.
        case open
        /// No further call is sent; the connection closes with the last answer.
        case retired
        /// There is no connection any more.
        case closed

        var isConnected: Bool {
            switch self {
            case .open, .retired: true
            case .closed: false
            }
        }
    }

    private struct PendingCall {
        let correlationID: Int64
        let deadline: NIODeadline
        let promise: EventLoopPromise<FramedResponse>
    }

    /// The low bits of a correlation id are the slot of the call, the rest is a serial number, so that a late answer
    /// never meets a later call.
    private static let slotBits: Int64 = 20
    private static let maxSlots = 1 << slotBits - 1
    /// No call has this slot: requests to cancel one have it, whose answers concern nobody.
    private static let noSlot: Int64 = 1 << slotBits - 1

    /// The longest timeout that a packet can tell.
    private static let maxTimeout = TimeAmount.milliseconds(Int64(Int32.max))

    private let eventLoop: any EventLoop
    private let configuration: FramedClientConfiguration
    private let retirement: EventLoopPromise<Void>
    private let readiness: EventLoopPromise<Void>
    private var context: ChannelHandlerContext?
    private var phase = Phase.open
    private var decoder: FrameDecoder
    private var inbound = InboundBytes()
    private var output = ByteBuffer()
    private var isTurnScheduled = false
    private var isInReadCycle = false
    private var hasSentCredential = false
    /// Whether the server may understand that a call is cancelled.
    private var mayKnowCancel = true

    private var slots: [PendingCall?] = []
    private var freeSlots: [Int] = []
    private var pendingCount = 0
    private var serial: Int64 = 0
    private var deadlineTimer: Scheduled<Void>?
    private var deadlineTimerAt = NIODeadline.distantFuture

    /// Whether the server has answered anything on this connection.
    private(set) var hasReceivedAnswer = false

    /// Makes a handler.
    ///
    /// - Parameters:
    ///   - eventLoop: The loop of the channel.
    ///   - configuration: The limits.
    ///   - readiness: Succeeds when calls can be sent, fails when they never will be.
    ///   - retirement: Succeeds when the connection takes no further calls.
    init(
        eventLoop: any EventLoop, configuration: FramedClientConfiguration, readiness: EventLoopPromise<Void>,
        retirement: EventLoopPromise<Void>
    ) {
        self.readiness = readiness
        self.eventLoop = eventLoop
        self.configuration = configuration
        self.retirement = retirement
        self.decoder = FrameDecoder(maxBodyBytes: configuration.maxFrameBytes)
    }

    // MARK: Calls

    /// Sends a call.
    ///
    /// - Parameters:
    ///   - request: What to call; the correlation id and the credential are filled in here.
    ///   - message: The serialized request.
    ///   - timeout: How long to wait, or `nil` for the default.
    ///   - token: Learns the correlation id.
    ///   - promise: Takes the answer.
    func send(
        _ request: RequestHead, message: ByteBuffer, timeout: TimeAmount?, token: CallToken? = nil,
        promise: EventLoopPromise<FramedResponse>
    ) {
        switch phase {
        case .open: break
        case .retired:
            promise.fail(Self.unavailable(.goingAway))
            return
        case .closed:
            promise.fail(Self.unavailable(.notConnected))
            return
        }
        guard pendingCount < min(configuration.maxPendingCallsPerConnection, Self.maxSlots) else {
            promise.fail(
                RPCError(code: .resourceExhausted, message: "\(pendingCount) calls wait on this connection."))
            return
        }
        guard
            output.readableBytes + message.readableBytes + unsentInChannel <= configuration.maxUnsentBytesPerConnection
        else {
            promise.fail(
                RPCError(code: .resourceExhausted, message: "Too much waits to be sent on this connection."))
            return
        }
        var request = request
        let timeout = (timeout ?? configuration.defaultTimeout).map { min($0, Self.maxTimeout) }
        if let timeout {
            guard timeout > .zero else {
                promise.fail(RPCError(code: .deadlineExceeded, message: "No time was left to send the request."))
                return
            }
            // Rounded up, so that a short rest does not become "no timeout".
            let milliseconds = (timeout.nanoseconds + 999_999) / 1_000_000
            request.timeoutMilliseconds = Int32(clamping: milliseconds)
        }
        let deadline = timeout.map { NIODeadline.now() + $0 } ?? .distantFuture
        request.correlationID = register(promise, deadline: deadline)
        token?.correlationID.store(request.correlationID, ordering: .relaxed)
        let message = packed(message, &request)
        if !hasSentCredential {
            hasSentCredential = true
            request.authenticationData = configuration.authenticationData
        }
        output.writeRequest(request, message: message)
        didWrite()
    }

    /// Compresses a message and adds its checksum, as the configuration says.
    private func packed(_ message: ByteBuffer, _ request: inout RequestHead) -> ByteBuffer {
        var message = message
        if let compression = configuration.compression, message.readableBytes > configuration.compressRequestsAbove,
            let packed = compression.deflated(message)
        {
            message = packed
            request.compression = compression
        }
        if configuration.sendsChecksums { request.checksum = message.maskedChecksum }
        return message
    }

    /// Gives a call up, and tells the server so.
    func cancel(_ token: CallToken) {
        let correlationID = token.correlationID.load(ordering: .relaxed)
        guard correlationID != 0, let promise = take(correlationID) else { return }
        promise.fail(RPCError(code: .cancelled, message: "The call was cancelled."))
        guard phase.isConnected, mayKnowCancel else { return }
        serial = (serial + 1) & (1 << 42 - 1)
        var message = ByteBuffer()
        message.writeVarintField(ConnectionControl.correlationIDTag, UInt64(bitPattern: correlationID))
        output.writeRequest(
            RequestHead(
                service: ConnectionControl.cancel.service.fullyQualifiedService,
                method: ConnectionControl.cancel.method, correlationID: serial << Self.slotBits | Self.noSlot,
                timeoutMilliseconds: 0),
            message: message)
        didWrite()
    }

    private func didWrite() {
        if output.readableBytes >= ServerConnection.eagerFlushBytes {
            flush()
        } else {
            scheduleTurn()
        }
    }

    /// Sends no further calls, and closes the connection when every call has its answer.
    func retire() {
        guard case .open = phase else { return }
        phase = .retired
        retirement.succeed()
        scheduleTurn()
    }

    // MARK: Channel events

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func channelActive(context: ChannelHandlerContext) {
        if configuration.tls == nil { readiness.succeed() }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted? = event as? TLSUserEvent { readiness.succeed() }
        context.fireUserInboundEventTriggered(event)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        shutDown(Self.unavailable(.lost))
        self.context = nil
    }

    func channelInactive(context: ChannelHandlerContext) {
        shutDown(Self.unavailable(.lost))
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard phase.isConnected else { return }
        isInReadCycle = true
        inbound.append(unwrapInboundIn(data))
        do throws(FrameError) {
            while phase.isConnected, let frame = try inbound.next(&decoder) {
                try handle(frame)
            }
        } catch {
            fail(RPCError(code: .internalError, message: "The server sent bytes that are no packet: \(error)."))
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        isInReadCycle = false
        settle()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        readiness.fail(error)
        fail(
            RPCError(
                code: .unavailable, message: "The connection failed: \(error).", cause: FramedConnectionError.lost))
    }

    // MARK: Answers

    private func handle(_ frame: Frame) throws(FrameError) {
        switch frame.kind {
        case .call: break
        // This client opens no streams, so frames of streams concern nobody.
        case .stream: return
        case .oversizedCall:
            let meta = try CallMeta(parsing: frame.body, metaLength: frame.metaLength)
            take(meta.correlationID)?.fail(
                RPCError(
                    code: .resourceExhausted,
                    message: "The answer is larger than \(configuration.maxFrameBytes) bytes."))
            throw FrameError(.bodyTooLarge)
        }
        let meta = try CallMeta(parsing: frame.body, metaLength: frame.metaLength)
        hasReceivedAnswer = true
        if meta.correlationID & Self.noSlot == Self.noSlot {
            switch FramedErrorCode(rawValue: meta.errorCode) {
            case .noMethod, .noService: mayKnowCancel = false
            default: break
            }
            return
        }
        // Nobody may be waiting any more.
        let promise = take(meta.correlationID)
        guard meta.errorCode == 0 else {
            let code = FramedErrorCode(rawValue: meta.errorCode)
            if code == .loggingOff { retire() }
            promise?.fail(Self.error(code, meta, frame))
            return
        }
        guard let promise else { return }
        if let problem = Self.problem(of: frame, meta) {
            promise.fail(RPCError(code: .internalError, message: problem))
            return
        }
        do throws(FramedCompression.InflateError) {
            promise.succeed(
                FramedResponse(
                    meta: meta, metaLength: frame.metaLength, body: frame.body,
                    inflatedMessage: try inflated(frame, meta)))
        } catch {
            switch error {
            case .malformed:
                promise.fail(RPCError(code: .internalError, message: "The answer cannot be inflated."))
            case .tooLarge:
                promise.fail(
                    RPCError(
                        code: .resourceExhausted,
                        message: "The answer is larger than \(configuration.maxFrameBytes) bytes when inflated."))
            }
        }
    }

    private func inflated(_ frame: Frame, _ meta: CallMeta) throws(FramedCompression.InflateError) -> ByteBuffer? {
        guard let compression = FramedCompression(rawValue: meta.compressType) else { return nil }
        let length = frame.body.readableBytes - frame.metaLength - Int(meta.attachmentSize)
        let packed = frame.body.getSlice(at: frame.body.readerIndex + frame.metaLength, length: length)
        return try compression.inflated(packed ?? ByteBuffer(), limit: configuration.maxFrameBytes)
    }

    private static func problem(of frame: Frame, _ meta: CallMeta) -> String? {
        if meta.attachmentSize < 0 || Int(meta.attachmentSize) > frame.body.readableBytes - frame.metaLength {
            return "The answer's attachment does not fit its body."
        }
        if !meta.hasValidChecksum(in: frame) { return "The answer's checksum does not match." }
        if meta.compressType != 0, FramedCompression(rawValue: meta.compressType) == nil {
            return "The answer is compressed in a way that is not known here."
        }
        if meta.contentType != 0 { return "The answer is not protobuf." }
        return nil
    }

    private static func error(_ code: FramedErrorCode, _ meta: CallMeta, _ frame: Frame) -> RPCError {
        let status = code.status ?? .unknown
        var text =
            frame.body.getString(at: frame.body.readerIndex + meta.errorText.start, length: meta.errorText.length) ?? ""
        let prefix = "\(status.wireName): "
        if text.hasPrefix(prefix) { text.removeFirst(prefix.count) }
        return RPCError(
            code: status, message: text, metadata: meta.metadata(in: frame.body, metaLength: frame.metaLength),
            cause: code)
    }

    // MARK: Bookkeeping

    private func register(_ promise: EventLoopPromise<FramedResponse>, deadline: NIODeadline) -> Int64 {
        let slot = freeSlots.popLast() ?? slots.count
        if slot == slots.count { slots.append(nil) }
        serial = (serial + 1) & (1 << 42 - 1)
        let correlationID = serial << Self.slotBits | Int64(slot)
        slots[slot] = PendingCall(correlationID: correlationID, deadline: deadline, promise: promise)
        pendingCount += 1
        if deadline < deadlineTimerAt { scheduleDeadlines(at: deadline) }
        return correlationID
    }

    private func take(_ correlationID: Int64) -> EventLoopPromise<FramedResponse>? {
        let slot = Int(correlationID & Self.noSlot)
        guard slot < slots.count, let call = slots[slot], call.correlationID == correlationID else { return nil }
        slots[slot] = nil
        freeSlots.append(slot)
        pendingCount -= 1
        return call.promise
    }

    private func scheduleDeadlines(at deadline: NIODeadline) {
        deadlineTimer?.cancel()
        deadlineTimerAt = deadline
        deadlineTimer = eventLoop.assumeIsolated().scheduleTask(deadline: deadline) { self.sweepDeadlines() }
    }

    private func sweepDeadlines() {
        deadlineTimerAt = .distantFuture
        let now = NIODeadline.now()
        var next = NIODeadline.distantFuture
        for case let call? in slots {
            if call.deadline <= now {
                take(call.correlationID)?.fail(
                    RPCError(code: .deadlineExceeded, message: "The deadline passed before the answer came."))
            } else {
                next = min(next, call.deadline)
            }
        }
        if next < .distantFuture { scheduleDeadlines(at: next) }
        scheduleTurn()
    }

    // MARK: Turns of the event loop

    private func scheduleTurn() {
        guard !isTurnScheduled, !isInReadCycle else { return }
        isTurnScheduled = true
        eventLoop.assumeIsolated().execute {
            self.isTurnScheduled = false
            self.settle()
        }
    }

    private func settle() {
        flush()
        if case .retired = phase, pendingCount == 0 { context?.close(promise: nil) }
    }

    private func flush() {
        guard output.readableBytes > 0, let context else { return }
        context.writeAndFlush(wrapOutboundOut(output), promise: nil)
        if output.capacity > ServerConnection.maxIdleOutputBytes {
            output = ByteBuffer()
        } else {
            output.clear()
        }
    }

    /// What the channel holds for a server that does not read; a channel that is writable holds next to nothing.
    private var unsentInChannel: Int {
        guard let channel = context?.channel, !channel.isWritable else { return 0 }
        do {
            return try channel.syncOptions?.getOption(.bufferedWritableBytes) ?? 0
        } catch {
            // The channel is closed, and nothing waits in it.
            return 0
        }
    }

    private func fail(_ error: RPCError) {
        shutDown(error)
        context?.close(promise: nil)
    }

    private func shutDown(_ error: RPCError) {
        guard phase.isConnected else { return }
        phase = .closed
        readiness.fail(error)
        retirement.succeed()
        deadlineTimer?.cancel()
        inbound.removeAll()
        output = ByteBuffer()
        let calls = slots
        slots = []
        freeSlots = []
        pendingCount = 0
        for case let call? in calls { call.promise.fail(error) }
    }

    /// The error of a call that the connection could not carry.
    static func unavailable(_ cause: FramedConnectionError) -> RPCError {
        RPCError(code: .unavailable, message: "The call failed because \(cause.description).", cause: cause)
    }
}

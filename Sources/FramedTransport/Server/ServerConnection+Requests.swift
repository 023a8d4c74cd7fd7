import GRPCCore
import NIOCore

extension ServerConnection {
    /// Handles the packets that are complete, as long as the limits allow.
    func decodeFrames() {
        guard !isDecoding else { return }
        isDecoding = true
        defer { isDecoding = false }
        do throws(FrameError) {
            while startsCalls, let frame = try inbound.next(&decoder) {
                lastFrameAt = receivedAt
                try handle(frame)
            }
        } catch {
            refuseInput(error)
        }
    }

    private var startsCalls: Bool {
        switch phase {
        case .open, .draining:
            inFlight < limits.maxInFlightCallsPerConnection && isWritable && !inbound.isEmpty
        case .finishing, .lingering, .closed: false
        }
    }

    private func handle(_ frame: Frame) throws(FrameError) {
        switch frame.kind {
        case .call:
            try handleCall(frame, CallMeta(parsing: frame.body, metaLength: frame.metaLength))
        case .stream:
            try handleStreamFrame(StreamFrameMeta(parsing: frame.body, metaLength: frame.metaLength))
        case .oversizedCall:
            let meta = try CallMeta(parsing: frame.body, metaLength: frame.metaLength)
            sendFailure(
                to: meta.correlationID, FramedErrorCode(.resourceExhausted),
                "RESOURCE_EXHAUSTED: the request is larger than \(limits.maxFrameBytes) bytes")
            finish()
        }
    }

    private func handleCall(_ frame: Frame, _ meta: CallMeta) throws(FrameError) {
        if let refusal = refusal(of: frame, meta) {
            sendFailure(to: meta.correlationID, refusal.code, refusal.text)
            return
        }
        if !meta.authenticationData.isEmpty { remember(meta.authenticationData, of: frame.body) }
        let entry: MethodTable.Entry
        if let known = core.methods.lookup(meta, in: frame.body) {
            entry = known
        } else {
            switch core.methods.fallback(
                service: text(meta.serviceName, of: frame.body), method: text(meta.methodName, of: frame.body))
            {
            case .success(let other): entry = other
            case .failure(let unknown):
                sendFailure(to: meta.correlationID, unknown.code, unknown.text)
                return
            }
        }
        start(entry, frame, meta)
    }

    /// What speaks against a call before its method is looked at.
    private func refusal(of frame: Frame, _ meta: CallMeta) -> (code: FramedErrorCode, text: String)? {
        let contentLength = frame.body.readableBytes - frame.metaLength
        if !meta.hasRequest { return (.badRequest, "INVALID_ARGUMENT: the meta holds no request") }
        if meta.attachmentSize < 0 || Int(meta.attachmentSize) > contentLength {
            return (.badRequest, "INVALID_ARGUMENT: attachment_size does not fit the body")
        }
        if !meta.hasValidChecksum(in: frame) {
            return (.badRequest, "INVALID_ARGUMENT: the checksum does not match")
        }
        if meta.compressType != 0 {
            return (.badRequest, "INVALID_ARGUMENT: compress_type \(meta.compressType) is not supported")
        }
        if meta.contentType != 0 {
            return (.badRequest, "INVALID_ARGUMENT: content_type \(meta.contentType) is not supported")
        }
        if case .draining = phase { return (.loggingOff, "UNAVAILABLE: the server is shutting down") }
        if meta.opensStream {
            return (FramedErrorCode(.unimplemented), "UNIMPLEMENTED: streams are not supported here")
        }
        return nil
    }

    private func start(_ entry: MethodTable.Entry, _ frame: Frame, _ meta: CallMeta) {
        let timeout =
            meta.timeoutMilliseconds > 0
            ? min(.milliseconds(Int64(meta.timeoutMilliseconds)), limits.maxTimeout) : limits.defaultTimeout
        let deadline = receivedAt + timeout
        let call = FastLaneCall(
            connection: self, eventLoop: eventLoop, descriptor: entry.descriptor, deadline: deadline, meta: meta,
            metaLength: frame.metaLength, body: frame.body, authenticationData: authenticationData)
        register(call)
        // Calls are decoded as soon as they are read unless the connection was held back.
        if isResuming, deadline <= .now() {
            call.fail(.timedOut, "DEADLINE_EXCEEDED: the deadline passed before the call was started")
            return
        }
        switch entry.lane {
        case .fast(let handler): handler(call)
        case .task: startTask(call)
        case .none:
            call.fail(
                .noMethod, "UNIMPLEMENTED: \(entry.descriptor.fullyQualifiedMethod) streams, which needs gRPC")
        }
    }

    /// Whether what is decoded now was read some time ago.
    private var isResuming: Bool { !isInReadCycle }

    private func startTask(_ call: FastLaneCall) {
        guard let inbox else { return }
        guard core.enterTaskLane() else {
            call.fail(.limitReached, "RESOURCE_EXHAUSTED: \(limits.maxTaskLaneCalls) calls are running")
            return
        }
        let cancellation = CallCancellation()
        call.cancellation = cancellation
        let order = TaskLaneOrder(
            descriptor: call.descriptor, metadata: call.metadata, message: FramedBytes(detached(call.message)),
            context: call.context, remotePeer: remotePeer, localPeer: localPeer, cancellation: cancellation,
            inbox: inbox, slot: call.slot)
        guard core.start(order) else {
            core.leaveTaskLane()
            call.cancellation = nil
            call.fail(.loggingOff, "UNAVAILABLE: the server is shutting down")
            return
        }
    }

    /// A task may hold its message for long: a small one gets storage of its own, so that it does not keep a whole
    /// read alive.
    private func detached(_ message: ByteBuffer) -> ByteBuffer {
        guard message.readableBytes < 16 * 1024 else { return message }
        return ByteBuffer(bytes: message.readableBytesView)
    }

    /// Clients send a credential with their first call only; it holds for the connection until another one comes.
    private func remember(_ range: ByteRange, of body: ByteBuffer) {
        guard let slice = body.getSlice(at: body.readerIndex + range.start, length: range.length) else { return }
        if authenticationData != slice { authenticationData = ByteBuffer(bytes: slice.readableBytesView) }
    }

    /// A frame of a stream that cannot be known here.
    private func handleStreamFrame(_ meta: StreamFrameMeta) {
        guard meta.frameType == StreamFrameMeta.FrameType.data, let source = meta.sourceStreamID,
            source != StreamFrameMeta.noStream
        else { return }
        output.writeStreamReset(to: source)
        didWrite()
    }

    private func text(_ range: ByteRange, of body: ByteBuffer) -> String {
        body.getString(at: body.readerIndex + range.start, length: range.length) ?? ""
    }
}

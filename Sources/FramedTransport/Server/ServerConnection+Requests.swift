import GRPCCore
import NIOCore

extension ServerConnection {
    /// Handles the packets that are complete, as long as the limits allow.
    func decodeFrames() {
        guard !isDecoding else { return }
        isDecoding = true
        defer { isDecoding = false }
        let quota = turnQuota
        do throws(FrameError) {
            while startsCalls, let frame = try inbound.next(&decoder) {
                lastFrameAt = receivedAt
                hasReceivedPacket = true
                partialSince = nil
                countDecoded()
                try handle(frame)
                // A stranger's calls take nothing from the others' share.
                if isTrusted { share.noteRead(of: ObjectIdentifier(self), at: receivedAt) }
                if turnQuota <= 0, !inbound.isEmpty { yield() }
            }
            if turnQuota < quota { endTurn() }
        } catch {
            refuseInput(error)
        }
    }

    private var startsCalls: Bool {
        switch phase {
        case .open, .draining:
            hasRoomForCall && !isYielding && !inbound.isEmpty
        case .finishing, .lingering, .closed: false
        }
    }

    /// Whether another call may be started now; a stranger gets one at a time.
    var hasRoomForCall: Bool {
        inFlight < callLimit && inFlightBytes < limits.maxInFlightBytesPerConnection
            && isWritable && !isVerifying && (isTrusted || inFlight == 0)
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
        let entry =
            core.methods.lookup(meta, in: frame.body)
            ?? core.methods.fallback(
                service: text(meta.serviceName, of: frame.body), method: text(meta.methodName, of: frame.body))
        let call = makeCall(entry, frame, meta)
        register(call)
        if case .draining = phase, entry.descriptor != ConnectionControl.cancel {
            let reason = isRetiring ? "this connection is about to close, use another" : "the server is shutting down"
            call.fail(.loggingOff, "UNAVAILABLE: \(reason)")
            return
        }
        admit(call)
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
        if meta.compressType != 0, FramedCompression(rawValue: meta.compressType) == nil {
            return (.badRequest, "INVALID_ARGUMENT: compress_type \(meta.compressType) is not supported")
        }
        if meta.contentType != 0 {
            return (.badRequest, "INVALID_ARGUMENT: content_type \(meta.contentType) is not supported")
        }
        if meta.opensStream {
            return (FramedErrorCode(.unimplemented), "UNIMPLEMENTED: streams are not supported here")
        }
        return nil
    }

    private func makeCall(_ entry: MethodTable.Entry, _ frame: Frame, _ meta: CallMeta) -> FastLaneCall {
        let timeout =
            meta.timeoutMilliseconds > 0
            ? min(.milliseconds(Int64(meta.timeoutMilliseconds)), limits.maxTimeout)
            : entry.timeout ?? limits.defaultTimeout
        return FastLaneCall(
            connection: self, eventLoop: eventLoop, entry: entry, receivedAt: receivedAt,
            deadline: receivedAt + timeout, meta: meta, metaLength: frame.metaLength, body: frame.body,
            authenticationData: authenticationData)
    }

    /// Has a call answered by whoever answers its method.
    func start(_ call: FastLaneCall) {
        // Calls are decoded as soon as they are read unless the connection was held back.
        if isResuming {
            call.startedAt = .now()
            guard call.entry.serviceTime.allows(call.deadline, at: call.startedAt) else {
                call.fail(.timedOut, "DEADLINE_EXCEEDED: too late to be answered in time, not started")
                return
            }
        }
        guard count(call), inflate(call) else { return }
        let entry = call.entry
        switch entry.lane {
        case .fast(let handler): handler(call)
        case .task: startTask(call)
        case .none:
            call.fail(
                .noMethod, "UNIMPLEMENTED: \(entry.descriptor.fullyQualifiedMethod) streams, which needs gRPC")
        case .unknown(let code, let text): call.fail(code, text)
        }
    }

    /// Counts a call for whoever makes it; `false` when that is one too many, and has been answered.
    private func count(_ call: FastLaneCall) -> Bool {
        guard let identity = call.identity, let key = identity.limitKey else {
            _ = ownHolder.enter(limit: .max)
            call.load.holder = ownHolder
            return true
        }
        let callHolder = holder(of: identity, key)
        guard callHolder.enter(limit: limits.maxInFlightCallsPerIdentity) else {
            call.fail(
                .limitReached,
                "RESOURCE_EXHAUSTED: \(limits.maxInFlightCallsPerIdentity) calls of this caller are running; "
                    + "this one was not started")
            return false
        }
        call.load.holder = callHolder
        return true
    }

    private func holder(of identity: any FramedIdentity, _ key: String) -> CallHolder {
        guard identity === self.identity else { return core.holders.holder(for: key) }
        if let holder { return holder }
        let found = core.holders.holder(for: key)
        holder = found
        return found
    }

    /// Inflates the message of a call; `false` when that cannot be done, and has been answered.
    private func inflate(_ call: FastLaneCall) -> Bool {
        guard let compression = FramedCompression(rawValue: call.meta.compressType) else { return true }
        let limit = decoder.maxBodyBytes
        do throws(FramedCompression.InflateError) {
            let message = try compression.inflated(call.message, limit: limit)
            call.inflatedMessage = message
            call.load.bytes += message.readableBytes
            inFlightBytes += message.readableBytes
            return true
        } catch {
            switch error {
            case .malformed: call.fail(.badRequest, "INVALID_ARGUMENT: the message cannot be inflated")
            case .tooLarge:
                call.fail(
                    FramedErrorCode(.resourceExhausted),
                    "RESOURCE_EXHAUSTED: the message is larger than \(limit) bytes when inflated")
            }
            return false
        }
    }

    /// Whether what is decoded now was read some time ago.
    private var isResuming: Bool { !isInReadCycle }

    private func startTask(_ call: FastLaneCall) {
        guard let inbox, let holder = call.load.holder else { return }
        guard core.enterTaskLane(holder) else {
            call.fail(
                .limitReached, "RESOURCE_EXHAUSTED: too many calls are running on the server; this one was not started")
            return
        }
        let cancellation = CallCancellation()
        call.cancellation = cancellation
        let order = TaskLaneOrder(
            descriptor: call.descriptor, metadata: call.metadata, message: FramedBytes(detached(call.message)),
            context: call.context, remotePeer: remotePeer, localPeer: localPeer, cancellation: cancellation,
            inbox: inbox, slot: call.slot, holder: holder, serviceTime: call.entry.serviceTime)
        guard core.start(order) else {
            core.leaveTaskLane(holder)
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

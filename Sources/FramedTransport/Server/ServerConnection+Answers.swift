import GRPCCore
import NIOCore

extension ServerConnection {
    /// Writes a successful answer.
    ///
    /// - Parameters:
    ///   - meta: The meta of the request.
    ///   - metadata: Sent along.
    ///   - write: Appends the serialized message.
    /// - Returns: How the call was answered in truth: an answer may be too large to be sent.
    /// - Throws: What `write` throws; nothing has been sent then.
    func sendAnswer(
        to meta: CallMeta, metadata: Metadata, _ write: (inout ByteBuffer) throws -> Void
    ) rethrows -> FramedErrorCode {
        guard isOutputOpen else { return .cancelled }
        guard meta.compressType == 0, meta.checksumType == 0, !limits.answerCompression.isUnconditional else {
            return try sendPackedAnswer(to: meta, metadata: metadata, write)
        }
        let correlationID = meta.correlationID
        var code = FramedErrorCode.ok
        // The buffer is moved out meanwhile: `write` may complete another call of this connection.
        var buffer = output
        output = ByteBuffer()
        var frame = buffer.beginAnswer(correlationID: correlationID)
        if !metadata.isEmpty {
            buffer.writeUserFields(metadata)
            frame.metaEnd = buffer.writerIndex
        }
        do {
            try write(&buffer)
        } catch {
            buffer.moveWriterIndex(to: frame.start)
            putBack(buffer)
            throw error
        }
        let length = buffer.writerIndex - frame.start
        precondition(buffer.writerIndex >= frame.metaEnd, "an answer is appended, nothing is taken away")
        if length - Frame.headerLength > limits.maxFrameBytes {
            buffer.moveWriterIndex(to: frame.start)
            code = .badResponse
            refuseTooLarge(correlationID, &buffer)
        } else if exceedsUnsentBytes(frame.start, length) {
            buffer.moveWriterIndex(to: frame.start)
            code = .overcrowded
            refuseOvercrowded(correlationID, &buffer)
        } else {
            buffer.endFrame(frame)
        }
        putBack(buffer)
        didWrite()
        return code
    }

    /// Writes a successful answer that is compressed, or carries a checksum.
    private func sendPackedAnswer(
        to meta: CallMeta, metadata: Metadata, _ write: (inout ByteBuffer) throws -> Void
    ) rethrows -> FramedErrorCode {
        var message = ByteBuffer()
        try write(&message)
        let start = output.writerIndex
        guard message.readableBytes <= limits.maxFrameBytes else {
            refuseTooLarge(meta.correlationID, &output)
            didWrite()
            return .badResponse
        }
        var compression = limits.answerCompression.compression(forRequest: meta.compressType)
        if let wanted = compression {
            if message.readableBytes > limits.compressAnswersAbove, let packed = wanted.deflated(message) {
                message = packed
            } else {
                compression = nil
            }
        }
        var frame = output.beginAnswer(
            correlationID: meta.correlationID, compression: compression,
            checksum: meta.checksumType == CallMeta.crc32c ? message.maskedChecksum : nil)
        output.writeUserFields(metadata)
        frame.metaEnd = output.writerIndex
        output.writeImmutableBuffer(message)
        var code = FramedErrorCode.ok
        let length = output.writerIndex - start
        if length - Frame.headerLength > limits.maxFrameBytes {
            output.moveWriterIndex(to: start)
            code = .badResponse
            refuseTooLarge(meta.correlationID, &output)
        } else if exceedsUnsentBytes(start, length) {
            output.moveWriterIndex(to: start)
            code = .overcrowded
            refuseOvercrowded(meta.correlationID, &output)
        } else {
            output.endFrame(frame)
        }
        didWrite()
        return code
    }

    private func refuseTooLarge(_ correlationID: Int64, _ buffer: inout ByteBuffer) {
        buffer.writeFailure(
            correlationID: correlationID, code: .badResponse,
            text: "INTERNAL: the answer is larger than \(limits.maxFrameBytes) bytes")
    }

    /// Writes an error answer.
    func sendFailure(to correlationID: Int64, _ code: FramedErrorCode, _ text: String, _ metadata: Metadata = [:]) {
        guard isOutputOpen else { return }
        let start = output.writerIndex
        output.writeFailure(correlationID: correlationID, code: code, text: text, metadata: metadata)
        let length = output.writerIndex - start
        if length - Frame.headerLength > limits.maxFrameBytes {
            output.moveWriterIndex(to: start)
            output.writeFailure(
                correlationID: correlationID, code: code,
                text: "\(code.status?.wireName ?? "UNKNOWN"): too long to send")
        } else if exceedsUnsentBytes(start, length) {
            output.moveWriterIndex(to: start)
            refuseOvercrowded(correlationID, &output)
        }
        didWrite()
    }

    /// Has what was written sent, now or at the end of the turn.
    func didWrite() {
        if output.readableBytes >= Self.eagerFlushBytes {
            flush()
        } else {
            scheduleTurn()
        }
    }

    /// Sends what has been written.
    func flush() {
        guard output.readableBytes > 0, let context else { return }
        writtenBytes += output.readableBytes
        context.writeAndFlush(wrapOutboundOut(output), promise: nil)
        expectLookAtUnsentBytes()
        if output.capacity > Self.maxIdleOutputBytes {
            output = ByteBuffer()
        } else {
            // Keeps the storage when the socket took everything at once.
            output.clear()
        }
    }

    private var isOutputOpen: Bool {
        switch phase {
        case .open, .draining, .finishing: true
        case .lingering, .closed: false
        }
    }

    private func putBack(_ buffer: ByteBuffer) {
        var written = output
        output = buffer
        if written.readableBytes > 0 { output.writeBuffer(&written) }
    }

    /// Whether `length` more bytes behind `pending` ones are too many for a peer that does not read.
    private func exceedsUnsentBytes(_ pending: Int, _ length: Int) -> Bool {
        let limit = limits.maxUnsentBytesPerConnection
        // While the channel is writable, at most half of the limit is waiting in it.
        if isWritable, pending + length <= limit / 2 { return false }
        return pending + length + unsentInChannel > limit
    }

    /// What the channel holds for a peer that does not read.
    var unsentInChannel: Int {
        do {
            return try context?.channel.syncOptions?.getOption(.bufferedWritableBytes) ?? 0
        } catch {
            // The channel is closed, and nothing waits in it.
            return 0
        }
    }

    private func refuseOvercrowded(_ correlationID: Int64, _ buffer: inout ByteBuffer) {
        buffer.writeFailure(
            correlationID: correlationID, code: .overcrowded,
            text: "RESOURCE_EXHAUSTED: too many answers wait to be read on this connection")
        finish()
    }
}

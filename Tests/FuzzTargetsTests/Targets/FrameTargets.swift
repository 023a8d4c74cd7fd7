import NIOCore

@testable import FramedTransport

/// Cuts frames from a stream that comes in pieces, and reads what stands in them.
///
/// The first byte chooses the limit, the second the size of the pieces. However a stream is cut, the frames are the same.
func readFrames(_ bytes: UnsafeRawBufferPointer) {
    guard bytes.count > 2 else { return }
    let limit = 1 << Int(bytes[0] & 15)
    let piece = 1 + Int(bytes[1])
    let stream = ByteBuffer(bytes: bytes[2...])
    let whole = frames(of: stream, piece: stream.readableBytes, limit: limit)
    let pieces = frames(of: stream, piece: piece, limit: limit)
    precondition(whole.frames == pieces.frames, "the pieces of a stream change its frames")
    precondition(whole.error == pieces.error, "the pieces of a stream change its error")
    for frame in whole.frames { read(frame, limit: limit) }
}

private func frames(of stream: ByteBuffer, piece: Int, limit: Int) -> (frames: [Frame], error: FrameError?) {
    var decoder = FrameDecoder(maxBodyBytes: limit)
    var inbound = InboundBytes()
    var stream = stream
    var frames: [Frame] = []
    do throws(FrameError) {
        while let next = stream.readSlice(length: min(piece, stream.readableBytes)), next.readableBytes > 0 {
            inbound.append(next)
            while let frame = try inbound.next(&decoder) {
                frames.append(frame)
                // Nothing can be read behind a call whose body was not waited for.
                if frame.kind == .oversizedCall { return (frames, nil) }
            }
        }
    } catch {
        return (frames, error)
    }
    return (frames, nil)
}

private func read(_ frame: Frame, limit: Int) {
    precondition(frame.body.readableBytes <= limit, "a body is above the limit")
    precondition(frame.metaLength <= frame.body.readableBytes, "a meta is longer than its body")
    do {
        switch frame.kind {
        case .stream: _ = try StreamFrameMeta(parsing: frame.body, metaLength: frame.metaLength)
        case .oversizedCall: _ = try CallMeta(parsing: frame.body, metaLength: frame.metaLength)
        case .call:
            let meta = try CallMeta(parsing: frame.body, metaLength: frame.metaLength)
            _ = meta.requestMetadata(in: frame.body, metaLength: frame.metaLength)
            let rest = frame.body.readableBytes - frame.metaLength
            guard meta.attachmentSize >= 0, Int(meta.attachmentSize) <= rest else { return }
            _ = meta.hasValidChecksum(in: frame)
            let message = frame.body.getSlice(
                at: frame.body.readerIndex + frame.metaLength, length: rest - Int(meta.attachmentSize))
            if let compression = FramedCompression(rawValue: meta.compressType), let message {
                try inflate(message, compression, limit: limit)
            }
        }
    } catch {
        // Refused, as it should be.
    }
}

private func inflate(_ message: ByteBuffer, _ compression: FramedCompression, limit: Int) throws {
    let inflated = try compression.inflated(message, limit: limit)
    precondition(inflated.readableBytes <= limit, "an inflated message is above the limit")
    if let deflated = compression.deflated(inflated) {
        let again = try compression.inflated(deflated, limit: inflated.readableBytes)
        precondition(again == inflated, "a deflated message inflates to another one")
    }
}

/// Reads the meta of a call; what can be read can be written again, and reads the same.
func readCallMeta(_ bytes: UnsafeRawBufferPointer) {
    let body = ByteBuffer(bytes: bytes)
    let meta: CallMeta
    do {
        meta = try CallMeta(parsing: body, metaLength: bytes.count)
    } catch {
        return
    }
    for range in [
        meta.serviceName, meta.methodName, meta.errorText, meta.checksumValue, meta.authenticationData,
        meta.authorizationValue, meta.requestIDValue, meta.traceParentValue,
    ] {
        precondition(range.end <= bytes.count, "a range ends behind the meta")
    }
    let metadata = meta.metadata(in: body, metaLength: bytes.count)
    guard meta.hasRequest else { return }
    var head = RequestHead(
        service: text(meta.serviceName, in: bytes), method: text(meta.methodName, in: bytes),
        correlationID: meta.correlationID, timeoutMilliseconds: max(0, meta.timeoutMilliseconds), metadata: metadata)
    head.authenticationData = Array(bytes[meta.authenticationData.start..<meta.authenticationData.end])
    // The first writing settles the keys' case and the form of binary values.
    _ = rewritten(&head)
    let second = rewritten(&head)
    let third = rewritten(&head)
    precondition(second == third, "a written meta reads differently each time")
}

private func text(_ range: ByteRange, in bytes: UnsafeRawBufferPointer) -> String {
    String(decoding: bytes[range.start..<range.end], as: UTF8.self)
}

/// Writes a request and reads it back into `head`.
private func rewritten(_ head: inout RequestHead) -> [UInt8] {
    var buffer = ByteBuffer()
    buffer.writeRequest(head, message: ByteBuffer())
    let written = Array(buffer: buffer)
    var decoder = FrameDecoder(maxBodyBytes: buffer.readableBytes)
    do {
        guard let frame = try decoder.decode(buffer: &buffer) else {
            preconditionFailure("a written request is no whole frame")
        }
        let meta = try CallMeta(parsing: frame.body, metaLength: frame.metaLength)
        precondition(meta.correlationID == head.correlationID, "the correlation id changes")
        precondition(meta.timeoutMilliseconds == head.timeoutMilliseconds, "the timeout changes")
        precondition(meta.authenticationData.length == head.authenticationData.count, "the credential changes")
        frame.body.withUnsafeReadableBytes { bytes in
            precondition(text(meta.serviceName, in: bytes) == head.service, "the service's name changes")
            precondition(text(meta.methodName, in: bytes) == head.method, "the method's name changes")
        }
        head.metadata = meta.metadata(in: frame.body, metaLength: frame.metaLength)
    } catch {
        preconditionFailure("a written request cannot be read: \(error)")
    }
    return written
}

/// Reads the meta of a stream's frame.
func readStreamMeta(_ bytes: UnsafeRawBufferPointer) {
    do {
        let meta = try StreamFrameMeta(parsing: ByteBuffer(bytes: bytes), metaLength: bytes.count)
        var buffer = ByteBuffer()
        buffer.writeStreamReset(to: meta.streamID)
        var decoder = FrameDecoder(maxBodyBytes: 64)
        guard let frame = try decoder.decode(buffer: &buffer), frame.kind == .stream else {
            preconditionFailure("a written reset is no whole frame")
        }
        let again = try StreamFrameMeta(parsing: frame.body, metaLength: frame.metaLength)
        precondition(again.streamID == meta.streamID, "the stream's id changes")
    } catch {
        // Refused, as it should be.
    }
}

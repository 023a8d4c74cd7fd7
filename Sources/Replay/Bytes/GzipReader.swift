import CZlib

/// Decompresses a gzip stream of one or more members with a fixed amount of memory.
///
/// Zero bytes behind the last member are padding and ignored, as gzip itself does. A stream that ends early, is corrupt
/// or has something else behind it delivers what could be decoded and then throws; the data of a member whose checksum
/// disagrees has been delivered by the time that is known.
public final class GzipReader: ByteSource {
    private enum State {
        /// Inside a member, or before the first.
        case member
        /// A member is complete; another, padding or the end may follow.
        case betweenMembers
        /// A zero byte followed a member: only zero bytes may come.
        case padding
        /// The end was reached in good order.
        case ended
        /// Everything decodable has been delivered.
        case failed(ByteSourceError)
    }

    /// Compressed bytes read at a time.
    private static let inputCapacity = 65_536

    private let source: any ByteSource
    private let stream: UnsafeMutablePointer<z_stream>
    private let input: UnsafeMutableRawBufferPointer
    private var inputEnded = false
    private var state = State.member

    /// Reads the compressed bytes from `source`.
    public init(_ source: any ByteSource) throws(ByteSourceError) {
        let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        stream.initialize(to: z_stream())
        let status = czlib_inflate_init_gzip(stream)
        guard status == Z_OK else {
            stream.deallocate()
            throw ByteSourceError(code: .decoderUnavailable, message: "zlib cannot start (status \(status))")
        }
        self.source = source
        self.stream = stream
        input = .allocate(byteCount: Self.inputCapacity, alignment: 1)
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
        input.deallocate()
    }

    /// Copies the next decompressed bytes to the front of `destination`.
    public func read(into destination: UnsafeMutableRawBufferPointer) throws(ByteSourceError) -> Int {
        let wanted = min(destination.count, 1 << 30)
        guard wanted > 0 else { return 0 }
        stream.pointee.next_out = destination.baseAddress?.assumingMemoryBound(to: UInt8.self)
        stream.pointee.avail_out = UInt32(wanted)
        decoding: while stream.pointee.avail_out > 0 {
            switch state {
            case .member: inflateMore()
            case .betweenMembers: enterNextMember()
            case .padding: skipPadding()
            case .ended, .failed: break decoding
            }
        }
        let produced = wanted - Int(stream.pointee.avail_out)
        if produced == 0, case .failed(let error) = state { throw error }
        return produced
    }

    private func inflateMore() {
        guard refill() else { return }
        if stream.pointee.avail_in == 0 {
            fail(.truncatedGzip, "the gzip stream ends too early: the file is cut off")
            return
        }
        switch inflate(stream, Z_NO_FLUSH) {
        case Z_OK, Z_BUF_ERROR: break
        case Z_STREAM_END: state = .betweenMembers
        case let status:
            let detail = stream.pointee.msg.map { String(cString: $0) } ?? "zlib status \(status)"
            fail(.corruptGzip, "the gzip stream is corrupt: \(detail)")
        }
    }

    private func enterNextMember() {
        guard refill() else { return }
        guard stream.pointee.avail_in > 0, let next = stream.pointee.next_in else {
            state = .ended
            return
        }
        switch next.pointee {
        case 0: state = .padding
        case 0x1f:
            inflateReset(stream)
            state = .member
        default: fail(.trailingBytes, "bytes that are not gzip follow the end of the gzip stream")
        }
    }

    private func skipPadding() {
        guard refill() else { return }
        guard stream.pointee.avail_in > 0, let next = stream.pointee.next_in else {
            state = .ended
            return
        }
        guard next.pointee == 0 else {
            fail(.trailingBytes, "bytes that are not gzip follow the end of the gzip stream")
            return
        }
        stream.pointee.next_in = next + 1
        stream.pointee.avail_in -= 1
    }

    /// Makes input available unless the source has ended; false where the source failed.
    private func refill() -> Bool {
        guard stream.pointee.avail_in == 0, !inputEnded else { return true }
        do throws(ByteSourceError) {
            let count = try source.read(into: input)
            inputEnded = count == 0
            stream.pointee.next_in = input.baseAddress?.assumingMemoryBound(to: UInt8.self)
            stream.pointee.avail_in = UInt32(count)
            return true
        } catch {
            state = .failed(error)
            return false
        }
    }

    private func fail(_ code: ByteSourceError.Code, _ message: String) {
        state = .failed(ByteSourceError(code: code, message: message))
    }
}

import CZlib
import NIOCore

/// How the message of a packet is compressed.
///
/// The raw values are those of the wire. Attachments and metas are never compressed.
public enum FramedCompression: Int32, Hashable, Sendable {
    /// A single gzip member.
    case gzip = 2
    /// A zlib stream.
    case zlib = 3

    /// Why bytes could not be inflated.
    enum InflateError: Error, Equatable {
        /// They are not what they claim to be, or end too early or too late.
        case malformed
        /// They would become more than was allowed.
        case tooLarge
    }

    /// 16 above the largest window stands for the gzip format.
    private var windowBits: Int32 {
        switch self {
        case .gzip: MAX_WBITS + 16
        case .zlib: MAX_WBITS
        }
    }

    /// Inflates a message.
    ///
    /// - Parameters:
    ///   - packed: The compressed bytes, all of them.
    ///   - limit: The most that may come of them, in bytes; not more is ever allocated or produced.
    /// - Returns: The message.
    /// - Throws: ``InflateError``.
    func inflated(_ packed: ByteBuffer, limit: Int) throws(InflateError) -> ByteBuffer {
        try packed.withUnsafeReadableBytes { bytes throws(InflateError) in
            var stream = z_stream()
            guard czlib_inflate_init(&stream, windowBits) == Z_OK else { throw .malformed }
            defer { inflateEnd(&stream) }
            stream.next_in = UnsafeMutablePointer(
                mutating: bytes.baseAddress?.assumingMemoryBound(to: UInt8.self))
            stream.avail_in = UInt32(bytes.count)
            var output = ByteBuffer()
            var room = min(limit, max(512, bytes.count * 3))
            while true {
                let code = Self.inflateStep(&stream, into: &output, room: room)
                switch code {
                case Z_STREAM_END:
                    guard stream.avail_in == 0 else { throw .malformed }
                    return output
                case Z_OK where stream.avail_out == 0: break
                // There was room left, so the input has ended before the stream did.
                default: throw .malformed
                }
                room = min(limit - output.readableBytes, output.readableBytes)
                guard room == 0 else { continue }
                guard try Self.endsHere(&stream) else { throw .tooLarge }
                return output
            }
        }
    }

    private static func inflateStep(_ stream: inout z_stream, into output: inout ByteBuffer, room: Int) -> Int32 {
        var code = Z_OK
        output.writeWithUnsafeMutableBytes(minimumWritableBytes: room) { free in
            stream.next_out = free.baseAddress?.assumingMemoryBound(to: UInt8.self)
            stream.avail_out = UInt32(room)
            code = CZlib.inflate(&stream, Z_NO_FLUSH)
            return room - Int(stream.avail_out)
        }
        return code
    }

    /// Whether a stream that has filled all the room has nothing more to say.
    private static func endsHere(_ stream: inout z_stream) throws(InflateError) -> Bool {
        var excess: UInt8 = 0
        let code = withUnsafeMutablePointer(to: &excess) { excess in
            stream.next_out = excess
            stream.avail_out = 1
            return CZlib.inflate(&stream, Z_NO_FLUSH)
        }
        guard stream.avail_out == 1 else { return false }
        guard code == Z_STREAM_END, stream.avail_in == 0 else { throw .malformed }
        return true
    }

    /// Compresses a message, fast rather than small.
    ///
    /// - Parameter message: What to compress.
    /// - Returns: The compressed bytes, or `nil` where they would not be fewer.
    func deflated(_ message: ByteBuffer) -> ByteBuffer? {
        message.withUnsafeReadableBytes { bytes in
            var stream = z_stream()
            guard czlib_deflate_init(&stream, Z_BEST_SPEED, windowBits) == Z_OK else { return nil }
            defer { deflateEnd(&stream) }
            stream.next_in = UnsafeMutablePointer(
                mutating: bytes.baseAddress?.assumingMemoryBound(to: UInt8.self))
            stream.avail_in = UInt32(bytes.count)
            var code = Z_OK
            var output = ByteBuffer()
            output.writeWithUnsafeMutableBytes(minimumWritableBytes: bytes.count) { free in
                stream.next_out = free.baseAddress?.assumingMemoryBound(to: UInt8.self)
                stream.avail_out = UInt32(bytes.count)
                code = CZlib.deflate(&stream, Z_FINISH)
                return bytes.count - Int(stream.avail_out)
            }
            return code == Z_STREAM_END && output.readableBytes < bytes.count ? output : nil
        }
    }
}

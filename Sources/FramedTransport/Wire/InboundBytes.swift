import NIOCore

/// What has arrived on a connection and is not yet cut into packets.
///
/// Packets are slices of this storage. When a part of a packet is left over, it moves to storage of its own before more
/// is appended, so that appending never copies packets which somebody still holds.
struct InboundBytes {
    private var buffer = ByteBuffer()
    private var ownsStorage = true

    /// Whether nothing is waiting.
    var isEmpty: Bool { buffer.readableBytes == 0 }

    /// Adds what was read from the socket.
    mutating func append(_ bytes: ByteBuffer) {
        if buffer.readableBytes == 0 {
            buffer = bytes
            ownsStorage = false
            return
        }
        if !ownsStorage {
            var own = ByteBuffer()
            own.reserveCapacity(buffer.readableBytes + bytes.readableBytes)
            own.writeImmutableBuffer(buffer)
            buffer = own
            ownsStorage = true
        }
        buffer.writeImmutableBuffer(bytes)
    }

    /// Takes the next packet.
    ///
    /// - Parameter decoder: Knows the limits.
    /// - Returns: The packet, or `nil` when more bytes are needed.
    /// - Throws: ``FrameError`` when the bytes are no packet.
    mutating func next(_ decoder: inout FrameDecoder) throws(FrameError) -> Frame? {
        guard buffer.readableBytes > 0 else { return nil }
        let frame = try decoder.decode(buffer: &buffer)
        if frame != nil { ownsStorage = false }
        return frame
    }

    /// Forgets everything.
    mutating func removeAll() {
        buffer = ByteBuffer()
        ownsStorage = true
    }
}

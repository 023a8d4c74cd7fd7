import NIOCore

/// Cuts packets from a byte stream.
///
/// The announced size is checked before a single byte of the body is waited for, and nothing is ever allocated because
/// of it: the buffer grows with what has really arrived.
struct FrameDecoder: NIOSingleStepByteToMessageDecoder {
    typealias InboundOut = Frame

    /// A call above the size limit is still refused by its correlation id if its meta is at most this long.
    static let maxRefusableMetaBytes = 16 * 1024

    /// Largest body accepted, in bytes.
    var maxBodyBytes: Int

    /// Takes the next packet from the front of `buffer`.
    ///
    /// - Parameter buffer: What has arrived so far; its reader index moves only when a packet is returned.
    /// - Returns: The packet, or `nil` when more bytes are needed.
    /// - Throws: ``FrameError`` when the bytes are no packet; the connection is of no use afterwards.
    mutating func decode(buffer: inout ByteBuffer) throws(FrameError) -> Frame? {
        guard buffer.readableBytes >= Frame.headerLength else {
            try checkMagicPrefix(of: buffer)
            return nil
        }
        guard
            let (magic, announcedBody, announcedMeta) = buffer.getMultipleIntegers(
                at: buffer.readerIndex, as: (UInt32, UInt32, UInt32).self)
        else { return nil }
        guard magic == Frame.callMagic || magic == Frame.streamMagic else { throw FrameError(.unknownMagic) }
        guard announcedMeta <= announcedBody else { throw FrameError(.metaBeyondBody) }
        let bodyLength = Int(announcedBody)
        let metaLength = Int(announcedMeta)
        guard bodyLength <= maxBodyBytes else {
            guard magic == Frame.callMagic, metaLength <= min(Self.maxRefusableMetaBytes, maxBodyBytes) else {
                throw FrameError(.bodyTooLarge)
            }
            return take(.oversizedCall, metaLength: metaLength, bodyLength: metaLength, from: &buffer)
        }
        return take(
            magic == Frame.callMagic ? .call : .stream, metaLength: metaLength, bodyLength: bodyLength, from: &buffer)
    }

    mutating func decodeLast(buffer: inout ByteBuffer, seenEOF: Bool) throws -> Frame? {
        try decode(buffer: &buffer)
    }

    private func take(
        _ kind: Frame.Kind, metaLength: Int, bodyLength: Int, from buffer: inout ByteBuffer
    ) -> Frame? {
        guard buffer.readableBytes >= Frame.headerLength + bodyLength else { return nil }
        buffer.moveReaderIndex(forwardBy: Frame.headerLength)
        guard let body = buffer.readSlice(length: bodyLength) else { return nil }
        return Frame(kind: kind, metaLength: metaLength, body: body)
    }

    /// Junk is refused with its first wrong byte, not when twelve of them have come.
    private func checkMagicPrefix(of buffer: ByteBuffer) throws(FrameError) {
        let length = min(buffer.readableBytes, 4)
        var prefix: UInt32 = 0
        for byte in buffer.readableBytesView.prefix(length) {
            prefix = prefix << 8 | UInt32(byte)
        }
        let missingBits = UInt32(8 * (4 - length))
        guard prefix == Frame.callMagic >> missingBits || prefix == Frame.streamMagic >> missingBits else {
            throw FrameError(.unknownMagic)
        }
    }
}

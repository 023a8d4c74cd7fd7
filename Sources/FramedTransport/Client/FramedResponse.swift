public import GRPCCore
public import NIOCore

/// A successful answer.
public struct FramedResponse: Sendable {
    private let meta: CallMeta
    private let metaLength: Int
    private let body: ByteBuffer
    private let inflatedMessage: ByteBuffer?

    init(meta: CallMeta, metaLength: Int, body: ByteBuffer, inflatedMessage: ByteBuffer?) {
        self.inflatedMessage = inflatedMessage
        self.meta = meta
        self.metaLength = metaLength
        self.body = body
    }

    /// The serialized message: inflated if it came compressed, else a slice of what was read from the socket.
    public var message: ByteBuffer {
        if let inflatedMessage { return inflatedMessage }
        let length = body.readableBytes - metaLength - Int(meta.attachmentSize)
        return body.getSlice(at: body.readerIndex + metaLength, length: length) ?? ByteBuffer()
    }

    /// The metadata of the answer, read from the packet each time it is asked for.
    public var metadata: Metadata { meta.metadata(in: body, metaLength: metaLength) }
}

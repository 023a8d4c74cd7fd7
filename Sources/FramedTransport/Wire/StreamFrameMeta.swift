import NIOCore

/// What the meta of a `STRM` packet says, as far as a peer without streams needs it.
struct StreamFrameMeta: Equatable, Sendable {
    /// What a stream frame is for.
    enum FrameType {
        static let reset: Int32 = 1
        static let data: Int32 = 3
    }

    static let streamIDTag = ProtoReader.Tag.varint(1)
    static let sourceStreamIDTag = ProtoReader.Tag.varint(2)
    static let frameTypeTag = ProtoReader.Tag.varint(3)

    /// The id that means "no stream".
    static let noStream: Int64 = -1

    /// The receiver's id of the stream.
    var streamID: Int64
    /// The sender's id of the stream, if it gave one.
    var sourceStreamID: Int64?
    /// What the frame is for; 0 when it does not say.
    var frameType: Int32 = 0

    /// Reads the meta at the start of `body`.
    ///
    /// - Parameters:
    ///   - body: The body of the packet.
    ///   - metaLength: How much of it is meta.
    /// - Throws: ``FrameError`` when these bytes are no meta, or the stream id is missing.
    init(parsing body: ByteBuffer, metaLength: Int) throws(FrameError) {
        self = try body.withUnsafeReadableBytes { bytes throws(FrameError) in
            var reader = ProtoReader(bytes, in: ByteRange(start: 0, length: min(metaLength, bytes.count)))
            var streamID: Int64?
            var sourceStreamID: Int64?
            var frameType: Int32 = 0
            while let tag = try reader.nextTag() {
                switch tag.rawValue {
                case Self.streamIDTag: streamID = Int64(bitPattern: try reader.varint())
                case Self.sourceStreamIDTag: sourceStreamID = Int64(bitPattern: try reader.varint())
                case Self.frameTypeTag: frameType = try reader.int32()
                default: try reader.skip(tag)
                }
            }
            guard let streamID else { throw FrameError(.malformedMeta) }
            return StreamFrameMeta(streamID: streamID, sourceStreamID: sourceStreamID, frameType: frameType)
        }
    }

    private init(streamID: Int64, sourceStreamID: Int64?, frameType: Int32) {
        self.streamID = streamID
        self.sourceStreamID = sourceStreamID
        self.frameType = frameType
    }
}

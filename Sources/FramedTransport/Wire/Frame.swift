import NIOCore

/// One packet of the protocol, cut from the byte stream but not yet understood.
struct Frame: Equatable, Sendable {
    /// What the header announced.
    enum Kind: Equatable, Sendable {
        /// `PRPC`: a call or its answer.
        case call
        /// `STRM`: a frame of a stream.
        case stream
        /// `PRPC` with a body above the limit. Only the meta is here, so that the call can be refused by its id;
        /// nothing can be read from the connection after it.
        case oversizedCall
    }

    /// Bytes of the header in front of every body.
    static let headerLength = 12
    /// The four bytes `PRPC`, as a big-endian number.
    static let callMagic: UInt32 = 0x5052_5043
    /// The four bytes `STRM`, as a big-endian number.
    static let streamMagic: UInt32 = 0x5354_524d

    /// What the header announced.
    var kind: Kind
    /// Length of the meta at the start of ``body``.
    var metaLength: Int
    /// The meta and what follows it: for a call the message and its attachment, for a stream frame the payload.
    var body: ByteBuffer
}

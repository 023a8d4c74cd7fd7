/// Why a byte stream stopped being a sequence of packets.
///
/// Each one ends the connection.
struct FrameError: Error, Equatable, CustomStringConvertible {
    /// What was wrong.
    enum Reason: String, Equatable, Sendable {
        /// The first bytes of a packet are neither `PRPC` nor `STRM`.
        case unknownMagic = "unknown magic"
        /// The header gives the meta more bytes than the body has.
        case metaBeyondBody = "meta longer than body"
        /// The header announces a body above the limit.
        case bodyTooLarge = "body above the limit"
        /// The meta is not the protobuf message it must be.
        case malformedMeta = "malformed meta"
    }

    /// What was wrong.
    let reason: Reason

    init(_ reason: Reason) {
        self.reason = reason
    }

    var description: String { reason.rawValue }
}

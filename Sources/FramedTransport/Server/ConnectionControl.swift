import GRPCCore
import NIOCore

/// The service `holdfast.transport.v1.Control`: what a client says about its own connection.
enum ConnectionControl {
    /// Ends another call of the same connection.
    static let cancel = MethodDescriptor(
        fullyQualifiedService: "holdfast.transport.v1.Control", method: "Cancel")

    /// `CancelRequest.correlation_id`.
    static let correlationIDTag = ProtoReader.Tag.varint(1)

    /// Cancels the call that the request names, if it still runs, and answers with an empty message.
    static let answerCancel: FastLane.Handler = { call in
        do throws(FrameError) {
            call.connection.cancelCalls(withID: try correlationID(in: call.message))
            call.succeed { _ in }
        } catch {
            call.fail(RPCError(code: .invalidArgument, message: "the message is no CancelRequest"))
        }
    }

    private static func correlationID(in message: ByteBuffer) throws(FrameError) -> Int64 {
        try message.withUnsafeReadableBytes { bytes throws(FrameError) in
            var reader = ProtoReader(bytes, in: ByteRange(start: 0, length: bytes.count))
            var id: Int64 = 0
            while let tag = try reader.nextTag() {
                if tag.rawValue == correlationIDTag {
                    id = Int64(bitPattern: try reader.varint())
                } else {
                    try reader.skip(tag)
                }
            }
            return id
        }
    }
}

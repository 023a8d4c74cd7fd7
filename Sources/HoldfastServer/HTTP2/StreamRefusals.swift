import FramedTransport
import GRPCCore
import NIOCore
import NIOHPACK
import NIOHTTP2

/// Tells a client why its call is ended where grpc-swift's transport would only reset the stream: a message beyond the
/// limit, or one that cannot be decompressed.
///
/// It stands next to the connection; ``StreamErrors`` at the other end of the stream's pipeline tells it what went wrong.
final class StreamRefusals: ChannelOutboundHandler {
    typealias OutboundIn = HTTP2Frame.FramePayload
    typealias OutboundOut = HTTP2Frame.FramePayload

    fileprivate var hasFailed = false
    private var hasAnswered = false

    /// Adds both ends to the pipeline of a new stream.
    static func add(to stream: any Channel) throws {
        let refusals = StreamRefusals()
        try stream.pipeline.syncOperations.addHandler(refusals, position: .first)
        try stream.pipeline.syncOperations.addHandler(StreamErrors(refusals), position: .last)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if case .headers = unwrapOutboundIn(data) { hasAnswered = true }
        context.write(data, promise: promise)
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        if hasFailed, !hasAnswered, context.channel.isActive {
            hasAnswered = true
            let trailers = HTTP2Frame.FramePayload.Headers(headers: Self.trailers, endStream: true)
            context.write(wrapOutboundOut(.headers(trailers)), promise: nil)
            // The answer is whole: the rest of the request is not wanted (RFC 9113, 8.1).
            context.writeAndFlush(wrapOutboundOut(.rstStream(.noError)), promise: nil)
        }
        context.close(mode: mode, promise: promise)
    }

    /// The transport does not tell which of the two it was.
    private static let message = "the message is larger than the server accepts, or cannot be decompressed"

    private static var trailers: HPACKHeaders {
        let refusal = StatusDetails.detailed(RPCError(code: .resourceExhausted, message: message))
        var headers = HPACKHeaders([
            (":status", "200"), ("content-type", "application/grpc"), ("grpc-status", "\(refusal.code.rawValue)"),
            ("grpc-message", message),
        ])
        for (key, value) in refusal.metadata {
            if case .binary(let bytes) = value { headers.add(name: key, value: Base64.encode(bytes)) }
        }
        return headers
    }
}

/// Remembers what went wrong in a stream.
private final class StreamErrors: ChannelInboundHandler {
    typealias InboundIn = Any

    private let refusals: StreamRefusals

    init(_ refusals: StreamRefusals) {
        self.refusals = refusals
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // What the transport throws where it cannot take a message; a reset by the client is UNAVAILABLE or CANCELLED.
        if (error as? RPCError)?.code == .internalError { refusals.hasFailed = true }
        context.fireErrorCaught(error)
    }
}

import NIOCore
import NIOSSL

/// Looks at the first byte of a connection and has it encrypted, or not.
final class TLSEntrance: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    /// The type of the record that begins a handshake.
    private static let handshakeRecord: UInt8 = 0x16

    private let tls: FramedServerTLS

    init(_ tls: FramedServerTLS) {
        self.tls = tls
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = unwrapInboundIn(data)
        guard let first = bytes.getInteger(at: bytes.readerIndex, as: UInt8.self) else { return }
        guard first == Self.handshakeRecord else {
            if tls.acceptsPlainText {
                context.fireUserInboundEventTriggered(PlainTextAccepted())
                context.fireChannelRead(data)
                context.pipeline.syncOperations.removeHandler(self, promise: nil)
            } else {
                context.fireUserInboundEventTriggered(ServerConnectionEvent.refuse(.plainText))
            }
            return
        }
        do {
            let handler = NIOSSLServerHandler(context: tls.context.current)
            try context.pipeline.syncOperations.addHandler(handler, position: .after(self))
        } catch {
            context.fireErrorCaught(error)
            return
        }
        context.fireChannelRead(data)
        context.pipeline.syncOperations.removeHandler(self, promise: nil)
    }
}

/// The connection is not encrypted, which is allowed.
struct PlainTextAccepted: Sendable {}

import NIOCore
import NIOPosix
import Synchronization

@testable import FramedTransport

/// A server that does with its connections what a test tells it, byte by byte.
final class ScriptedServer: Sendable {
    /// What the server does with a request.
    enum Reaction: Sendable {
        case send([UInt8])
        case close
        case nothing
    }

    /// Decides on the request of a connection; connections count from 1.
    typealias Script = @Sendable (_ connection: Int, _ frame: Frame, _ meta: CallMeta) -> Reaction

    private struct State {
        var connections: [any Channel] = []
        var requests: [(frame: Frame, meta: CallMeta)] = []
    }

    private let state = Mutex(State())
    private let script: Script

    private init(_ script: @escaping Script) {
        self.script = script
    }

    /// Starts a server, runs `body`, and stops it.
    static func with<R: Sendable>(
        path: String? = nil, _ script: @escaping Script, _ body: (ScriptedServer, FramedAddress) async throws -> R
    ) async throws -> R {
        let server = ScriptedServer(script)
        let bootstrap = ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                let number = server.state.withLock { state in
                    state.connections.append(channel)
                    return state.connections.count
                }
                return channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandlers(
                        ByteToMessageHandler(FrameDecoder(maxBodyBytes: 1 << 20)), Handler(server, number))
                }
            }
        let listener: any Channel
        let address: FramedAddress
        if let path {
            listener = try await bootstrap.bind(unixDomainSocketPath: path, cleanupExistingSocketFile: true).get()
            address = .unixDomainSocket(path: path)
        } else {
            listener = try await bootstrap.bind(host: "127.0.0.1", port: 0).get()
            address = .tcp(host: "127.0.0.1", port: listener.localAddress?.port ?? 0)
        }
        do {
            let result = try await body(server, address)
            try await server.stop(listener)
            return result
        } catch {
            try await server.stop(listener)
            throw error
        }
    }

    /// A path where nobody listens.
    static func freePath() -> String {
        "/tmp/framed-\(UInt64.random(in: 0 ... .max)).sock"
    }

    /// Connections accepted so far.
    var connectionCount: Int { state.withLock { $0.connections.count } }

    /// Requests seen so far.
    var requests: [(frame: Frame, meta: CallMeta)] { state.withLock { $0.requests } }

    /// Closes every connection from the server's side.
    func closeConnections() {
        for connection in state.withLock({ $0.connections }) { connection.close(promise: nil) }
    }

    /// Writes to every connection.
    func send(_ bytes: [UInt8]) {
        for connection in state.withLock({ $0.connections }) {
            connection.writeAndFlush(ByteBuffer(bytes: bytes), promise: nil)
        }
    }

    private func stop(_ listener: any Channel) async throws {
        closeConnections()
        try await listener.close()
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = Frame
        typealias OutboundOut = ByteBuffer

        private let server: ScriptedServer
        private let number: Int

        init(_ server: ScriptedServer, _ number: Int) {
            self.server = server
            self.number = number
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let frame = unwrapInboundIn(data)
            let meta: CallMeta
            do {
                meta = try CallMeta(parsing: frame.body, metaLength: frame.metaLength)
            } catch {
                context.close(promise: nil)
                return
            }
            server.state.withLock { $0.requests.append((frame, meta)) }
            switch server.script(number, frame, meta) {
            case .send(let bytes): context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: bytes)), promise: nil)
            case .close: context.close(promise: nil)
            case .nothing: break
            }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            context.close(promise: nil)
        }
    }
}

/// A successful answer.
func answer(_ id: Int64, _ message: [UInt8] = []) -> [UInt8] {
    var buffer = ByteBuffer()
    let frame = buffer.beginAnswer(correlationID: id)
    buffer.writeBytes(message)
    buffer.endFrame(frame)
    return Array(buffer: buffer)
}

/// An error answer.
func failure(_ id: Int64, _ code: Int32, _ text: String) -> [UInt8] {
    var buffer = ByteBuffer()
    buffer.writeFailure(correlationID: id, code: FramedErrorCode(rawValue: code), text: text)
    return Array(buffer: buffer)
}

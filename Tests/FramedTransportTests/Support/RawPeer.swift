import GRPCCore
import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

@testable import FramedTransport

/// A client that writes whatever a test wants and sees every packet that comes back.
final class RawPeer: Sendable {
    let channel: any Channel
    private let packets: Packets

    private init(channel: any Channel, packets: Packets) {
        self.channel = channel
        self.packets = packets
    }

    /// Connects, runs `body`, and closes.
    static func with<R: Sendable>(
        _ address: FramedAddress, autoRead: Bool = true, tls: NIOSSLContext? = nil,
        _ body: (RawPeer) async throws -> R
    ) async throws -> R {
        let peer = try await connect(address, autoRead: autoRead, tls: tls)
        do {
            let result = try await body(peer)
            peer.channel.close(promise: nil)
            return result
        } catch {
            peer.channel.close(promise: nil)
            throw error
        }
    }

    /// Connects; whoever asked for it closes the channel.
    static func connect(
        _ address: FramedAddress, autoRead: Bool = true, tls: NIOSSLContext? = nil
    ) async throws -> RawPeer {
        guard case .tcp(let host, let port) = address.kind else { preconditionFailure("not a TCP address") }
        let packets = Packets()
        let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.autoRead, value: autoRead)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls {
                        try channel.pipeline.syncOperations.addHandler(
                            NIOSSLClientHandler(context: tls, serverHostname: nil))
                    }
                    try channel.pipeline.syncOperations.addHandlers(
                        ByteToMessageHandler(FrameDecoder(maxBodyBytes: 64 << 20)), PacketHandler(packets))
                }
            }
            .connect(host: host, port: port).get()
        return RawPeer(channel: channel, packets: packets)
    }

    /// Writes bytes.
    func send(_ bytes: [UInt8]) async throws {
        try await channel.writeAndFlush(ByteBuffer(bytes: bytes))
    }

    /// Writes one request.
    func call(
        _ service: String, _ method: String, id: Int64, timeout: Int32 = 0, message: [UInt8] = [],
        credential: String = "", metadata: Metadata = [:]
    ) async throws {
        let bytes = Self.request(
            service, method, id: id, timeout: timeout, message: message, credential: credential, metadata: metadata)
        try await channel.writeAndFlush(bytes)
    }

    /// One request.
    static func request(
        _ service: String, _ method: String, id: Int64, timeout: Int32 = 0, message: [UInt8] = [],
        credential: String = "", metadata: Metadata = [:]
    ) -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.writeRequest(
            RequestHead(
                service: service, method: method, correlationID: id, timeoutMilliseconds: timeout,
                authenticationData: Array(credential.utf8), metadata: metadata),
            message: ByteBuffer(bytes: message))
        return buffer
    }

    /// The next packet, or `nil` when the server has closed.
    func next() async throws -> Answer? {
        guard let frame = await packets.next() else { return nil }
        return try Answer(frame)
    }
}

/// A packet from the server, taken apart.
struct Answer: Equatable {
    let frame: Frame
    let meta: CallMeta

    init(_ frame: Frame) throws {
        self.frame = frame
        self.meta = frame.kind == .stream ? CallMeta() : try CallMeta(parsing: frame.body, metaLength: frame.metaLength)
    }

    var id: Int64 { meta.correlationID }
    var code: Int32 { meta.errorCode }
    var text: String {
        frame.body.getString(at: frame.body.readerIndex + meta.errorText.start, length: meta.errorText.length) ?? ""
    }
    var said: String { String(decoding: message, as: UTF8.self) }
    var message: [UInt8] { Array(frame.body.readableBytesView.dropFirst(frame.metaLength)) }
}

/// Packets on their way from an event loop to a test.
private final class Packets: Sendable {
    private struct State {
        var frames: [Frame] = []
        var head = 0
        var isClosed = false
        var waiter: CheckedContinuation<Frame?, Never>?
    }

    private let state = Mutex(State())

    func append(_ frame: Frame) {
        let waiter = state.withLock { state -> CheckedContinuation<Frame?, Never>? in
            guard let waiter = state.waiter else {
                state.frames.append(frame)
                return nil
            }
            state.waiter = nil
            return waiter
        }
        waiter?.resume(returning: frame)
    }

    func close() {
        let waiter = state.withLock { state in
            state.isClosed = true
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume(returning: nil)
    }

    func next() async -> Frame? {
        await withCheckedContinuation { continuation in
            let (isReady, frame) = state.withLock { state -> (Bool, Frame?) in
                if state.head < state.frames.count {
                    state.head += 1
                    return (true, state.frames[state.head - 1])
                }
                if state.isClosed { return (true, nil) }
                state.waiter = continuation
                return (false, nil)
            }
            if isReady { continuation.resume(returning: frame) }
        }
    }
}

private final class PacketHandler: ChannelInboundHandler {
    typealias InboundIn = Frame

    private let packets: Packets

    init(_ packets: Packets) {
        self.packets = packets
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        packets.append(unwrapInboundIn(data))
    }

    func channelInactive(context: ChannelHandlerContext) {
        packets.close()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}

import NIOCore
import NIOPosix
import Synchronization

/// An HTTP server that answers what a test tells it, byte by byte.
final class HookServer: Sendable {
    /// What it does with a request, in order.
    enum Step: Sendable {
        case send(String)
        case pause(milliseconds: Int64)
        case close
    }

    /// A request as it came: the head in small letters, and the body.
    struct Request: Sendable {
        var head: String
        var body: String

        /// The value of a header.
        func header(_ name: String) -> String? {
            for line in head.split(separator: "\r\n") {
                let parts = line.split(separator: ":", maxSplits: 1)
                if parts.count == 2, parts[0].lowercased() == name.lowercased() {
                    return String(parts[1].drop { $0 == " " })
                }
            }
            return nil
        }
    }

    private let script: @Sendable (Int) -> [Step]
    private let received = Mutex<[Request]>([])
    private let connections = Mutex<[any Channel]>([])

    private init(_ script: @escaping @Sendable (Int) -> [Step]) {
        self.script = script
    }

    /// The requests so far.
    var requests: [Request] { received.withLock { $0 } }

    /// Runs a body while a server plays a script for the first, second … request.
    static func with<R: Sendable>(
        _ script: @escaping @Sendable (Int) -> [Step], _ body: (HookServer, String) async throws -> R
    ) async throws -> R {
        let server = HookServer(script)
        let listener = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .childChannelInitializer { channel in
                server.connections.withLock { $0.append(channel) }
                return channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Handler(server))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let outcome: Result<R, any Error>
        do {
            outcome = .success(try await body(server, "http://127.0.0.1:\(listener.localAddress?.port ?? 0)/check"))
        } catch {
            outcome = .failure(error)
        }
        try await listener.close()
        for connection in server.connections.withLock({ $0 }) { connection.close(promise: nil) }
        return try outcome.get()
    }

    /// An answer with this status and body.
    static func answer(_ status: String, _ body: String) -> String {
        "HTTP/1.1 \(status)\r\nContent-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private let server: HookServer
        private var text = ""

        init(_ server: HookServer) {
            self.server = server
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            text += String(buffer: unwrapInboundIn(data))
            guard let end = text.firstRange(of: "\r\n\r\n") else { return }
            var request = Request(head: String(text[..<end.lowerBound]), body: String(text[end.upperBound...]))
            let length = request.header("content-length").flatMap { Int($0) } ?? 0
            guard request.body.utf8.count >= length else { return }
            text = ""
            request.head = String(request.head)
            let number = server.received.withLock { requests in
                requests.append(request)
                return requests.count
            }
            play(server.script(number)[...], on: context.channel)
        }

        private func play(_ steps: ArraySlice<Step>, on channel: any Channel) {
            HookServer.play(steps, on: channel)
        }
    }

    private static func play(_ steps: ArraySlice<Step>, on channel: any Channel) {
        guard let step = steps.first else { return }
        switch step {
        case .send(let text):
            channel.writeAndFlush(ByteBuffer(string: text), promise: nil)
            play(steps.dropFirst(), on: channel)
        case .pause(let milliseconds):
            channel.eventLoop.scheduleTask(in: .milliseconds(milliseconds)) { play(steps.dropFirst(), on: channel) }
        case .close: channel.close(promise: nil)
        }
    }
}

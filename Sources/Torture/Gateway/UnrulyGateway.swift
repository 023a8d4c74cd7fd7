import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A card gateway of a run: it does each key once, and has moods.
///
/// Now and then it declines, breaks off before or after it has done what it was asked, fails, or takes its time. It never lies.
final class UnrulyGateway: Sendable {
    private struct Request: Codable {
        var action: String
        var amount_minor: Int64
        var currency: String
        var final: Bool
        var token: String?
        var reference: String?
    }

    private struct Answer: Codable {
        var key: String
        var action: String
        var amount_minor: Int64
        var currency: String
        var outcome: String
        var reference: String?
        var reason: String?
    }

    /// What happens to a request.
    private enum Mood { case honest, declining, deaf, mute, failing, failingLate, slow }

    /// What servers must show to be let in.
    static let secret = "torture-gateway-secret"
    /// How long servers wait for an answer, in milliseconds.
    static let timeLimit = 800

    /// What it has done.
    let books = GatewayBooks()
    private let channel: any Channel
    private let random: Mutex<SeededGenerator>

    /// Where it is.
    var url: String { "http://127.0.0.1:\(channel.localAddress?.port ?? 0)/v1" }

    private init(channel: any Channel, random: SeededGenerator, setting box: Box) {
        self.channel = channel
        self.random = Mutex(random)
        box.gateway.withLock { $0 = self }
    }

    /// The gateway, for connections that come before it is made.
    private final class Box: Sendable {
        let gateway = Mutex<UnrulyGateway?>(nil)
    }

    /// Starts one; its moods follow from the generator.
    static func start(random: SeededGenerator, group: any EventLoopGroup) async throws -> UnrulyGateway {
        let box = Box()
        let channel = try await ServerBootstrap(group: group)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(Handler(box))
                }
            }.bind(host: "127.0.0.1", port: 0).get()
        return UnrulyGateway(channel: channel, random: random, setting: box)
    }

    /// Stops listening.
    func stop() async {
        do {
            try await channel.close()
        } catch {
            // It is closed, then.
        }
    }

    // MARK: - Answers

    private struct Reply {
        var status: HTTPResponseStatus
        var body: [UInt8]
        var delay: TimeAmount = .nanoseconds(0)
    }

    private func mood() -> Mood {
        let draw = random.withLock { Int.random(in: 0..<100, using: &$0) }
        return switch draw {
        case ..<82: .honest
        case ..<86: .declining
        case ..<89: .deaf
        case ..<92: .mute
        case ..<94: .failing
        case ..<96: .failingLate
        default: .slow
        }
    }

    /// The answer to a request; nil closes the connection.
    private func reply(to head: HTTPRequestHead, _ body: [UInt8]) -> Reply? {
        guard head.headers.first(name: "Authorization") == "Bearer \(Self.secret)" else {
            return Reply(status: .unauthorized, body: [])
        }
        do {
            if head.method == .GET { return try found(head) }
            guard let key = head.headers.first(name: "Idempotency-Key") else {
                return Reply(status: .badRequest, body: [])
            }
            return try done(key, try JSONDecoder().decode(Request.self, from: Data(body)))
        } catch {
            return Reply(status: .badRequest, body: [])
        }
    }

    private func done(_ key: String, _ request: Request) throws -> Reply? {
        let mood = mood()
        if case .deaf = mood { return nil }
        if case .failing = mood { return Reply(status: .internalServerError, body: []) }
        // Money that is to go back, or to be let go, is declined by nobody.
        let mayDecline = request.action == "authorize" || request.action == "charge"
        let entry = books.book(
            GatewayBooks.Entry(
                key: key, action: request.action, amount: request.amount_minor, target: request.reference ?? "",
                isFinal: request.final), declines: mayDecline && mood == .declining)
        let body = try Self.encoded(entry, request.currency)
        return switch mood {
        case .mute: nil
        case .failingLate: Reply(status: .internalServerError, body: [])
        // Some of these come after the server has given up.
        case .slow: Reply(status: .ok, body: body, delay: .milliseconds(Int64(Self.timeLimit) * 5 / 4))
        default: Reply(status: .ok, body: body)
        }
    }

    private func found(_ head: HTTPRequestHead) throws -> Reply? {
        if mood() == .deaf { return nil }
        guard let key = head.uri.split(separator: "/").last, let entry = books.entry(String(key)) else {
            return Reply(status: .notFound, body: [])
        }
        return Reply(status: .ok, body: try Self.encoded(entry, Wares.currency))
    }

    private static func encoded(_ entry: GatewayBooks.Entry, _ currency: String) throws -> [UInt8] {
        [UInt8](
            try JSONEncoder().encode(
                Answer(
                    key: entry.key, action: entry.action, amount_minor: entry.amount, currency: currency,
                    outcome: entry.reason == nil ? "approved" : "declined",
                    reference: entry.reason == nil ? entry.reference : nil, reason: entry.reason)))
    }

    // MARK: - HTTP

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = HTTPServerResponsePart

        private let box: Box
        private var head: HTTPRequestHead?
        private var body: [UInt8] = []

        init(_ box: Box) { self.box = box }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head(let received):
                head = received
                body = []
            case .body(let bytes): body += bytes.readableBytesView
            case .end:
                guard let head, let reply = box.gateway.withLock({ $0 })?.reply(to: head, body) else {
                    context.close(promise: nil)
                    return
                }
                let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
                context.eventLoop.scheduleTask(in: reply.delay) {
                    let (handler, context) = bound.value
                    handler.write(reply, to: context)
                }
            }
        }

        private func write(_ reply: Reply, to context: ChannelHandlerContext) {
            let headers = HTTPHeaders([("Content-Length", "\(reply.body.count)")])
            context.write(
                wrapOutboundOut(.head(.init(version: .http1_1, status: reply.status, headers: headers))), promise: nil)
            context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: reply.body)))), promise: nil)
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        }
    }
}

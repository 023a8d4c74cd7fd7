import Domain
import FramedTransport
import GRPCCore
import GRPCNIOTransportHTTP2
import GRPCProtobuf
import HoldfastAPI
import HoldfastServices
import HoldfastTesting
import Ledger
import Logging
import NIOCore
import NIOPosix
import OrderProcessing

@testable import HoldfastServer

/// How a call reaches a server.
enum Way: CaseIterable, Sendable {
    /// The framed transport, hot methods on the event loop.
    case fastLane
    /// The framed transport, every method in a task of its own.
    case taskLane
    /// gRPC over HTTP/2.
    case http2
}

/// What a call was answered with.
struct Answer: Equatable, Sendable, CustomStringConvertible {
    var code: RPCError.Code?
    var message = ""
    var reason: String?
    var details = 0
    var retryDelay: Duration?
    var body: [UInt8] = []

    var isDenied: Bool { code == .permissionDenied || code == .unauthenticated }
    var description: String { "\(code.map { "\($0)" } ?? "ok") \(reason ?? "") \(message)" }
}

/// One deployment behind three servers that share an access gate, for calls by many callers.
struct AccessStack: Sendable {
    let deployment: TestDeployment
    let gate: AccessGate
    private let framed: [Way: FramedLane]
    private let http2: GRPCClient<HTTP2ClientTransport.Posix>
    /// The server's side of HTTP/2.
    let http2Transport: HTTP2Transport

    static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    /// Runs a body against fresh servers.
    ///
    /// The client of HTTP/2 lets itself be sent `window` bytes ahead of what is read; nil is the usual 8 MiB.
    static func with(
        sso: SingleSignOn? = nil, allowsAnonymous: Bool = false, limits: HTTP2Limits = HTTP2Limits(),
        window: Int? = nil, _ body: @Sendable (AccessStack) async throws -> Void
    ) async throws {
        try await TestDeployment.with { deployment in
            let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
            let gate = AccessGate(
                ledger: deployment.ledger, sso: sso, allowsAnonymous: allowsAnonymous, logger: logger
            ) { _ in }
            let following = Task { await gate.run() }
            let result: Result<Void, any Error>
            do {
                try await serving(deployment, gate, group, limits, window, body)
                result = .success(())
            } catch {
                result = .failure(error)
            }
            following.cancel()
            await following.value
            try await group.shutdownGracefully()
            try result.get()
        }
    }

    private static func serving(
        _ deployment: TestDeployment, _ gate: AccessGate, _ group: MultiThreadedEventLoopGroup, _ limits: HTTP2Limits,
        _ window: Int?, _ body: @Sendable (AccessStack) async throws -> Void
    ) async throws {
        let lane = ServiceRegistry.fastLane(promising: deployment.promising, logger: logger)
        let fast = transport(group, lane, gate)
        let ordinary = transport(group, FastLane(), gate)
        let http2Transport = HTTP2Transport(
            eventLoopGroup: group, host: "127.0.0.1", port: 0, limits: limits, logger: logger)
        let startGate = StartGate()
        startGate.open()
        let services = ServiceRegistry.all(
            promising: deployment.promising,
            processing: OrderProcessing(promising: deployment.promising, logger: logger),
            serving: ServingState { true }, keys: SystemKeyMint(), logger: logger)
        let chain = CallInterceptors.chain(
            access: AccessInterceptor(identify: gate.caller), startGate: startGate, isDraining: { false })
        let framedServers = [fast, ordinary].map {
            GRPCServer(transport: $0, services: services, interceptors: chain)
        }
        let http2Server = GRPCServer(
            transport: http2Transport, services: services, interceptors: chain + [http2Transport.callerBound])
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            for server in framedServers { tasks.addTask { try await server.serve() } }
            tasks.addTask { try await http2Server.serve() }
            let one = try await FramedLane(to: fast.listeningAddress, on: group)
            let other = try await FramedLane(to: ordinary.listeningAddress, on: group)
            guard let port = try await http2Transport.listeningAddress.port else {
                throw TestFailure("no port of HTTP/2")
            }
            let client = GRPCClient(
                transport: try HTTP2ClientTransport.Posix(
                    target: .ipv4(address: "127.0.0.1", port: port), transportSecurity: .plaintext,
                    config: .defaults { config in
                        if let window { config.http2.targetWindowSize = window }
                    }))
            tasks.addTask { try await client.runConnections() }
            let result: Result<Void, any Error>
            do {
                try await body(
                    AccessStack(
                        deployment: deployment, gate: gate, framed: [.fastLane: one, .taskLane: other], http2: client,
                        http2Transport: http2Transport))
                result = .success(())
            } catch {
                result = .failure(error)
            }
            client.beginGracefulShutdown()
            try await one.close()
            try await other.close()
            for server in framedServers { server.beginGracefulShutdown() }
            http2Server.beginGracefulShutdown()
            try await tasks.waitForAll()
            try result.get()
        }
    }

    private static func transport(
        _ group: MultiThreadedEventLoopGroup, _ lane: FastLane, _ gate: AccessGate
    ) -> FramedServerTransport {
        FramedServerTransport(
            eventLoopGroup: group, address: .tcp(host: "127.0.0.1", port: 0), fastLane: lane, authenticator: gate,
            openMethods: ServiceRegistry.openMethods, logger: logger)
    }

    /// Makes a key and returns it as clients send it.
    func key(
        _ roles: Set<Role>, channels: Set<String>? = nil, locations: Set<String>? = nil, expiresAt: Instant? = nil
    ) async throws -> (text: String, key: ApiKey) {
        let minted = SystemKeyMint().mint()
        let id = EntityID.fresh
        let made = try await deployment.ledger.createKey(
            ApiKeyDraft(
                id: id, prefix: minted.prefix, secretHash: minted.secretHash, name: "test", roles: roles,
                scope: Scope(channels: channels, locations: locations), expiresAt: expiresAt, body: [13]),
            caller: "test")
        return (minted.text, made.key)
    }

    /// Follows events over HTTP/2 with a credential until `each` returns false; a nil one sends none.
    func subscribe(
        _ request: Holdfast_V1_SubscribeRequest, by credential: String?,
        _ each: @escaping @Sendable (Holdfast_V1_SubscribeResponse) async throws -> Bool
    ) async throws {
        let metadata: Metadata = credential.map { ["authorization": "Bearer \($0)"] } ?? [:]
        try await Holdfast_V1_EventService.Client(wrapping: http2).subscribe(
            request: ClientRequest(message: request, metadata: metadata)
        ) { response in
            for try await message in response.messages {
                guard try await each(message) else { return }
            }
        }
    }

    /// Makes a call with a credential; a nil one sends none.
    func call(_ method: String, _ message: [UInt8] = [], by credential: String?, _ way: Way) async throws -> Answer {
        let metadata: Metadata = credential.map { ["authorization": "Bearer \($0)"] } ?? [:]
        if let lane = framed[way] { return try await lane.call(method, message, metadata) }
        return try await Answer.of(http2, method, message, metadata)
    }
}

extension Answer {
    /// Makes a call on a framed connection.
    static func of(
        _ connection: FramedClientConnection, _ method: String, _ message: [UInt8], _ metadata: Metadata = [:]
    ) async throws -> Answer {
        try await made {
            let name = names(method)
            let response = try await connection.call(
                service: name.service, method: name.method, message: ByteBuffer(bytes: message), metadata: metadata
            ).get()
            return Array(response.message.readableBytesView)
        }
    }

    /// Makes a call over HTTP/2.
    static func of(
        _ client: GRPCClient<HTTP2ClientTransport.Posix>, _ method: String, _ message: [UInt8],
        _ metadata: Metadata = [:]
    ) async throws -> Answer {
        try await made {
            let name = names(method)
            return try await client.unary(
                request: ClientRequest(message: message, metadata: metadata),
                descriptor: MethodDescriptor(fullyQualifiedService: name.service, method: name.method),
                serializer: RawBytes(), deserializer: RawBytes(), options: .defaults
            ) { try $0.message }
        }
    }

    private static func made(_ call: () async throws -> [UInt8]) async throws -> Answer {
        do {
            return Answer(body: try await call())
        } catch let error as RPCError {
            if let cause = error.cause as? FramedConnectionError, !cause.requestMayHaveBeenSent { throw cause }
            let details = try error.unpackGoogleRPCStatus()?.details ?? []
            return Answer(
                code: error.code, message: error.message, reason: details.lazy.compactMap(\.errorInfo).first?.reason,
                details: details.count, retryDelay: details.lazy.compactMap(\.retryInfo).first?.delay)
        }
    }

    private static func names(_ method: String) -> (service: String, method: String) {
        let parts = method.split(separator: "/").map(String.init)
        return (parts[0], parts[1])
    }
}

/// Messages that are bytes already.
private struct RawBytes: MessageSerializer, MessageDeserializer {
    func serialize<Bytes: GRPCContiguousBytes>(_ message: [UInt8]) throws -> Bytes { Bytes(message) }
    func deserialize<Bytes: GRPCContiguousBytes>(_ serializedMessageBytes: Bytes) throws -> [UInt8] {
        serializedMessageBytes.withUnsafeBytes { Array($0) }
    }
}

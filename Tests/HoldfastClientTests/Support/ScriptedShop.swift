import FramedTransport
import GRPCCore
import GRPCProtobuf
import HoldfastAPI
import HoldfastClient
import Logging
import NIOCore
import NIOPosix
import SwiftProtobuf
import Synchronization

/// A service on the framed transport whose answers a test writes.
final class ScriptedService: RegistrableRPCService {
    typealias Request = Holdfast_V1_ReserveRequest
    typealias Response = Holdfast_V1_ReserveResponse
    /// Decides on a request; requests of a server count from 1.
    typealias Script = @Sendable (_ number: Int, _ request: ServerRequest<Request>) async throws -> Response

    /// A request as it came.
    struct Arrival: Sendable {
        var message: Request
        var authorization: String?
        var at: ContinuousClock.Instant
        /// The time that was left for the call; `nil` where the transport did not tell.
        var timeLeft: TimeAmount?
    }

    /// A method that no contract says may be repeated.
    static let once = MethodDescriptor(fullyQualifiedService: "lab.v1.Once", method: "Do", type: .unary)

    private let script: Script
    private let seen = Mutex<[Arrival]>([])

    init(_ script: @escaping Script) {
        self.script = script
    }

    /// Requests so far, in the order of their arrival.
    var requests: [Arrival] { seen.withLock { $0 } }

    func registerMethods<Transport: ServerTransport>(with router: inout RPCRouter<Transport>) {
        for method in [Holdfast_V1_ReservationService.Method.Reserve.descriptor, Self.once] {
            router.registerHandler(
                forMethod: method, deserializer: ProtobufDeserializer<Request>(),
                serializer: ProtobufSerializer<Response>()
            ) { [self] request, context in
                let request = try await ServerRequest(stream: request)
                let number = seen.withLock { seen in
                    let authorization = request.metadata[stringValues: "authorization"].first { _ in true }
                    let deadline = (context.transportSpecific as? FramedCallContext)?.deadline
                    seen.append(
                        Arrival(
                            message: request.message, authorization: authorization, at: .now,
                            timeLeft: deadline.map { $0 - .now() }))
                    return seen.count
                }
                let response = try await script(number, request)
                return StreamingServerResponse(single: ServerResponse(message: response))
            }
        }
    }
}

/// A server of a ``ScriptedService`` on a free loopback port.
struct ScriptedShop: Sendable {
    let service: ScriptedService
    let endpoint: HoldfastEndpoint
    private let server: GRPCServer<FramedServerTransport>

    /// Starts a server, runs `body`, and shuts the server down.
    static func with<R: Sendable>(
        authenticator: (any FramedAuthenticator)? = nil, tls: FramedServerTLS? = nil,
        _ adjust: (inout FramedServerConfiguration) -> Void = { _ in },
        script: @escaping ScriptedService.Script, _ body: (ScriptedShop) async throws -> R
    ) async throws -> R {
        var configuration = FramedServerConfiguration()
        configuration.gracePeriod = .seconds(2)
        adjust(&configuration)
        let service = ScriptedService(script)
        let transport = FramedServerTransport(
            eventLoopGroup: .singletonMultiThreadedEventLoopGroup, address: .tcp(host: "127.0.0.1", port: 0),
            configuration: configuration, authenticator: authenticator, tls: tls,
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
        let server = GRPCServer(transport: transport, services: [service])
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await server.serve() }
            let address = try await transport.listeningAddress
            do {
                let shop = ScriptedShop(
                    service: service, endpoint: HoldfastEndpoint(host: "127.0.0.1", port: address.port ?? 0),
                    server: server)
                let result = try await body(shop)
                server.beginGracefulShutdown()
                try await group.waitForAll()
                return result
            } catch {
                group.cancelAll()
                throw error
            }
        }
    }

    /// Lets the server drain: it takes no further connections and answers further calls with 2003.
    func drain() {
        server.beginGracefulShutdown()
    }
}

extension HoldfastClientConfiguration {
    /// A configuration with short waits.
    static func quick(_ endpoints: HoldfastEndpoint...) -> HoldfastClientConfiguration {
        var configuration = HoldfastClientConfiguration(endpoints: endpoints)
        configuration.repetition.firstWait = .milliseconds(10)
        configuration.timeout = .seconds(20)
        return configuration
    }
}

extension Holdfast_V1_ReserveRequest {
    /// A request with an id of its own.
    static var fresh: Holdfast_V1_ReserveRequest {
        .with {
            $0.reservationID = EntityName.fresh
            $0.channel = "WEB"
            $0.lines = [
                .with {
                    $0.sku = "MUG"
                    $0.quantity = 1
                }
            ]
        }
    }
}

/// Ids as callers make them.
enum EntityName {
    /// A random UUID.
    static var fresh: String {
        func digits(_ count: Int) -> String {
            (0..<count).map { _ in String(Int.random(in: 0..<16), radix: 16) }.joined()
        }
        return "\(digits(8))-\(digits(4))-4\(digits(3))-8\(digits(3))-\(digits(12))"
    }
}

extension HoldfastClient {
    /// Calls the method that no contract knows.
    func once(_ request: Holdfast_V1_ReserveRequest) async throws -> Holdfast_V1_ReserveResponse {
        try await grpc.unary(
            request: ClientRequest(message: request), descriptor: ScriptedService.once,
            serializer: ProtobufSerializer<Holdfast_V1_ReserveRequest>(),
            deserializer: ProtobufDeserializer<Holdfast_V1_ReserveResponse>(), options: .defaults
        ) { try $0.message }
    }
}

/// What a service that is away for a moment answers.
func away(for delay: Duration = .milliseconds(1), reason: String = "OUTCOME_UNKNOWN") -> RPCError {
    RPCError(
        GoogleRPCStatus(
            code: .unavailable, message: "away",
            details: [.errorInfo(reason: reason, domain: "holdfast", metadata: [:]), .retryInfo(delay: delay)]))
}

import GRPCCore
import Logging
import NIOCore
import NIOPosix
import Synchronization

@testable import FramedTransport

/// Says nothing.
let silentLogger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })

/// A server on a free loopback port, for the time of one test.
struct TestServer: Sendable {
    let service: EchoService
    let transport: FramedServerTransport
    let address: FramedAddress
    let fast: FastEcho
    private let server: GRPCServer<FramedServerTransport>

    /// Methods that need no credential.
    private static let openMethods: Set = [
        MethodDescriptor(fullyQualifiedService: FastEcho.name, method: "Open"),
        MethodDescriptor(fullyQualifiedService: FastEcho.name, method: "OpenHold"),
        MethodDescriptor(fullyQualifiedService: EchoService.name, method: "Open"),
    ]

    /// Starts a server, runs `body`, and shuts the server down.
    static func with<R: Sendable>(
        _ adjust: (inout FramedServerConfiguration) -> Void = { _ in }, address: FramedAddress? = nil,
        keys: TestKeys? = nil, observer: CallLog? = nil, tls: FramedServerTLS? = nil,
        on group: any EventLoopGroup = .singletonMultiThreadedEventLoopGroup,
        _ body: (TestServer) async throws -> R
    ) async throws -> R {
        var configuration = FramedServerConfiguration()
        // However slow the machine is.
        configuration.firstRequestTimeout = .minutes(2)
        configuration.requestTimeout = .minutes(2)
        adjust(&configuration)
        let fast = FastEcho()
        let service = EchoService()
        let transport = FramedServerTransport(
            eventLoopGroup: group,
            address: address ?? .tcp(host: "127.0.0.1", port: 0), configuration: configuration, fastLane: fast.lane,
            authenticator: keys, openMethods: Self.openMethods, observer: observer, tls: tls,
            logger: silentLogger)
        let server = GRPCServer(transport: transport, services: [service])
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await server.serve() }
            let address = try await transport.listeningAddress
            do {
                let result = try await body(
                    TestServer(service: service, transport: transport, address: address, fast: fast, server: server))
                service.gate.open()
                fast.completeAll()
                server.beginGracefulShutdown()
                try await group.waitForAll()
                return result
            } catch {
                service.gate.open()
                fast.completeAll()
                group.cancelAll()
                throw error
            }
        }
    }

    /// Begins the shutdown that the end of the test would begin.
    func beginGracefulShutdown() {
        server.beginGracefulShutdown()
    }
}

/// The fast lane of the test server.
final class FastEcho: Sendable {
    static let name = "lab.v1.Fast"

    private let held = Mutex<[FastLaneCall]>([])

    /// Calls of `Hold` that wait.
    var heldCalls: [FastLaneCall] { held.withLock { $0 } }

    /// The methods.
    var lane: FastLane {
        var lane = FastLane()
        lane.register(MethodDescriptor(fullyQualifiedService: Self.name, method: "Say")) { call in
            call.succeed(metadata: call.metadata) { $0.writeImmutableBuffer(call.message) }
        }
        lane.register(MethodDescriptor(fullyQualifiedService: Self.name, method: "Plain")) { call in
            call.succeed { $0.writeImmutableBuffer(call.message) }
        }
        lane.register(MethodDescriptor(fullyQualifiedService: Self.name, method: "Metadata")) { call in
            let lines = call.metadata.map { "\($0.key)=\($0.value.encoded())" }.sorted() + call.context.facts
            call.succeed { $0.writeString(lines.joined(separator: "\n")) }
        }
        lane.register(MethodDescriptor(fullyQualifiedService: Self.name, method: "Fail")) { call in
            var metadata: Metadata = ["hint": "try another"]
            metadata.addBinary([0, 1, 254, 255], forKey: "grpc-status-details-bin")
            let code = call.message.readableBytesView.first.flatMap { Status.Code(rawValue: Int($0)) }
            call.fail(
                RPCError(
                    code: code.flatMap(RPCError.Code.init) ?? .unknown, message: "as you wished", metadata: metadata))
        }
        lane.register(MethodDescriptor(fullyQualifiedService: Self.name, method: "Big")) { call in
            let size = call.message.readableBytesView.reduce(0) { $0 << 8 | Int($1) }
            call.succeed { $0.writeRepeatingByte(7, count: size) }
        }
        lane.register(MethodDescriptor(fullyQualifiedService: Self.name, method: "Hold")) { [self] call in
            held.withLock { $0.append(call) }
        }
        lane.register(MethodDescriptor(fullyQualifiedService: Self.name, method: "OpenHold")) { [self] call in
            held.withLock { $0.append(call) }
        }
        lane.register(MethodDescriptor(fullyQualifiedService: Self.name, method: "Drop")) { _ in }
        for method in ["Who", "Open"] {
            lane.register(MethodDescriptor(fullyQualifiedService: Self.name, method: method)) { call in
                call.succeed { $0.writeString(call.identity?.limitKey ?? "nobody") }
            }
        }
        lane.register(MethodDescriptor(fullyQualifiedService: Self.name, method: "Throw")) { call in
            do {
                try call.succeed { buffer in
                    buffer.writeString("half of an ans")
                    throw RPCError(code: .dataLoss, message: "cannot go on")
                }
            } catch let error as RPCError {
                call.fail(error)
            } catch {
                call.fail(RPCError(code: .unknown, message: "other"))
            }
        }
        return lane
    }

    /// Answers every call that is held, each on its loop.
    func completeAll() {
        let calls = held.withLock { held in
            defer { held = [] }
            return held
        }
        for call in calls {
            call.eventLoop.execute { call.succeed { $0.writeImmutableBuffer(call.message) } }
        }
    }
}

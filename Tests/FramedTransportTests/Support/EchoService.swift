import GRPCCore
import NIOCore
import Synchronization

@testable import FramedTransport

/// Passes the bytes of messages through.
struct PlainBytes: MessageSerializer, MessageDeserializer {
    func serialize<Bytes: GRPCContiguousBytes>(_ message: [UInt8]) throws -> Bytes {
        Bytes(message)
    }

    func deserialize<Bytes: GRPCContiguousBytes>(_ serializedMessageBytes: Bytes) throws -> [UInt8] {
        serializedMessageBytes.withUnsafeBytes { Array($0) }
    }
}

/// A service that a test can hold, release and look into.
final class EchoService: RegistrableRPCService {
    static let name = "lab.v1.Echo"

    /// A method of the service.
    static func method(_ name: String, type: MethodDescriptor.RPCType? = .unary) -> MethodDescriptor {
        MethodDescriptor(fullyQualifiedService: Self.name, method: name, type: type)
    }

    private let counters = Mutex((started: 0, running: 0, cancelled: 0))
    let gate = Gate()

    /// Calls of `Hold` so far.
    var started: Int { counters.withLock { $0.started } }
    /// Calls of `Hold` that have not ended.
    var running: Int { counters.withLock { $0.running } }
    /// Calls of `Hold` that were told that nobody waits any more.
    var cancelled: Int { counters.withLock { $0.cancelled } }

    func registerMethods<Transport: ServerTransport>(with router: inout RPCRouter<Transport>) {
        register("Say", with: &router) { request, _ in
            ServerResponse(message: request.message, metadata: ["method": "Say"], trailingMetadata: ["end": "yes"])
        }
        register("Metadata", with: &router) { request, context in
            var lines = request.metadata.map { "\($0.key)=\($0.value.encoded())" }.sorted()
            let framed = context.transportSpecific as? FramedCallContext
            lines += framed?.facts ?? []
            return ServerResponse(message: Array(lines.joined(separator: "\n").utf8))
        }
        for method in ["Who", "Open"] {
            register(method, with: &router) { _, context in
                let identity = (context.transportSpecific as? FramedCallContext)?.identity
                return ServerResponse(message: Array((identity?.limitKey ?? "nobody").utf8))
            }
        }
        register("Fail", with: &router) { request, _ in
            var metadata: Metadata = ["hint": "try another"]
            metadata.addBinary([0, 1, 254, 255], forKey: "grpc-status-details-bin")
            let code = Status.Code(rawValue: Int(request.message.first ?? 2)).flatMap(RPCError.Code.init) ?? .unknown
            throw RPCError(code: code, message: "as you wished", metadata: metadata)
        }
        register("Big", with: &router) { request, _ in
            let size = request.message.reduce(0) { $0 << 8 | Int($1) }
            return ServerResponse(message: [UInt8](repeating: 7, count: size))
        }
        register("Hold", with: &router) { [self] request, _ in
            counters.withLock {
                $0.started += 1
                $0.running += 1
            }
            defer { counters.withLock { $0.running -= 1 } }
            return await withRPCCancellationHandler {
                await gate.wait()
                return ServerResponse(message: request.message)
            } onCancelRPC: { [self] in
                counters.withLock { $0.cancelled += 1 }
            }
        }
        router.registerHandler(
            forMethod: Self.method("Stream", type: .serverStreaming), deserializer: PlainBytes(),
            serializer: PlainBytes()
        ) { request, _ in
            StreamingServerResponse { writer in
                for try await message in request.messages { try await writer.write(message) }
                return [:]
            }
        }
        router.registerHandler(
            forMethod: Self.method("Twice", type: nil), deserializer: PlainBytes(), serializer: PlainBytes()
        ) { request, _ in
            StreamingServerResponse { writer in
                for try await message in request.messages {
                    try await writer.write(message)
                    try await writer.write(message)
                }
                return [:]
            }
        }
    }

    private func register<Transport: ServerTransport>(
        _ name: String, with router: inout RPCRouter<Transport>,
        _ body:
            @escaping @concurrent @Sendable (ServerRequest<[UInt8]>, ServerContext) async throws
            -> ServerResponse<[UInt8]>
    ) {
        router.registerHandler(
            forMethod: Self.method(name), deserializer: PlainBytes(), serializer: PlainBytes()
        ) { request, context in
            StreamingServerResponse(single: try await body(try await ServerRequest(stream: request), context))
        }
    }
}

extension FramedCallContext {
    /// What a test wants to see of a call's context.
    var facts: [String] {
        var facts = ["log_id \(logID)"]
        if let authenticationData { facts.append("credential \(String(buffer: authenticationData))") }
        return facts
    }
}

/// Holds tasks until it is opened.
final class Gate: Sendable {
    private let state = Mutex((isOpen: false, waiters: [CheckedContinuation<Void, Never>]()))

    /// Waits until the gate is open.
    func wait() async {
        await withCheckedContinuation { continuation in
            let isOpen = state.withLock { state in
                if !state.isOpen { state.waiters.append(continuation) }
                return state.isOpen
            }
            if isOpen { continuation.resume() }
        }
    }

    /// Opens the gate for good.
    func open() {
        let waiters = state.withLock { state in
            state.isOpen = true
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }
}

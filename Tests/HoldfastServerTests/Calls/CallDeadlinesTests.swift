import GRPCCore
import GRPCProtobuf
import HoldfastServices
import NIOCore
import Synchronization
import Testing

@testable import HoldfastServer

@Suite("Deadlines of calls over HTTP/2")
struct CallDeadlinesTests {
    private typealias Answer = StreamingServerResponse<String>

    /// Runs a call through the interceptor; the work sees its context.
    private func call(
        type: MethodDescriptor.RPCType = .unary, timeout: String? = nil, draining: Bool = false,
        cancel: Bool = false, _ work: @escaping @Sendable (ServerContext) async throws -> Void
    ) async throws {
        var deadlines = CallDeadlines { draining }
        deadlines.maximumTime = .seconds(50)
        let descriptor = MethodDescriptor(
            service: ServiceDescriptor(fullyQualifiedService: "test.Test"), method: "Test", type: type)
        var metadata = Metadata()
        if let timeout { metadata.addString(timeout, forKey: "grpc-timeout") }
        let request = StreamingServerRequest<String>(
            metadata: metadata,
            messages: RPCAsyncSequence(wrapping: AsyncThrowingStream<String, any Error> { $0.finish() }))
        try await withServerContextRPCCancellationHandle { handle in
            let context = ServerContext(
                descriptor: descriptor, remotePeer: "in-process:1", localPeer: "in-process:2", cancellation: handle)
            _ = try await deadlines.intercept(request: request, context: context) { _, context in
                if cancel { handle.cancel() }
                try await work(context)
                return Answer(metadata: [:]) { _ in [:] }
            }
        }
    }

    private func told(_ context: ServerContext) -> NIODeadline? {
        (context.transportSpecific as? CallDeadline)?.deadline
    }

    @Test("The client's time, the default and the maximum are told to the service")
    func telling() async throws {
        let cases: [(String?, Int64)] = [("5S", 5), (nil, 30), ("2H", 50), ("nonsense", 30), ("99999999H", 50)]
        for (timeout, seconds) in cases {
            let start = NIODeadline.now()
            try await call(timeout: timeout) { context in
                let deadline = try #require(told(context))
                #expect(deadline >= start + .seconds(seconds))
                #expect(deadline <= .now() + .seconds(seconds))
            }
        }
    }

    @Test("Work that waits is dropped when the time is over, and the caller told")
    func exceeded() async throws {
        let error = await #expect(throws: GoogleRPCStatus.self) {
            try await call(timeout: "20m") { _ in try await Task.sleep(for: .seconds(3_600)) }
        }
        #expect(error?.code == .deadlineExceeded)
        #expect(error?.details.first?.errorInfo?.reason == "DEADLINE_EXCEEDED")
    }

    @Test("Work that ends late all the same is answered")
    func late() async throws {
        try await call(timeout: "1m") { _ in
            while !Task.isCancelled { await Task.yield() }
        }
    }

    @Test("A client that leaves cancels the work; a drain does not")
    func cancelled() async throws {
        await #expect(throws: CancellationError.self) {
            try await call(cancel: true) { _ in try await Task.sleep(for: .seconds(3_600)) }
        }
        try await call(draining: true, cancel: true) { _ in try Task.checkCancellation() }
    }

    @Test("Streams are left alone")
    func streams() async throws {
        try await call(type: .serverStreaming, timeout: "1m") { context in
            #expect(told(context) == nil)
        }
    }

    @Test("A refusal without details gets an ErrorInfo, one with details keeps them")
    func details() async throws {
        let plain = try RPCError(code: .notFound, message: "m").detailed.unpackGoogleRPCStatus()
        #expect(plain?.code == .notFound)
        #expect(plain?.message == "m")
        #expect(plain?.details.first?.errorInfo?.reason == "NOT_FOUND")
        #expect(plain?.details.first?.errorInfo?.domain == "holdfast")
        // The reason of the code's name would promise that nothing was applied.
        let away = try RPCError(code: .unavailable, message: "m").detailed.unpackGoogleRPCStatus()
        #expect(away?.details.first?.errorInfo?.reason == "OUTCOME_UNKNOWN")
        let own = RPCError(
            GoogleRPCStatus(code: .aborted, message: "m", details: .errorInfo(reason: "OWN", domain: "holdfast")))
        #expect(try own.detailed.unpackGoogleRPCStatus()?.details.first?.errorInfo?.reason == "OWN")
    }
}

extension RPCError {
    fileprivate var detailed: RPCError { StatusDetails.detailed(self) }
}

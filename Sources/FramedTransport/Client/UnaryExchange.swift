import GRPCCore
import NIOCore
import Synchronization

/// One unary call seen as a stream: collects the request, sends it, and waits for the answer.
final class UnaryExchange: ClosableRPCWriterProtocol {
    typealias Element = RPCRequestPart<FramedBytes>

    private struct State {
        var connection: FramedClientConnection
        var metadata = Metadata()
        var message: FramedBytes?
        var isFinished = false
        var outcome: Result<FramedResponse, any Error>?
        var waiter: CheckedContinuation<FramedResponse, any Error>?
        var token: CallToken?
    }

    /// How often a request that never left is given to another connection.
    private static let maxMoves = 5

    private let descriptor: MethodDescriptor
    private let began: NIODeadline
    private let timeout: TimeAmount?
    private let findConnection: @concurrent @Sendable () async throws -> FramedClientConnection
    private let state: Mutex<State>

    /// Makes an exchange.
    ///
    /// - Parameters:
    ///   - connection: Where the request is sent.
    ///   - descriptor: The method.
    ///   - began: When the call was made.
    ///   - timeout: How long it may take from then on, unless its metadata says otherwise.
    ///   - findConnection: Finds another connection when the first one has ended before the request left.
    init(
        connection: FramedClientConnection, descriptor: MethodDescriptor, began: NIODeadline, timeout: TimeAmount?,
        findConnection: @escaping @concurrent @Sendable () async throws -> FramedClientConnection
    ) {
        self.descriptor = descriptor
        self.began = began
        self.timeout = timeout
        self.findConnection = findConnection
        self.state = Mutex(State(connection: connection))
    }

    // MARK: Request

    func write(_ element: Element) async throws {
        try state.withLock { state in
            guard !state.isFinished else {
                throw RPCError(code: .internalError, message: "The request has ended.")
            }
            switch element {
            case .metadata(let metadata): state.metadata.add(contentsOf: metadata)
            case .message(let message):
                guard state.message == nil else {
                    throw RPCError(code: .unimplemented, message: "This transport carries one message per request.")
                }
                state.message = message
            }
        }
    }

    func write(contentsOf elements: some Sequence<Element>) async throws {
        for element in elements { try await write(element) }
    }

    func finish() async {
        let isFirst = state.withLock { state in
            defer { state.isFinished = true }
            // The wait may have been cancelled; then there is nobody to send it for.
            return !state.isFinished && state.outcome == nil
        }
        if isFirst { send() }
    }

    func finish(throwing error: any Error) async {
        let isFirst = state.withLock { state in
            defer { state.isFinished = true }
            return !state.isFinished
        }
        guard isFirst else { return }
        let failure = error as? RPCError
        resolve(.failure(failure ?? RPCError(code: .unknown, message: "The request was not completed.", cause: error)))
    }

    private func send() {
        let token = CallToken()
        var (connection, message, metadata) = state.withLock { state in
            state.token = token
            return (state.connection, state.message, state.metadata)
        }
        guard let message else {
            resolve(.failure(RPCError(code: .unimplemented, message: "This transport needs a message per request.")))
            return
        }
        // gRPC's own machinery writes what is left of the timeout here; the packet has a field for it.
        let written = metadata[stringValues: CallMeta.timeoutKey].first { _ in true }
        metadata.removeAllValues(forKey: CallMeta.timeoutKey)
        let timeout = (written.flatMap(TimeAmount.init(grpcTimeout:)) ?? timeout).map {
            $0 - (NIODeadline.now() - began)
        }
        connection.call(
            service: descriptor.service.fullyQualifiedService, method: descriptor.method, message: message.buffer,
            timeout: timeout, metadata: metadata, token: token
        ).whenComplete { self.resolve($0) }
    }

    // MARK: Answer

    /// Waits for the answer.
    ///
    /// A request that its connection could not take any more has not left, so another connection gets it. Cancelling
    /// the wait abandons the call, and tells the server so if it can understand that.
    func response() async throws -> FramedResponse {
        var moves = 0
        while true {
            do {
                return try await outcome()
            } catch let error as RPCError where moves < Self.maxMoves && Self.hasNotLeft(error) {
                moves += 1
                let connection = try await findConnection()
                state.withLock { state in
                    state.connection = connection
                    state.outcome = nil
                }
                send()
            }
        }
    }

    private static func hasNotLeft(_ error: RPCError) -> Bool {
        guard let cause = error.cause as? FramedConnectionError else { return false }
        return !cause.requestMayHaveBeenSent
    }

    private func outcome() async throws -> FramedResponse {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let outcome = state.withLock { state in
                    if state.outcome == nil { state.waiter = continuation }
                    return state.outcome
                }
                if let outcome { continuation.resume(with: outcome) }
            }
        } onCancel: {
            resolve(.failure(CancellationError()))
            let (connection, token) = state.withLock { ($0.connection, $0.token) }
            if let token { connection.cancel(token) }
        }
    }

    private func resolve(_ outcome: Result<FramedResponse, any Error>) {
        let waiter = state.withLock { state -> CheckedContinuation<FramedResponse, any Error>? in
            guard state.outcome == nil else { return nil }
            state.outcome = outcome
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume(with: outcome)
    }
}

/// The answer of an exchange as a stream.
struct UnaryResponseParts: AsyncSequence, Sendable {
    typealias Element = RPCResponsePart<FramedBytes>
    typealias Failure = any Error

    let exchange: UnaryExchange

    func makeAsyncIterator() -> Iterator {
        Iterator(exchange: exchange)
    }

    struct Iterator: AsyncIteratorProtocol {
        private enum Step {
            case waiting
            case message(ByteBuffer)
            case status
            case end
        }

        private let exchange: UnaryExchange
        private var step = Step.waiting

        fileprivate init(exchange: UnaryExchange) {
            self.exchange = exchange
        }

        mutating func next() async throws -> Element? {
            try await next(isolation: nil)
        }

        mutating func next(isolation actor: isolated (any Actor)?) async throws(any Error) -> Element? {
            switch step {
            case .waiting:
                step = .end
                // The answer has one set of metadata; it stands in front of the message.
                let response = try await exchange.response()
                step = .message(response.message)
                return .metadata(response.metadata)
            case .message(let message):
                step = .status
                return .message(FramedBytes(message))
            case .status:
                step = .end
                return .status(Status(code: .ok, message: ""), [:])
            case .end: return nil
            }
        }
    }
}

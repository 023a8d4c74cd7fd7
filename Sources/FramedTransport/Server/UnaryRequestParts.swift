import GRPCCore

/// A unary request as a stream: its metadata, its message, its end.
struct UnaryRequestParts: AsyncSequence, Sendable {
    typealias Element = RPCRequestPart<FramedBytes>
    typealias Failure = any Error

    let metadata: Metadata
    let message: FramedBytes

    func makeAsyncIterator() -> Iterator {
        Iterator(metadata: metadata, message: message)
    }

    struct Iterator: AsyncIteratorProtocol {
        private var metadata: Metadata?
        private var message: FramedBytes?

        fileprivate init(metadata: Metadata, message: FramedBytes) {
            self.metadata = metadata
            self.message = message
        }

        mutating func next() async throws -> Element? {
            try await next(isolation: nil)
        }

        mutating func next(isolation actor: isolated (any Actor)?) async throws(any Error) -> Element? {
            if let metadata {
                self.metadata = nil
                return .metadata(metadata)
            }
            guard let message else { return nil }
            self.message = nil
            return .message(message)
        }
    }
}

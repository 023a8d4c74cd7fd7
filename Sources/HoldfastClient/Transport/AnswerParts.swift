import FramedTransport
import GRPCCore

/// A successful answer of one attempt.
struct CollectedAnswer: Sendable {
    var metadata: Metadata
    var message: FramedBytes
    var trailer: Metadata
}

/// The answer of a call as a stream, asked for when the first part of it is.
struct AnswerParts: AsyncSequence, Sendable {
    typealias Element = RPCResponsePart<FramedBytes>
    typealias Failure = any Error

    let answer: @concurrent @Sendable () async throws -> CollectedAnswer

    func makeAsyncIterator() -> Iterator {
        Iterator(answer: answer)
    }

    struct Iterator: AsyncIteratorProtocol {
        private enum Step {
            case waiting
            case message(CollectedAnswer)
            case status(Metadata)
            case end
        }

        private let answer: @concurrent @Sendable () async throws -> CollectedAnswer
        private var step = Step.waiting

        fileprivate init(answer: @escaping @concurrent @Sendable () async throws -> CollectedAnswer) {
            self.answer = answer
        }

        mutating func next() async throws -> Element? {
            try await next(isolation: nil)
        }

        mutating func next(isolation actor: isolated (any Actor)?) async throws(any Error) -> Element? {
            switch step {
            case .waiting:
                step = .end
                let collected = try await answer()
                step = .message(collected)
                return .metadata(collected.metadata)
            case .message(let collected):
                step = .status(collected.trailer)
                return .message(collected.message)
            case .status(let trailer):
                step = .end
                return .status(Status(code: .ok, message: ""), trailer)
            case .end: return nil
            }
        }
    }
}

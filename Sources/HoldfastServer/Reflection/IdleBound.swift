import GRPCCore
import NIOCore
import Synchronization

/// Answers the questions of a stream until there are no more, or none comes for a while.
struct IdleBound: Sendable {
    /// How long a stream may be silent: 1 minute.
    var time = TimeAmount.seconds(60)

    /// Answers question by question; returns when the stream has ended or was silent for too long.
    ///
    /// Throws what reading a question or answering it throws.
    func answer<Question: Sendable>(
        _ questions: RPCAsyncSequence<Question, any Error>,
        _ answer: @escaping @Sendable (Question) async throws -> Void
    ) async throws {
        let time = time
        let heard = LastHeard()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for try await question in questions {
                    heard.now()
                    try await answer(question)
                }
            }
            group.addTask {
                while true {
                    let left = heard.last + time - .now()
                    guard left > .zero else { return }
                    try await Task.sleep(for: .nanoseconds(left.nanoseconds))
                }
            }
            defer { group.cancelAll() }
            try await group.next()
        }
    }
}

/// When a stream was last heard of.
private final class LastHeard: Sendable {
    private let time = Mutex(NIODeadline.now())

    var last: NIODeadline { time.withLock { $0 } }

    func now() {
        time.withLock { $0 = .now() }
    }
}

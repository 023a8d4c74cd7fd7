import NIOCore
import Synchronization

/// Brings answers from tasks to the event loop of their connection, many with one wake-up.
final class AnswerInbox: Sendable {
    private struct State {
        var answers: [(slot: Int, answer: UnaryAnswer)] = []
        var isScheduled = false
    }

    private let connection: NIOLoopBound<ServerConnection>
    private let eventLoop: any EventLoop
    private let state = Mutex(State())

    /// Makes the inbox of a connection, on its event loop.
    init(_ connection: ServerConnection, eventLoop: any EventLoop) {
        self.connection = NIOLoopBound(connection, eventLoop: eventLoop)
        self.eventLoop = eventLoop
    }

    /// Takes an answer from any thread.
    func deliver(_ answer: UnaryAnswer, slot: Int) {
        let schedules = state.withLock { state in
            state.answers.append((slot, answer))
            defer { state.isScheduled = true }
            return !state.isScheduled
        }
        guard schedules else { return }
        eventLoop.execute {
            let answers = self.state.withLock { state in
                state.isScheduled = false
                let answers = state.answers
                state.answers = []
                return answers
            }
            self.connection.value.take(answers)
        }
    }
}

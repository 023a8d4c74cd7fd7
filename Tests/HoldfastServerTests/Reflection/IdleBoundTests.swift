import GRPCCore
import HoldfastTesting
import NIOCore
import Testing

@testable import HoldfastServer

@Suite("Silent streams of questions")
struct IdleBoundTests {
    @Test("A stream that asks nothing more ends, after its questions were answered")
    func silent() async throws {
        let (questions, ask) = AsyncThrowingStream<Int, any Error>.makeStream()
        ask.yield(1)
        ask.yield(2)
        let answered = Box<[Int]>([])
        try await IdleBound(time: .milliseconds(200)).answer(RPCAsyncSequence(wrapping: questions)) {
            answered.value.append($0)
        }
        #expect(answered.value == [1, 2])
    }

    @Test("A stream that its client ends is over at once, and a question that cannot be answered ends it")
    func ended() async throws {
        let (questions, ask) = AsyncThrowingStream<Int, any Error>.makeStream()
        ask.yield(1)
        ask.finish()
        try await IdleBound().answer(RPCAsyncSequence(wrapping: questions)) { #expect($0 == 1) }
        let (others, askOther) = AsyncThrowingStream<Int, any Error>.makeStream()
        askOther.yield(1)
        await #expect(throws: CancellationError.self) {
            try await IdleBound().answer(RPCAsyncSequence(wrapping: others)) { _ in throw CancellationError() }
        }
    }
}

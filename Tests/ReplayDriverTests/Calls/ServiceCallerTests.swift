import GRPCCore
import Synchronization
import Testing

@testable import ReplayDriver

@Suite("Calling the service")
struct ServiceCallerTests {
    private let log = CallLog()

    private func caller(total: Duration = .seconds(3_600)) -> ServiceCaller {
        ServiceCaller(
            patience: CallPatience(total: total, firstPause: .microseconds(1), longestPause: .microseconds(10)),
            log: log)
    }

    @Test(
        "is repeated while the server is away or has not decided",
        arguments: [
            RPCError.Code.unavailable, .deadlineExceeded, .resourceExhausted, .aborted, .cancelled,
        ])
    func repeats(code: RPCError.Code) async throws {
        let attempts = Mutex(0)
        let answer = try await caller().call(.reserve) { options in
            #expect(options.timeout == .seconds(10))
            let attempt = attempts.withLock { count in
                count += 1
                return count
            }
            if attempt < 4 { throw RPCError(code: code, message: "away") }
            return attempt
        }
        #expect(answer == 4)
        #expect(log.repeated == 3)
        #expect(log.latencies.map(\.count) == [1])
    }

    @Test("ends with a failure when nobody answers for too long")
    func givesUp() async throws {
        let failure = await #expect(throws: ReplayFailure.self) {
            try await caller(total: .zero).call(.placeOrder) { _ in throw RPCError(code: .unavailable, message: "away")
            }
        }
        #expect(failure?.reason == .unanswered)
    }

    @Test(
        "ends at once when the service says no",
        arguments: [
            (RPCError.Code.failedPrecondition, "failed_precondition"), (.alreadyExists, "already_exists"),
            (.notFound, "not_found"), (.invalidArgument, "invalid_argument"), (.internalError, "internal"),
        ])
    func isRefused(code: RPCError.Code, reason: String) async throws {
        let refused = await #expect(throws: ServiceCaller.Refused.self) {
            try await caller().call(.placeOrder) { _ in throw RPCError(code: code, message: "no") }
        }
        #expect(refused?.reason == reason)
        #expect(refused?.isFault == (code == .internalError))
        #expect(log.repeated == 0)
        #expect(log.latencies.map(\.kind) == [.placeOrder])
    }

    @Test("ends when its task is cancelled")
    func isCancelled() async throws {
        let caller = caller()
        let task = Task {
            try await caller.call(.reserve) { _ in throw RPCError(code: .unavailable, message: "away") }
        }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
    }
}

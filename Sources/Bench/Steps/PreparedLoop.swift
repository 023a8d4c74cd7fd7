import Histogram
import NIOCore
import Synchronization

/// Does one operation for each of a number of prepared things, in a closed loop: every slot takes the next thing when the one
/// before is done.
enum PreparedLoop {
    private final class Tally: Sendable {
        struct Figures: Sendable {
            var operations: UInt64 = 0
            var failures: UInt64 = 0
            var latency = Histogram<UInt32>(highestTrackableValue: 60_000_000, numberOfSignificantValueDigits: .three)
            var reason: String?
        }

        let figures = Mutex(Figures())
        let next = Atomic(0)
        let count: Int

        init(count: Int) { self.count = count }

        /// The thing that is due next; nil where all are taken.
        func take() -> Int? {
            let index = next.add(1, ordering: .relaxed).oldValue
            return index < count ? index : nil
        }

        func note(_ result: Result<Void, any Error>, since start: NIODeadline) {
            let microseconds = UInt64(max(1, (NIODeadline.now() - start).nanoseconds / 1_000))
            figures.withLock { figures in
                switch result {
                case .success:
                    figures.operations += 1
                    figures.latency.record(microseconds)
                case .failure(let error):
                    figures.failures += 1
                    if figures.reason == nil { figures.reason = "\(error)" }
                }
            }
        }
    }

    /// Does them all.
    ///
    /// - Parameters:
    ///   - count: how many things there are.
    ///   - loops: the loops of the slots.
    ///   - operation: does one; called on the slot's loop, completes there.
    /// - Returns: the figures, and why the first one that failed did.
    /// - Throws: `CancellationError`.
    static func run(
        _ count: Int, loops: [any EventLoop],
        _ operation: @escaping @Sendable (_ slot: Int, _ index: Int) -> EventLoopFuture<Void>
    ) async throws -> (measurement: Measurement, reason: String?) {
        let tally = Tally(count: count)
        let before = ProcessTimes.now()
        let start = NIODeadline.now()
        let ends = loops.enumerated().map { slot, loop in
            loop.flatSubmit { turn(slot, on: loop, tally, operation) }
        }
        for end in ends { try await end.get() }
        let seconds = Double((NIODeadline.now() - start).nanoseconds) / 1e9
        let after = ProcessTimes.now()
        let figures = tally.figures.withLock { $0 }
        return (
            Measurement(
                operations: figures.operations, failures: figures.failures, seconds: seconds, latency: figures.latency,
                cpu: after.merging(before) { max(0, $0 - $1) }), figures.reason
        )
    }

    /// Does what is due until nothing is.
    private static func turn(
        _ slot: Int, on loop: any EventLoop, _ tally: Tally,
        _ operation: @escaping @Sendable (_ slot: Int, _ index: Int) -> EventLoopFuture<Void>
    ) -> EventLoopFuture<Void> {
        let done = loop.makePromise(of: Void.self)
        @Sendable func next() {
            guard let index = tally.take() else { return done.succeed() }
            let start = NIODeadline.now()
            operation(slot, index).whenComplete { result in
                tally.note(result, since: start)
                next()
            }
        }
        next()
        return done.futureResult
    }
}

import Histogram
import NIOCore

/// One side of a comparison: how to do one operation on a slot.
struct Workload: Sendable {
    /// Name in the report.
    var name: String
    /// The loops of the slots: slot `i` runs on `loops[i]` from start to end.
    var loops: [any EventLoop]
    /// Does one operation; called on the slot's loop, completes there.
    var operation: @Sendable (_ slot: Int) -> EventLoopFuture<Void>
}

/// What a closed loop measured.
struct Measurement: Sendable {
    /// Operations that succeeded.
    var operations: UInt64
    /// Operations that failed.
    var failures: UInt64
    /// How long it ran, in seconds.
    var seconds: Double
    /// Time of each operation, in microseconds.
    var latency: Histogram<UInt32>
    /// CPU seconds by kind of process while it ran.
    var cpu: [String: Double]

    /// Operations per second.
    var rate: Double { seconds > 0 ? Double(operations) / seconds : 0 }
}

/// Runs a workload in a closed loop: every slot starts its next operation when the one before has completed.
///
/// A closed loop measures capacity; a stall delays what would have come, so its latencies understate an open system's.
enum ClosedLoop {
    /// One loop's slots share a tally, touched on that loop only.
    private final class Tally: @unchecked Sendable {  // touched on its own loop only, read after its slots have ended
        var operations: UInt64 = 0
        var failures: UInt64 = 0
        var latency = Histogram<UInt32>(highestTrackableValue: 60_000_000, numberOfSignificantValueDigits: .three)
    }

    private final class Slot: @unchecked Sendable {  // every access is on `loop`
        let index: Int
        let loop: any EventLoop
        let workload: Workload
        let tally: Tally
        let counts: NIODeadline
        let end: NIODeadline
        let done: EventLoopPromise<Void>

        init(index: Int, workload: Workload, tally: Tally, counts: NIODeadline, end: NIODeadline) {
            self.index = index
            loop = workload.loops[index]
            self.workload = workload
            self.tally = tally
            self.counts = counts
            self.end = end
            done = loop.makePromise(of: Void.self)
        }

        func next() {
            let start = NIODeadline.now()
            guard start < end else { return done.succeed() }
            workload.operation(index).whenComplete { result in
                let now = NIODeadline.now()
                if start >= self.counts && now <= self.end {
                    switch result {
                    case .success:
                        self.tally.operations += 1
                        self.tally.latency.record(UInt64(max(1, (now - start).nanoseconds / 1_000)))
                    case .failure: self.tally.failures += 1
                    }
                }
                self.next()
            }
        }
    }

    /// Warms up, then measures for `seconds`.
    static func run(_ workload: Workload, seconds: Double, warmUp: Double) async throws -> Measurement {
        let begin = NIODeadline.now()
        let counts = begin + .nanoseconds(Int64(warmUp * 1e9))
        let end = counts + .nanoseconds(Int64(seconds * 1e9))
        var tallies: [ObjectIdentifier: Tally] = [:]
        var slots: [Slot] = []
        for index in workload.loops.indices {
            let key = ObjectIdentifier(workload.loops[index])
            let tally = tallies[key] ?? Tally()
            tallies[key] = tally
            slots.append(Slot(index: index, workload: workload, tally: tally, counts: counts, end: end))
        }
        for slot in slots { slot.loop.execute { slot.next() } }
        try await Task.sleep(for: .seconds(warmUp))
        let before = ProcessTimes.now()
        try await Task.sleep(for: .seconds(seconds))
        let after = ProcessTimes.now()
        for slot in slots { try await slot.done.futureResult.get() }
        var measurement = Measurement(
            operations: 0, failures: 0, seconds: seconds,
            latency: Histogram<UInt32>(highestTrackableValue: 60_000_000, numberOfSignificantValueDigits: .three),
            cpu: after.merging(before) { max(0, $0 - $1) })
        for tally in tallies.values {
            measurement.operations += tally.operations
            measurement.failures += tally.failures
            measurement.latency.add(tally.latency)
        }
        return measurement
    }
}

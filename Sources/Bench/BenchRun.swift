import Histogram
import NIOCore
import NIOPosix

/// Why a bench cannot go on.
public enum BenchError: Error, Sendable {
    /// No connection could be made.
    case noConnection
    /// A store answered in another shape than it should.
    case unexpectedReply
    /// Redis was not loaded again within ten minutes.
    case notRebuilt
    /// The stores differ, or the keys are not those that were there before.
    case booksDiffer
    /// A step of an order failed for every order; why the first one did.
    case stepFailed(String, reason: String)
    /// The payments of orders were not settled within ten minutes.
    case notSettled
}

/// Measures the service beside what it stands on, in one run on the same servers.
public struct BenchRun: Sendable {
    private let options: BenchOptions
    private let target: BenchTarget

    /// Makes a run.
    public init(options: BenchOptions, target: BenchTarget) {
        self.options = options
        self.target = target
    }

    /// Runs it.
    ///
    /// `progress` is told what is measured next.
    ///
    /// - Parameter progress: called before each measurement with the round and a name.
    /// - Returns: the figures.
    /// - Throws: `BenchError`, and what the transports and stores throw.
    public func run(progress: @Sendable (_ round: Int, _ name: String) -> Void) async throws -> BenchReport {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
        let calls = try await ServiceCalls.prepare(target, options: options, group: group)
        let floors = try await Floors.prepare(target, options: options, group: group)
        var report = BenchReport(options: options, comparisons: [])
        for comparison in options.comparisons {
            let sides: [Workload] =
                switch comparison {
                case .availability: [calls.availability(options), floors.hmget(options)]
                case .reserve: [calls.reserve(options), floors.take(options), floors.guardedReserve(options)]
                case .placeOrder: [calls.placeOrder(options), floors.guardedOrder(options)]
                }
            var rounds: [[Measurement]] = []
            for round in 1...options.rounds {
                var measured: [Measurement] = []
                for side in sides {
                    progress(round, side.name)
                    measured.append(
                        try await ClosedLoop.run(side, seconds: options.seconds, warmUp: options.warmUp))
                }
                rounds.append(measured)
            }
            report.comparisons.append(BenchRun.compare(sides.map(\.name), rounds))
        }
        try await floors.close()
        try await calls.close()
        try await group.shutdownGracefully()
        return report
    }

    private static func compare(_ names: [String], _ rounds: [[Measurement]]) -> BenchReport.Comparison {
        let sides = names.indices.map { index in
            side(names[index], rounds.map { $0[index] })
        }
        let ratios = names.indices.dropFirst().map { index in
            median(rounds.map { round in round[index].rate > 0 ? round[0].rate / round[index].rate : 0 })
        }
        return BenchReport.Comparison(service: sides[0], floors: Array(sides.dropFirst()), ratios: ratios)
    }

    /// One side over all rounds.
    static func side(_ name: String, _ measurements: [Measurement]) -> BenchReport.Side {
        var latency = Histogram<UInt32>(highestTrackableValue: 60_000_000, numberOfSignificantValueDigits: .three)
        var operations: UInt64 = 0
        var failures: UInt64 = 0
        var cpu: [String: Double] = [:]
        for measurement in measurements {
            latency.add(measurement.latency)
            operations += measurement.operations
            failures += measurement.failures
            for (process, seconds) in measurement.cpu { cpu[process, default: 0] += seconds }
        }
        return BenchReport.Side(
            name: name, rate: median(measurements.map(\.rate)), p50: latency.valueAtPercentile(50),
            p99: latency.valueAtPercentile(99), p999: latency.valueAtPercentile(99.9), failures: failures,
            cpu: cpu.sorted { $0.key < $1.key }.map { process, seconds in
                (process, operations > 0 ? seconds * 1e6 / Double(operations) : 0)
            })
    }

    static func median(_ values: [Double]) -> Double {
        let sorted = values.sorted()
        guard !sorted.isEmpty else { return 0 }
        let middle = sorted.count / 2
        return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    }
}

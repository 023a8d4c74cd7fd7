import FramedTransport
import NIOCore
import NIOPosix

/// Measures each step in the life of an order by itself, beside one statement with the same writes.
///
/// Every round makes new orders and takes all of them through one step after the other: a step's figure has no other step in
/// it. The statement's turn comes behind each step's, on as many orders of its own. What the service does by itself behind a
/// step, settling payments and issuing invoices, is waited for before the next measurement begins.
public struct StepsRun: Sendable {
    private let options: StepsOptions
    private let target: BenchTarget

    /// Makes a run.
    public init(options: StepsOptions, target: BenchTarget) {
        self.options = options
        self.target = target
    }

    private struct Measured {
        var service: Measurement
        var floor: Measurement
        var serviceBytes: Int64
        var floorBytes: Int64
    }

    /// Runs it.
    ///
    /// - Parameter progress: called before each step with the round and the step.
    /// - Returns: the figures.
    /// - Throws: `BenchError`, and what the transports and PostgreSQL throw.
    public func run(progress: @Sendable (_ round: Int, _ step: OrderStep) -> Void) async throws -> StepsReport {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
        let service = try await StepCalls.prepare(
            ServiceCalls.prepare(target, options: options.bench, group: group))
        let floors = try await StepFloors.prepare(target, options: options)
        var rounds: [OrderStep: [Measured]] = [:]
        for round in 1...options.rounds {
            let orders = StepOrders(count: options.orders, skus: service.calls.skus)
            let rows = (0..<options.orders).map { _ in StepFloors.Order() }
            for (number, step) in OrderStep.allCases.enumerated() {
                progress(round, step)
                rounds[step, default: []].append(
                    try await measure(step, number: number, service, orders, floors, rows))
            }
        }
        try await floors.close()
        try await service.calls.close()
        try await group.shutdownGracefully()
        return StepsReport(
            options: options,
            steps: OrderStep.allCases.map { step in StepsRun.summary(of: step, rounds[step] ?? []) })
    }

    private func measure(
        _ step: OrderStep, number: Int, _ service: StepCalls, _ orders: StepOrders, _ floors: StepFloors,
        _ rows: [StepFloors.Order]
    ) async throws -> Measured {
        let connections = service.calls.connections
        let loops = (0..<options.connections * options.depth).map { connections[$0 % connections.count].eventLoop }
        let places = orders.places(after: number)
        let start = try await floors.bytesLogged()
        let called = try await PreparedLoop.run(places.count, loops: loops) { slot, index in
            service.make(step, of: places[index], in: orders, slot: slot)
        }
        let afterCalls = try await floors.bytesLogged()
        if called.measurement.operations == 0 {
            throw BenchError.stepFailed(step.rawValue, reason: called.reason ?? "no order was left")
        }
        try await settled(floors)
        let sizes = orders.sizes(of: called.measurement.operations)
        let before = try await floors.bytesLogged()
        let stated = try await PreparedLoop.run(rows.count, loops: loops) { slot, index in
            floors.make(step, of: rows[index], sizes: sizes, on: loops[slot])
        }
        let end = try await floors.bytesLogged()
        if stated.measurement.operations == 0 {
            throw BenchError.stepFailed("statement of \(step.rawValue)", reason: stated.reason ?? "none was made")
        }
        return Measured(
            service: called.measurement, floor: stated.measurement, serviceBytes: afterCalls - start,
            floorBytes: end - before)
    }

    /// Waits until the service has nothing to do by itself.
    private func settled(_ floors: StepFloors) async throws {
        let end = ContinuousClock.now + .seconds(600)
        while try await floors.ordersDue() > 0 {
            guard ContinuousClock.now < end else { throw BenchError.notSettled }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    private static func summary(of step: OrderStep, _ rounds: [Measured]) -> StepsReport.Step {
        func bytes(_ figures: (Measured) -> (bytes: Int64, count: UInt64)) -> Double {
            BenchRun.median(rounds.map { Double(figures($0).bytes) / Double(max(1, figures($0).count)) })
        }
        return StepsReport.Step(
            step: step, service: BenchRun.side(step.rawValue, rounds.map(\.service)),
            floor: BenchRun.side("statement", rounds.map(\.floor)),
            ratio: BenchRun.median(rounds.map { $0.floor.rate > 0 ? $0.service.rate / $0.floor.rate : 0 }),
            serviceBytes: bytes { ($0.serviceBytes, $0.service.operations) },
            floorBytes: bytes { ($0.floorBytes, $0.floor.operations) })
    }
}

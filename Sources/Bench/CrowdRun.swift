import FramedTransport
import Glibc
import NIOCore
import NIOPosix

/// How large a crowd is, and how wild.
public struct CrowdOptions: Sendable {
    /// Connections that do nothing but be there.
    ///
    /// Default 5,000.
    public var idleConnections = 5_000
    /// Connections of the flood.
    ///
    /// Default 4.
    public var floodConnections = 4
    /// Calls that the flood keeps in flight on each of them.
    ///
    /// Default 500.
    public var floodDepth = 500
    /// Calls that the well-behaved client keeps in flight on its one connection.
    ///
    /// Default 8.
    public var depth = 8
    /// Seconds of each measurement.
    ///
    /// Default 3.
    public var seconds = 3.0
    /// Rounds; alone and in the crowd take turns, and the report gives medians.
    ///
    /// Default 3.
    public var rounds = 3
    /// Articles that the calls spread over.
    ///
    /// Default 1,000.
    public var skus = 1_000

    /// The defaults.
    public init() {}
}

/// Measures what is left of a well-behaved client's throughput in a crowd, and what the crowd costs in memory.
public struct CrowdRun: Sendable {
    private let options: CrowdOptions
    private let target: BenchTarget

    /// Makes a run against a server that is a child of this process.
    public init(options: CrowdOptions, target: BenchTarget) {
        self.options = options
        self.target = target
    }

    /// Runs it.
    ///
    /// - Parameter progress: called before each measurement with what it is.
    /// - Returns: the figures.
    /// - Throws: `BenchError`, and what the transport throws.
    public func run(progress: @Sendable (String) -> Void) async throws -> CrowdReport {
        CrowdRun.allowFiles(options.idleConnections + 512)
        // The well-behaved client has an event loop of its own, so that the flood's does not stand in its way.
        let calmLoop = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let crowdLoops = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        var calmOptions = BenchOptions()
        calmOptions.connections = 1
        calmOptions.depth = options.depth
        calmOptions.skus = options.skus
        var floodOptions = calmOptions
        floodOptions.connections = options.floodConnections
        floodOptions.depth = options.floodDepth
        let calm = try await ServiceCalls.prepare(target, options: calmOptions, group: calmLoop)
        let workloads = [calm.availability(calmOptions), calm.reserve(calmOptions)]

        var alone = workloads.map { _ in [Double]() }
        for round in 1...options.rounds {
            for (index, workload) in workloads.enumerated() {
                progress("round \(round) of \(options.rounds), alone: \(workload.name)")
                let measured = try await ClosedLoop.run(workload, seconds: options.seconds, warmUp: 0.5)
                alone[index].append(measured.rate)
            }
        }
        progress("\(options.idleConnections) connections")
        let before = ProcessTimes.serverMemory()
        let crowd = try await connect(options.idleConnections, on: crowdLoops)
        // The server lets go of buffers that are not used for a second.
        try await Task.sleep(for: .seconds(3))
        let grown = ProcessTimes.serverMemory() - before
        let flood = ServiceCalls(
            connections: try await connect(options.floodConnections, on: crowdLoops), skus: calm.skus)
        let flooding = flood.availability(floodOptions)
        var beside = workloads.map { _ in [Double]() }
        var floodRates: [Double] = []
        for round in 1...options.rounds {
            for (index, workload) in workloads.enumerated() {
                progress("round \(round) of \(options.rounds), beside a flood: \(workload.name)")
                async let measured = ClosedLoop.run(workload, seconds: options.seconds, warmUp: 0.5)
                let flooded = try await ClosedLoop.run(flooding, seconds: options.seconds, warmUp: 0.5)
                beside[index].append(try await measured.rate)
                floodRates.append(flooded.rate)
            }
        }
        try await flood.close()
        for connection in crowd { try await connection.close() }
        try await calm.close()
        try await calmLoop.shutdownGracefully()
        try await crowdLoops.shutdownGracefully()
        return CrowdReport(
            options: options, bytesPerConnection: grown / max(1, options.idleConnections),
            floodRate: CrowdRun.median(floodRates),
            calls: workloads.indices.map { index in
                CrowdReport.Call(
                    name: workloads[index].name, alone: CrowdRun.median(alone[index]),
                    beside: CrowdRun.median(beside[index]))
            })
    }

    /// Makes connections, each of which has made a call.
    private func connect(_ count: Int, on group: MultiThreadedEventLoopGroup) async throws -> [FramedClientConnection] {
        var connections: [FramedClientConnection] = []
        for _ in 0..<count {
            let connection = try await FramedClientConnection.connect(
                to: .tcp(host: target.host, port: target.port), on: group)
            _ = try await connection.call(
                service: "grpc.health.v1.Health", method: "Check", message: ByteBuffer()
            ).get()
            connections.append(connection)
        }
        return connections
    }

    private static func median(_ values: [Double]) -> Double {
        let sorted = values.sorted()
        guard !sorted.isEmpty else { return 0 }
        let middle = sorted.count / 2
        return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    }

    /// Raises this process's limit of open files as far as the system lets it; what is short fails when connecting.
    private static func allowFiles(_ count: Int) {
        var limit = rlimit()
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        guard getrlimit(resource, &limit) == 0, limit.rlim_cur < rlim_t(count) else { return }
        limit.rlim_cur = min(rlim_t(count), limit.rlim_max)
        _ = setrlimit(resource, &limit)
    }
}

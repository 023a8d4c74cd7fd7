import Domain
import FramedTransport
import HoldfastAPI
import NIOCore
import NIOPosix
import SwiftProtobuf

/// Reserves one unit after the other, whatever dies meanwhile, and remembers what was acknowledged and when.
///
/// A call without a clear answer is repeated under the same id, as a client must; a lost connection is made anew.
actor SteadyReserver {
    /// What was acknowledged.
    struct Record: Sendable {
        var ids: [EntityID] = []
        var moments: [NIODeadline] = []
        /// Answers that were no success.
        var refusals = 0
    }

    private let target: BenchTarget
    private let group: MultiThreadedEventLoopGroup
    private let skus: [String]
    private var connection: FramedClientConnection?

    init(target: BenchTarget, group: MultiThreadedEventLoopGroup, skus: [String]) {
        self.target = target
        self.group = group
        self.skus = skus
    }

    /// Runs `callers` callers until cancelled or, where given, until `limit` were acknowledged.
    nonisolated func run(callers: Int, limit: Int? = nil) async -> Record {
        await withTaskGroup(of: Record.self) { tasks in
            for _ in 0..<callers { tasks.addTask { await self.call(limit: limit.map { $0 / callers }) } }
            return await tasks.reduce(into: Record()) { all, part in
                all.ids += part.ids
                all.moments += part.moments
                all.refusals += part.refusals
            }
        }
    }

    private nonisolated func call(limit: Int?) async -> Record {
        var record = Record()
        var generator = SystemRandomNumberGenerator()
        while !Task.isCancelled, record.ids.count < limit ?? .max {
            let id = EntityID.random(using: &generator)
            let request = Holdfast_V1_ReserveRequest.with {
                $0.reservationID = id.description
                $0.channel = ServiceCalls.channel
                $0.ttl = .with { $0.seconds = 86_400 }
                $0.lines = [
                    .with {
                        $0.sku = skus[Int.random(in: 0..<skus.count)]
                        $0.location = ServiceCalls.location
                        $0.quantity = 1
                    }
                ]
            }
            while !Task.isCancelled {
                do {
                    let bytes: [UInt8] = try request.serializedBytes()
                    _ = try await connected().call(
                        service: "holdfast.v1.ReservationService", method: "Reserve", message: ByteBuffer(bytes: bytes),
                        timeout: .seconds(5)
                    ).get()
                    record.ids.append(id)
                    record.moments.append(.now())
                    break
                } catch {
                    record.refusals += 1
                    await rest()
                }
            }
        }
        return record
    }

    /// A moment's pause after a call that failed; cancelled, it is over at once.
    private nonisolated func rest() async {
        do { try await Task.sleep(for: .milliseconds(10)) } catch { return }
    }

    private func connected() async throws -> FramedClientConnection {
        if let connection { return connection }
        let made = try await FramedClientConnection.connect(
            to: .tcp(host: target.host, port: target.port), on: group)
        guard connection == nil else {
            try await made.close()
            return try await connected()
        }
        connection = made
        made.closeFuture.whenComplete { _ in Task { await self.forget(made) } }
        return made
    }

    private func forget(_ lost: FramedClientConnection) {
        if connection === lost { connection = nil }
    }

    /// Closes the connection.
    func close() async throws {
        try await connection?.close()
    }
}

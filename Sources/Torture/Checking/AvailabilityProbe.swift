import HoldfastAPI
import NIOCore
import SwiftProtobuf

/// Asks each server what is available while nothing is under way, as its clients would, and compares the answers with
/// what must be.
struct AvailabilityProbe: Sendable {
    /// What must be available of an article at a location.
    struct Expected: Sendable {
        var sku: String
        var location: String
        var available: Int64
    }

    let places: [ServerPlace]
    let group: any EventLoopGroup

    /// The most questions that one call may carry.
    private static let itemsPerCall = 1_000

    /// Answers that are not as expected, in words; empty where all are.
    ///
    /// Each server is asked twice, on a connection of its own: from its cache, which may be a moment old, and past it.
    /// Throws where a server does not answer.
    func differences(from expected: [Expected]) async throws -> [String] {
        var differences: [String] = []
        for (number, place) in places.enumerated() {
            let connection = LoadConnection(place, group: group)
            let result: Result<[String], any Error>
            do {
                result = .success(try await ask(connection, number, expected))
            } catch {
                result = .failure(error)
            }
            await connection.close()
            differences += try result.get()
        }
        return differences
    }

    private func ask(
        _ connection: LoadConnection, _ number: Int, _ expected: [Expected]
    ) async throws -> [String] {
        var differences: [String] = []
        for consistency in [Holdfast_V1_Consistency.cached, .fresh] {
            for start in stride(from: 0, to: expected.count, by: Self.itemsPerCall) {
                let portion = expected[start..<min(expected.count, start + Self.itemsPerCall)]
                let request = Holdfast_V1_CheckAvailabilityRequest.with { request in
                    request.consistency = consistency
                    request.items = portion.map { cell in
                        .with {
                            $0.sku = cell.sku
                            $0.location = cell.location
                            $0.quantity = max(1, cell.available)
                        }
                    }
                }
                let reply = try await connection.call(
                    service: "holdfast.v1.AvailabilityService", method: "CheckAvailability",
                    message: request.serializedBytes(), timeout: .seconds(5)
                ).get()
                differences += FigureCheck.differences(
                    try Holdfast_V1_CheckAvailabilityResponse(serializedBytes: reply), to: request,
                    available: portion.map(\.available)
                ).map { "server \(number) says \($0)" }
            }
        }
        return differences
    }
}

import GRPCCore
import HoldfastAPI
import SwiftProtobuf

/// Asks the service for its books when a replay is done.
struct BooksInspection<Transport: ClientTransport>: Sendable {
    let terminal: ReplayTerminal<Transport>
    let patience: Duration
    /// Codes of the locations that the replay sells from.
    var locations: Set<String> = [ShopNames.location]

    private static var pause: Duration { .milliseconds(250) }
    private static var pageSize: Int32 { 1_000 }

    /// The books, as soon as they agree, or as they are when patience ends.
    func books(replayedOpenUnits: Int64) async throws -> BooksFigures {
        let clock = ContinuousClock()
        let end = clock.now + patience
        do {
            while true {
                let answer = try await terminal.caller.call(.checkBooks) {
                    try await terminal.operations.checkBooks(.init(), options: $0)
                }
                if answer.agree || clock.now >= end {
                    return BooksFigures(
                        answer, replayedOpenUnits: replayedOpenUnits, allocatedUnits: try await allocatedUnits())
                }
                try await clock.sleep(for: Self.pause)
            }
        } catch let refused as ServiceCaller.Refused {
            throw refused.failure
        }
    }

    /// Units that open orders have taken from the locations.
    private func allocatedUnits() async throws -> Int64 {
        var units: Int64 = 0
        var token = ""
        repeat {
            let request = Holdfast_V1_GetStockRequest.with {
                if locations.count == 1, let only = locations.first { $0.location = only }
                $0.pageSize = Self.pageSize
                $0.pageToken = token
            }
            let page = try await terminal.caller.call(.getStock) {
                try await terminal.inventory.getStock(request, options: $0)
            }
            for level in page.levels where locations.contains(level.location) { units += level.allocated }
            token = page.nextPageToken
        } while !token.isEmpty
        return units
    }
}

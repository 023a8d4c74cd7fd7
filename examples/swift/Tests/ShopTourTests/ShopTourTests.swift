import Foundation
import GRPCCore
import HoldfastAPI
import HoldfastClient
import ShopTour
import SwiftProtobuf
import Testing

/// These tests call the server that `HOLDFAST_SERVER` names.
@Suite("A service that uses HoldfastClient")
struct ShopTourTests {
    private let configuration: HoldfastClientConfiguration

    init() throws {
        configuration = try ServiceSettings.configuration(ProcessInfo.processInfo.environment)
    }

    @Test("The tour sees what a shop should see")
    func tour() async throws {
        let report = try await withHoldfastClient(configuration) { try await ShopTour($0).run() }
        #expect(report.availableAfterDelivery == 5)
        #expect(report.availableWhileReserved == 3)
        #expect(report.repetitionWasTheSame)
        #expect(report.shortage == ["3 of 9"])
        #expect(report.total == 1_500)
        #expect(report.status == "cancelled")
        #expect(report.movements == ["receipt", "allocation", "deallocation"])
    }

    @Test("A client that is run beside other work answers calls until it is shut down")
    func longLived() async throws {
        let client = try HoldfastClient(configuration)
        try await withThrowingDiscardingTaskGroup { group in
            group.addTask { try await client.run() }
            let reply = try await client.health.check(.init())
            client.beginGracefulShutdown()
            #expect(reply.status == .serving)
        }
    }

    @Test("A refusal names the field")
    func refusal() async throws {
        let failure = try await withHoldfastClient(configuration) { client in
            await #expect(throws: RPCError.self) {
                try await client.orders.getOrder(.with { $0.orderID = "no id" })
            }
        }
        let error = HoldfastError(try #require(failure))
        #expect(error.code == .invalidArgument)
        #expect(error.fieldViolations.map(\.field) == ["order_id"])
    }
}

import Domain
import HoldfastTesting
import Ledger
import NIOCore
import OrderPromising
import Testing

/// Each server reads the catalogue at its own pace; no answer may show it.
@Suite("Articles that another server has just made")
struct NewArticleTests {
    private static func create(_ sku: String, in ledger: Ledger) async throws {
        _ = try await ledger.upsertProducts(
            .fresh, [Product(sku: sku, name: sku, barcode: "", tracked: true)], body: [1], caller: .anonymous
        ) { _ in [] }
    }

    @Test("are known at once to stock changes, availability, reservations and orders")
    func atOnce() async throws {
        try await TestDeployment.with { deployment in
            try await deployment.catalogue(skus: [], locations: ["W"])
            // It reads by itself at its start only.
            try await deployment.withSecondServer(configure: { $0.directoryInterval = .seconds(3_600) }) {
                (other: OrderPromising) async throws in
                #expect(try await eventually { other.isReady })
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for lane in 0..<4 {
                        group.addTask {
                            for number in 0..<10 { try await Self.use("\(lane).\(number).", deployment, other) }
                        }
                    }
                    try await group.waitForAll()
                }
            }
            #expect(try await deployment.booksAgree())
        }
    }

    /// Each kind of call is the first one that names its article to the other server.
    private static func use(_ prefix: String, _ deployment: TestDeployment, _ other: OrderPromising) async throws {
        let received = prefix + "received"
        try await create(received, in: deployment.ledger)
        let change = StockChange(
            id: .fresh, action: .receive, lines: [.init(sku: received, location: "W", quantity: 5)], reason: "test",
            body: [2], caller: .anonymous)
        _ = try await other.change(change) { _ in [1] }

        let asked = prefix + "asked"
        try await create(asked, in: deployment.ledger)
        let item = AvailabilityItem(sku: asked, location: "", quantity: 1)
        #expect(try await other.availability([item], fresh: true, within: nil).available == [0])

        let reserved = prefix + "reserved"
        try await create(reserved, in: deployment.ledger)
        let demands = [Demand(sku: reserved, location: "", quantity: 5, allowSplit: false)]
        let reservation = ReservationRequest(
            id: .fresh, channel: TestDeployment.channel, demands: demands, ttlMilliseconds: 600_000,
            body: Array(reserved.utf8), caller: .anonymous)
        try await refused { try await other.reserve(reservation, deadline: .now() + .seconds(30)) }

        let ordered = prefix + "ordered"
        try await create(ordered, in: deployment.ledger)
        let order = try deployment.order([(ordered, "W", 5)], id: .fresh)
        try await refused { try await other.place(order, deadline: .now() + .seconds(30)) }
    }

    /// Nothing was received of it yet: it is known, and short.
    private static func refused<R>(_ call: () async throws -> R) async throws {
        do {
            _ = try await call()
            Issue.record("there was nothing to promise")
        } catch Refusal.shortage {}
    }
}

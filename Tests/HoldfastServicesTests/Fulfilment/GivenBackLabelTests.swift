import Carriers
import Domain
import GRPCCore
import GRPCProtobuf
import HoldfastAPI
import HoldfastTesting
import Ledger
import Testing

@testable import HoldfastServices
@testable import OrderProcessing

@Suite("Labels that nothing leaves with")
struct GivenBackLabelTests {
    private static func with(_ body: @Sendable (Shop, WatchedCarrier, String) async throws -> Void) async throws {
        let carrier = WatchedCarrier()
        try await Shop.with(carriers: CarrierDirectory([carrier])) { shop in
            try await body(shop, carrier, try await shop.packed([("A", "DC", 1)]).fulfilmentID)
        }
    }

    private func states(_ shop: Shop) async throws -> [Int64] {
        try await shop.bench.deployment.numbers("SELECT state::int8 FROM carrier_label ORDER BY package")
    }

    private func passTime(_ shop: Shop) async throws {
        try await shop.bench.deployment.run("UPDATE carrier_label SET loose_at = now()")
    }

    @Test("A label that is made while its fulfilment is cancelled is given back once, and costs nothing")
    func cancelledMeanwhile() async throws {
        try await Self.with { shop, carrier, id in
            carrier.whileMaking.value = {
                await #expect(throws: Never.self) {
                    try await shop.decline(id)
                    // Whoever looks now cannot know what the carrier will answer.
                    #expect(try await shop.bench.processing.voidLooseLabels() == 0)
                }
            }
            let refusal = try await status { try await shop.ship(id) }
            #expect(refusal.code == .failedPrecondition)
            #expect(try Details(refusal).info?.metadata["state"] == "declined")
            #expect(try await states(shop) == [2])
            async let one = shop.bench.processing.voidLooseLabels()
            async let two = shop.bench.processing.voidLooseLabels()
            #expect(try await one + two == 1)
            #expect(try await shop.bench.processing.voidLooseLabels() == 0)
            #expect(carrier.voided.value == carrier.made.value && carrier.made.value.count == 1)
            #expect(try await states(shop) == [4])
            #expect(try await !shop.get(id).hasCost)
            #expect(
                try await shop.bench.deployment.numbers("SELECT count(*) FROM carrier_label WHERE price IS NOT NULL")
                    == [0])
            try await shop.expectExactBooks()
        }
    }

    @Test("One that comes after it was taken for given back is given back then")
    func late() async throws {
        try await Self.with { shop, carrier, id in
            carrier.whileMaking.value = {
                await #expect(throws: Never.self) {
                    try await shop.decline(id)
                    try await self.passTime(shop)
                    #expect(try await shop.bench.processing.voidLooseLabels() == 1)
                }
            }
            _ = try await status { try await shop.ship(id) }
            #expect(try await states(shop) == [2])
            #expect(try await shop.bench.processing.voidLooseLabels() == 1)
            #expect(try await shop.bench.processing.voidLooseLabels() == 0)
            #expect(try await states(shop) == [4])
            #expect(carrier.voided.value.last == carrier.made.value.last)
        }
    }

    @Test("One that comes while the carrier takes it for given back is given back once more")
    func crossing() async throws {
        try await Self.with { shop, carrier, id in
            let ledger = shop.bench.deployment.ledger
            carrier.whileVoiding.value = { key in
                carrier.whileVoiding.value = nil
                await #expect(throws: Never.self) { try await ledger.keep(self.made(key, id)) }
            }
            carrier.whileMaking.value = {
                await #expect(throws: Never.self) {
                    try await shop.decline(id)
                    try await self.passTime(shop)
                    #expect(try await shop.bench.processing.voidLooseLabels() == 1)
                    #expect(try await self.states(shop) == [2])
                    #expect(try await shop.bench.processing.voidLooseLabels() == 1)
                    #expect(try await self.states(shop) == [4])
                }
            }
            _ = try await status { try await shop.ship(id) }
            #expect(try await shop.bench.processing.voidLooseLabels() == 1)
            #expect(try await states(shop) == [4])
        }
    }

    private func made(_ key: EntityID, _ fulfilment: String) throws -> MadeLabel {
        guard let id = EntityID(fulfilment), let pounds = Currency(code: "GBP") else {
            throw TestFailure("\(fulfilment) is a fulfilment")
        }
        return MadeLabel(
            wanted: WantedLabel(fulfilment: id, package: 1, carrier: "OWN", askedService: "", key: key), service: "",
            tracking: "OWN1", price: Money(0, pounds), transitDays: 1, document: [])
    }

    @Test("Where a server dies before its row is written, or the carrier does not answer, it is asked again later")
    func again() async throws {
        try await Self.with { shop, carrier, id in
            let processing = shop.bench.processing
            carrier.whileMaking.value = { await #expect(throws: Never.self) { try await shop.decline(id) } }
            _ = try await status { try await shop.ship(id) }
            // It died after the carrier took the label back, before that was noted.
            let claimed = try await shop.bench.deployment.ledger.claimLooseLabels(limit: 10, leaseSeconds: 120)
            #expect(claimed.map(\.key) == carrier.made.value)
            try await carrier.void(key: claimed[0].key)
            #expect(try await processing.voidLooseLabels() == 0)
            try await passTime(shop)
            carrier.failure.value = .unavailable("closed")
            #expect(try await processing.voidLooseLabels() == 0)
            carrier.failure.value = nil
            #expect(try await processing.voidLooseLabels() == 0)
            #expect(try await states(shop) == [2])
            try await passTime(shop)
            #expect(try await processing.voidLooseLabels() == 1)
            #expect(carrier.voided.value == [claimed[0].key, claimed[0].key])
            #expect(try await states(shop) == [4])
        }
    }
}

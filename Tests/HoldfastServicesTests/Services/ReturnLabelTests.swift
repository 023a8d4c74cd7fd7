import Carriers
import Domain
import GRPCCore
import GRPCProtobuf
import HoldfastAPI
import HoldfastTesting
import Ledger
import Sourcing
import SwiftProtobuf
import Testing

@testable import HoldfastServices
@testable import OrderProcessing

@Suite("Labels of returns")
struct ReturnLabelTests {
    /// Up to 1,000 g in GB for 3.45, or 6.00 by the fast service, in pounds; another carrier charges in euros.
    private static let rates = """
        {"carriers": [{"carrier": "ROYAL", "currency": "GBP", "services": [
            {"code": "48", "zones": [{"name": "home", "countries": ["GB"], "transitDays": 2,
                "bands": [{"upToGrams": 1000, "price": 345}]}]},
            {"code": "24", "zones": [{"name": "home", "countries": ["GB"], "transitDays": 1,
                "bands": [{"upToGrams": 1000, "price": 600}]}]}]},
          {"carrier": "EURO", "currency": "EUR", "services": [
            {"code": "E", "zones": [{"name": "any", "transitDays": 5, "bands": [{"upToGrams": 9000, "price": 100}]}]}]}]}
        """

    private static func rule(payer: Holdfast_V1_LabelPayer) -> [Holdfast_V1_ReturnRule] {
        [ReturnBench.rule { $0.terms.labelPayer = payer }]
    }

    private static func with(
        payer: Holdfast_V1_LabelPayer = .customer, _ body: @Sendable (ReturnBench) async throws -> Void
    ) async throws {
        try await ReturnBench.with(
            rules: rule(payer: payer), carriers: CarrierDirectory(try RateTable.read(rates)), body)
    }

    /// A sale of units of A at 3.00 that were brought to an address; the return of some of them.
    private func asked(
        _ shop: ReturnBench, _ quantity: Int64 = 2, country: String = "GB", method: Holdfast_V1_ReturnMethod = .mail
    ) async throws -> (order: EntityID, made: Holdfast_V1_Return) {
        let order = try await shop.sell([("A", 3, 3, 0)])
        if !country.isEmpty {
            try await shop.bench.deployment.run(
                """
                INSERT INTO order_delivery (order_id, sequence, method, service, has_address, name, lines, city, region,
                    postcode, country, phone)
                VALUES ('\(order)', 1, 1, '', true, 'Ann Example', '{1 Long Road}', 'Leeds', '', 'LS1 1AA', '\(country)', '')
                """)
        }
        return (order, try await shop.create(ReturnBench.request(order, [(1, quantity)], method: method)))
    }

    private func issue(
        _ shop: ReturnBench, _ made: Holdfast_V1_Return, id: EntityID = .fresh, location: String = "LDN-1",
        carrier: String = "", service: String = ""
    ) async throws -> Holdfast_V1_IssueReturnLabelResponse {
        try await shop.bench.returns.issueReturnLabel(
            request: .with {
                $0.labelID = id.description
                $0.returnID = made.returnID
                $0.location = location
                $0.carrier = carrier
                $0.service = service
            }, context: shop.context)
    }

    @Test("The customer's label goes from the address of the order to the location, and is kept of the refund")
    func customer() async throws {
        try await Self.with { shop in
            try await shop.bench.deployment.run(
                "INSERT INTO product_sourcing SELECT id, 400, 0, '{}' FROM product WHERE sku = 'A'")
            let (order, made) = try await asked(shop)
            let id = EntityID.fresh
            let reply = try await issue(shop, made, id: id)
            let label = reply.returnOrder.label
            #expect((label.carrier, label.service, label.location) == ("ROYAL", "48", "LDN-1"))
            #expect(label.cost.amountMinor == 345)
            #expect(label.payer == .customer)
            #expect(label.trackingNumber.hasPrefix("RO"))
            #expect(reply.returnOrder.state == .approved)
            let text = String(reply.document.map { Character(Unicode.Scalar($0)) })
            #expect(text.hasPrefix("%PDF-1.4"))
            for words in ["Ann Example", "1 Long Road", "LDN-1", label.trackingNumber] {
                #expect(text.contains("(\(words)) Tj"), "\(words)")
            }
            // 2 of 400 g.
            #expect(text.contains("800"))

            // Again, and again under another id, and to elsewhere: the same label.
            #expect(try await issue(shop, made, id: id) == reply)
            #expect(try await issue(shop, made, location: "DC", service: "24") == reply)
            let read = try await shop.bench.returns.getReturnLabel(
                request: .with { $0.returnID = made.returnID }, context: shop.context)
            #expect(read.document == reply.document)
            #expect(read.trackingNumber == label.trackingNumber)
            #expect(try await shop.get(made).label == label)
            let events = try await shop.order(order).events.map(\.type)
            #expect(events.filter { $0 == "return_label_issued" }.count == 1)
            let other = try await status { try await issue(shop, made, id: id, location: "DC") }
            #expect(other.code == .alreadyExists)

            try await shop.receive(made, [("A", 2)], at: "LDN-1")
            let late = try await issue(shop, made)
            #expect(late.returnOrder.label == label)
            let decided = try await shop.inspect(made, [(1, 1, .restock), (1, 1, .keep)])
            #expect(decided.refund.amountMinor == 600 - 345)
            #expect(decided.inspections.map(\.refund.amountMinor) == [0, 255])
            #expect(try await shop.money(order) == [900, 255, 345])
            #expect(try await shop.booksAreExact())
        }
    }

    @Test("A label that costs more than the goods are worth leaves nothing to refund, and never less")
    func dear() async throws {
        try await Self.with { shop in
            let (_, made) = try await asked(shop, 1)
            _ = try await issue(shop, made, service: "24")
            try await shop.receive(made, [("A", 1)])
            let decided = try await shop.inspect(made, [(1, 1, .restock)])
            #expect(decided.refund.amountMinor == 0)
            #expect(decided.state == .settled)
        }
    }

    @Test("A label that the seller pays is kept of nothing, whatever its currency")
    func seller() async throws {
        try await Self.with(payer: .seller) { shop in
            let (_, made) = try await asked(shop)
            let label = try await issue(shop, made, carrier: "EURO").returnOrder.label
            #expect(label.cost.currencyCode == "EUR")
            #expect(label.payer == .seller)
            try await shop.receive(made, [("A", 2)])
            #expect(try await shop.inspect(made, [(1, 2, .restock)]).refund.amountMinor == 600)
        }
    }

    @Test("What no label can be made for is refused by name, and leaves nothing")
    func refused() async throws {
        try await Self.with { shop in
            let (_, made) = try await asked(shop)
            let service = try await status { try await issue(shop, made, service: "12") }
            #expect(service.code == .failedPrecondition)
            #expect(try Details(service).info?.reason == "CARRIER_STATE")
            let carrier = try await status { try await issue(shop, made, carrier: "NONE") }
            #expect(carrier.code == .invalidArgument)
            #expect(try Details(carrier).badRequest?.violations.map(\.field) == ["carrier"])
            let place = try await status { try await issue(shop, made, location: "NOWHERE") }
            #expect(place.code == .notFound)
            let currency = try await status { try await issue(shop, made, carrier: "EURO") }
            #expect(try RefusalDetails.state(of: currency) == "label_currency")
            let none = try await status {
                try await shop.bench.returns.getReturnLabel(
                    request: .with { $0.returnID = made.returnID }, context: shop.context)
            }
            #expect(try RefusalDetails.state(of: none) == "no_label")
            #expect(!(try await shop.get(made).hasLabel))

            let abroad = try await asked(shop, country: "FR").made
            let rate = try await status { try await issue(shop, abroad) }
            #expect(try Details(rate).info?.reason == "CARRIER_STATE")
            #expect(rate.message.contains("no rate"))
            let till = try await asked(shop, country: "").made
            let address = try await status { try await issue(shop, till) }
            #expect(try RefusalDetails.state(of: address) == "no_address")
            let counter = try await asked(shop, method: .store).made
            let method = try await status { try await issue(shop, counter) }
            #expect(try RefusalDetails.state(of: method) == "store")
            let unknown = try await status { try await issue(shop, .with { $0.returnID = EntityID.fresh.description }) }
            #expect(unknown.code == .notFound)
            let cancelled = try await shop.change(made, .cancel)
            let over = try await status { try await issue(shop, cancelled) }
            #expect(try RefusalDetails.state(of: over) == "cancelled")

            // What was wanted and could not be had is given back when the return is over.
            #expect(try await shop.bench.processing.voidLooseReturnLabels() == 1)
            #expect(try await shop.bench.processing.voidLooseReturnLabels() == 0)
        }
    }

    @Test("Labels that two ask for at once are one; one beside it, or of a cancelled return, is given back")
    func twice() async throws {
        try await Self.with { shop in
            let (_, made) = try await asked(shop)
            let numbers = try await withThrowingTaskGroup(of: String.self) { group in
                for service in ["48", "24", "48", "24"] {
                    group.addTask {
                        try await CallerContext.$current.withValue(.anonymous) {
                            try await issue(shop, made, service: service).returnOrder.label.trackingNumber
                        }
                    }
                }
                return try await group.reduce(into: Set<String>()) { $0.insert($1) }
            }
            #expect(numbers.count == 1)
            _ = try await shop.bench.processing.voidLooseReturnLabels()
            #expect(
                try await shop.bench.deployment.numbers("SELECT count(*) FROM return_label WHERE state = 3") == [1])
            #expect(
                try await shop.bench.deployment.numbers("SELECT count(*) FROM return_label WHERE state IN (1, 2)")
                    == [0])
            let id = EntityID.fresh
            let reply = try await issue(shop, made, id: id)
            #expect(!(try await shop.change(made, .cancel).hasLabel))
            // What was answered once is answered for ever.
            #expect(try await issue(shop, made, id: id) == reply)
            #expect(try await shop.bench.processing.voidLooseReturnLabels() == 1)
            #expect(
                try await shop.bench.deployment.numbers("SELECT DISTINCT state::int8 FROM return_label") == [4])
        }
    }

    // MARK: - Given back

    private func watched(
        _ body: @Sendable (ReturnBench, WatchedCarrier, Holdfast_V1_Return) async throws -> Void
    ) async throws {
        let carrier = WatchedCarrier()
        try await ReturnBench.with(rules: Self.rule(payer: .seller), carriers: CarrierDirectory([carrier])) { shop in
            try await body(shop, carrier, try await asked(shop).made)
        }
    }

    private func states(_ shop: ReturnBench) async throws -> [Int64] {
        try await shop.bench.deployment.numbers("SELECT state::int8 FROM return_label ORDER BY wanted_at")
    }

    private func passTime(_ shop: ReturnBench) async throws {
        try await shop.bench.deployment.run("UPDATE return_label SET loose_at = now()")
    }

    @Test("One that a carrier makes while its return is cancelled is given back once, by one of two servers")
    func cancelledMeanwhile() async throws {
        try await watched { shop, carrier, made in
            carrier.whileMaking.value = {
                await #expect(throws: Never.self) {
                    _ = try await shop.change(made, .cancel)
                    // Whoever looks now cannot know what the carrier will answer.
                    #expect(try await shop.bench.processing.voidLooseReturnLabels() == 0)
                }
            }
            let refusal = try await status { try await issue(shop, made) }
            #expect(try RefusalDetails.state(of: refusal) == "cancelled")
            #expect(try await states(shop) == [2])
            async let one = shop.bench.processing.voidLooseReturnLabels()
            async let two = shop.bench.processing.voidLooseReturnLabels()
            #expect(try await one + two == 1)
            #expect(try await shop.bench.processing.voidLooseReturnLabels() == 0)
            #expect(carrier.voided.value == carrier.made.value && carrier.made.value.count == 1)
            #expect(try await states(shop) == [4])
        }
    }

    @Test("One that comes after it was taken for given back, or while it is, is given back then")
    func late() async throws {
        try await watched { shop, carrier, made in
            carrier.whileMaking.value = {
                await #expect(throws: Never.self) {
                    _ = try await shop.change(made, .cancel)
                    try await self.passTime(shop)
                    #expect(try await shop.bench.processing.voidLooseReturnLabels() == 1)
                    #expect(try await self.states(shop) == [4])
                }
            }
            _ = try await status { try await issue(shop, made) }
            #expect(try await states(shop) == [2])
            #expect(try await shop.bench.processing.voidLooseReturnLabels() == 1)
            #expect(try await shop.bench.processing.voidLooseReturnLabels() == 0)
            #expect(try await states(shop) == [4])
            #expect(carrier.voided.value.last == carrier.made.value.last)
        }
    }

    @Test("Where a server dies, or the carrier does not answer, it is asked again later; others do not wait for that")
    func again() async throws {
        try await watched { shop, carrier, made in
            let processing = shop.bench.processing
            carrier.whileMaking.value = {
                await #expect(throws: Never.self) { _ = try await shop.change(made, .cancel) }
            }
            _ = try await status { try await issue(shop, made) }
            // Many that nobody can give back any more, all of them older.
            try await shop.bench.deployment.run(
                """
                INSERT INTO return_label (return_id, carrier, asked_service, key, location_id, wanted_at, loose_at)
                SELECT return_id, 'GONE', n::text, gen_random_uuid(), location_id, now() - interval '1 day',
                    now() - interval '1 day' FROM return_label, generate_series(1, 150) AS n
                """)
            let claimed = try await shop.bench.deployment.ledger.claimLooseReturnLabels(limit: 150, leaseSeconds: 120)
            #expect(Set(claimed.map(\.carrier)) == ["GONE"])
            // It died with those; one is left, and the carrier does not answer.
            carrier.failure.value = .unavailable("closed")
            #expect(try await processing.voidLooseReturnLabels() == 0)
            carrier.failure.value = nil
            #expect(try await processing.voidLooseReturnLabels() == 0)
            try await passTime(shop)
            var done = 0
            for _ in 0..<8 { done += try await processing.voidLooseReturnLabels() }
            #expect(done == 1)
            #expect(carrier.voided.value == carrier.made.value)
        }
    }
}

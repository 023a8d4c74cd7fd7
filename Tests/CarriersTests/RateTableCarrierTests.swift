import Domain
import Sourcing
import Testing

@testable import Carriers

@Suite("A carrier by its rates")
struct RateTableCarrierTests {
    private static let file = """
        {"carriers": [
          {"carrier": "ROYAL", "name": "Royal Post", "currency": "GBP", "services": [
            {"code": "48", "volumeDivisor": 5000, "surcharge": 1000, "zones": [
              {"name": "islands", "countries": ["GB"], "postcodes": ["bt", "IM"], "transitDays": 4,
               "bands": [{"upToGrams": 2000, "price": 900}]},
              {"name": "home", "countries": ["GB"], "transitDays": 2,
               "bands": [{"upToGrams": 1000, "price": 345}, {"upToGrams": 2000, "price": 455}],
               "beyond": {"perGrams": 1000, "price": 100}}]},
            {"code": "24", "zones": [
              {"name": "home", "countries": ["GB"], "transitDays": 1, "bands": [{"upToGrams": 2000, "price": 600}]}]}]}
        ]}
        """

    private func carrier() throws -> RateTableCarrier {
        RateTableCarrier(try #require(RateTable.read(Self.file).first))
    }

    private func shipment(
        _ grams: Int64, country: String = "GB", postcode: String = "M1 1AA", service: String = "", side: Int64 = 0
    ) -> CarrierShipment {
        CarrierShipment(
            reference: "1/1", sender: CarrierParty(name: "Depot", lines: [], postcode: "", country: "GB"),
            recipient: CarrierParty(name: "Ann", lines: ["1 Road"], postcode: postcode, country: country),
            parcel: CarrierParcel(grams: grams, length: side, width: side, height: side), service: service)
    }

    @Test("Quotes: the first zone that fits, band, weight beyond the last one, surcharge, cheapest first")
    func quotes() async throws {
        let carrier = try carrier()
        func prices(_ shipment: CarrierShipment) async throws -> [String] {
            try await carrier.quote(shipment).map { "\($0.service) \($0.price.minorUnits) \($0.transitDays)" }
        }
        // 345 and 10 % is 379.5, half to even.
        #expect(try await prices(shipment(1_000)) == ["48 380 2", "24 600 1"])
        #expect(try await prices(shipment(1_001)) == ["48 500 2", "24 600 1"])
        #expect(try await prices(shipment(2_001)) == ["48 610 2"])
        #expect(try await prices(shipment(500, postcode: "BT1 1AA")) == ["24 600 1", "48 990 4"])
        // 200 mm cubed are 8,000,000 mm³: 1,600 g at 5,000 mm³ a gram.
        #expect(try await prices(shipment(100, side: 200)) == ["48 500 2", "24 600 1"])
        #expect(try await prices(shipment(500, country: "FR")) == [])
    }

    @Test("The same key has the same number and label, another one another number")
    func keys() async throws {
        let carrier = try carrier()
        let key = EntityID(high: 5, low: 6)
        let label = try await carrier.ship(shipment(900, service: "24"), key: key)
        #expect(try await carrier.ship(shipment(900, service: "24"), key: key) == label)
        #expect(label.service == "24")
        #expect(label.price.minorUnits == 600)
        #expect(label.tracking.hasPrefix("RO"))
        #expect(label.tracking.utf8.count == 21)
        let digits = String(label.tracking.dropFirst(2).dropLast())
        #expect(label.tracking.last?.wholeNumberValue == TrackingNumber.checkDigit(digits))
        let other = try await carrier.ship(shipment(900, service: "24"), key: EntityID(high: 5, low: 7))
        #expect(other.tracking != label.tracking)
        try await carrier.void(key: key)
    }

    @Test(
        "What has no service or no rate is refused by name",
        arguments: [("99", "GB", "no service 99"), ("24", "FR", "no rate of 24"), ("", "FR", "no rate")])
    func refusals(_ service: String, _ country: String, _ words: String) async throws {
        let carrier = try carrier()
        let shipment = shipment(900, country: country, service: service)
        let failure = await #expect(throws: CarrierFailure.self) {
            try await carrier.ship(shipment, key: EntityID(high: 1, low: 1))
        }
        guard case .refused(let reason) = failure else {
            Issue.record("\(String(describing: failure))")
            return
        }
        #expect(reason.contains(words))
    }

    @Test("Check digits as GS1 has them", arguments: [("629104150021", 3), ("400638133393", 1), ("0", 0)])
    func checkDigits(_ digits: String, _ check: Int) {
        #expect(TrackingNumber.checkDigit(digits) == check)
    }

    @Test("The first carrier is the standard one; without any it is the company's own, which goes anywhere")
    func directory() async throws {
        let directory = CarrierDirectory(try RateTable.read(Self.file))
        #expect(directory.codes == ["ROYAL"])
        #expect(directory[""]?.code == "ROYAL")
        #expect(directory["NONE"] == nil)
        let own = try #require(CarrierDirectory([RateTable]())[""])
        let label = try await own.ship(shipment(0, country: "", postcode: ""), key: EntityID(high: 9, low: 9))
        #expect(label.service == "STANDARD")
        #expect(label.price.minorUnits == 0)
    }

    @Test(
        "Files that cannot be used are refused by the path of the field",
        arguments: [
            ("{}", "carriers"), ("[", "file"), (#"{"carriers": [{"currency": "GBP"}]}"#, "carriers[0].carrier"),
            (#"{"carriers": [{"carrier": "A", "currency": "XXX"}]}"#, "carriers[0].currency"),
            (#"{"carriers": [{"carrier": "A", "currency": "GBP"}]}"#, "carriers[0].services"),
            (#"{"carriers": [{"carrier": "A", "currency": "GBP", "more": 1}]}"#, "carriers[0].more"),
            (
                #"{"carriers": [{"carrier": "A", "currency": "GBP", "services": [{"code": "S", "zones": [{"name": "z", "transitDays": 1, "bands": []}]}]}]}"#,
                "carriers[0].services[0].zones[0].bands"
            ),
        ])
    func badFiles(_ text: String, _ field: String) {
        do {
            _ = try RateTable.read(text)
            Issue.record("was read")
        } catch .invalid(let violations) {
            #expect(violations.map(\.field).contains(field))
        } catch {
            Issue.record("\(error)")
        }
    }
}

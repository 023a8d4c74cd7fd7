import ArgumentParser
import HoldfastAPI
import Testing

@testable import holdfast

@Suite("Addresses on the command line")
struct AddressArgumentTests {
    @Test("Fields stand in any order, lines as often as wanted")
    func reads() throws {
        let address = try #require(
            AddressArgument(
                argument: "country=GB; name=Ann = Lee;line=1 High St;line=Flat 2;place=53.8,-1.5;postcode=LS1 4DY"))
        #expect(address.proto.name == "Ann = Lee")
        #expect(address.proto.lines == ["1 High St", "Flat 2"])
        #expect(address.proto.latitude == 53.8)
        #expect(address.proto.longitude == -1.5)
        #expect(address.proto.postcode == "LS1 4DY")
        #expect(address.proto.city.isEmpty)
    }

    @Test(
        "What is none is refused",
        arguments: ["name", "name=A;name=B", "street=1", "place=53.8", "place=north,west", "=A"])
    func refuses(text: String) {
        #expect(AddressArgument(argument: text) == nil)
    }

    @Test("An order is sent or collected, not both, and a service needs an address")
    func options() throws {
        #expect(try DeliveryOptions.parse([]).proto == nil)
        #expect(try DeliveryOptions.parse(["--pickup", "S"]).proto?.pickupLocation == "S")
        let sent = try DeliveryOptions.parse(["--ship-to", "city=Leeds", "--service", "EXPRESS"])
        #expect(sent.proto?.shipTo.city == "Leeds")
        #expect(sent.proto?.service == "EXPRESS")
        #expect(throws: (any Error).self) { try DeliveryOptions.parse(["--pickup", "S", "--ship-to", "city=Leeds"]) }
        #expect(throws: (any Error).self) { try DeliveryOptions.parse(["--service", "EXPRESS"]) }
    }
}

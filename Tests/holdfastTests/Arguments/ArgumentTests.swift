import HoldfastClient
import SwiftProtobuf
import Testing

@testable import holdfast

@Suite("Arguments")
struct ArgumentTests {
    @Test("A stock line has its number behind the last = and its location behind the last @ before it")
    func stockLine() throws {
        let plain = try #require(StockLine(argument: "MUG=3"))
        #expect((plain.sku, plain.location, plain.number) == ("MUG", "", 3))
        let placed = try #require(StockLine(argument: "MUG@LON=-3"))
        #expect((placed.sku, placed.location, placed.number) == ("MUG", "LON", -3))
        let odd = try #require(StockLine(argument: "A=B@C@LON=+7"))
        #expect((odd.sku, odd.location, odd.number) == ("A=B@C", "LON", 7))
        let empty = try #require(StockLine(argument: "A@B@=1"))
        #expect((empty.sku, empty.location, empty.number) == ("A@B", "", 1))
    }

    @Test(
        "What is no stock line is refused",
        arguments: ["", "MUG", "MUG=", "MUG=x", "=3", "@LON=3", "MUG=3.5", "MUG=99999999999999999999"])
    func noStockLine(text: String) {
        #expect(StockLine(argument: text) == nil)
    }

    @Test("An availability question may leave out location and quantity")
    func question() throws {
        let bare = try #require(AvailabilityQuestion(argument: "MUG"))
        #expect((bare.sku, bare.location, bare.quantity) == ("MUG", "", 0))
        let full = try #require(AvailabilityQuestion(argument: "MUG@LON=5"))
        #expect((full.sku, full.location, full.quantity) == ("MUG", "LON", 5))
        #expect(AvailabilityQuestion(argument: "") == nil)
    }

    @Test("An order line has a price behind its quantity")
    func orderLine() throws {
        let line = try #require(OrderLineArgument(argument: "x-MAS TREE@LON=12x0.001"))
        #expect((line.sku, line.location, line.quantity) == ("x-MAS TREE", "LON", 12))
        #expect((line.priceUnits, line.priceNanos) == (0, 1_000_000))
        let whole = try #require(OrderLineArgument(argument: "MUG=1x5"))
        #expect((whole.priceUnits, whole.priceNanos) == (5, 0))
    }

    @Test(
        "What is no order line is refused",
        arguments: ["MUG=1", "MUG=1x", "MUG=1x-2", "MUG=1x.5", "MUG=1x5.", "MUG=1x1.0000000001", "MUG=x5", "1x5"])
    func noOrderLine(text: String) {
        #expect(OrderLineArgument(argument: text) == nil)
    }

    @Test(
        "A span of time is a whole number with a unit",
        arguments: [("500ms", 500), ("90s", 90_000), ("15m", 900_000), ("2h", 7_200_000), ("1d", 86_400_000)])
    func timeSpan(text: String, milliseconds: Int64) throws {
        let span = try #require(TimeSpan(argument: text))
        #expect(span.milliseconds == milliseconds)
        #expect(TimeSpan(argument: span.description) == span)
    }

    @Test("What is no span of time is refused", arguments: ["", "15", "m", "-1s", "1.5h", "9223372036854775807d"])
    func noTimeSpan(text: String) {
        #expect(TimeSpan(argument: text) == nil)
    }

    @Test("A moment is RFC 3339 and is shown in UTC")
    func moment() throws {
        let moment = try #require(Moment(argument: "2026-02-28T23:30:00-01:00"))
        #expect(moment.proto.shown == "2026-03-01 00:30:00Z")
        #expect(Moment(argument: "yesterday") == nil)
        #expect(Moment(argument: "2026-02-28\"") == nil)
    }

    @Test(
        "Dates are right at the turns of years, leap days and before 1970",
        arguments: [
            (0, "1970-01-01 00:00:00Z"), (-1, "1969-12-31 23:59:59Z"), (951_782_400, "2000-02-29 00:00:00Z"),
            (1_709_164_800, "2024-02-29 00:00:00Z"), (4_102_444_799, "2099-12-31 23:59:59Z"),
        ])
    func dates(seconds: Int64, shown: String) {
        #expect(Google_Protobuf_Timestamp(seconds: seconds).shown == shown)
    }

    @Test(
        "A server's address is a host and a port",
        arguments: [
            ("shop.example:7411", "shop.example", 7411), ("[::1]:80", "::1", 80), ("10.0.0.1:1", "10.0.0.1", 1),
        ])
    func address(text: String, host: String, port: Int) throws {
        let address = try #require(HoldfastEndpoint(argument: text))
        #expect((address.host, address.port) == (host, port))
        #expect(address.description == text)
    }

    @Test("What is no address is refused", arguments: ["", "host", "host:", "host:0", "host:65536", ":80", "::1:80"])
    func noAddress(text: String) {
        #expect(HoldfastEndpoint(argument: text) == nil)
    }

    @Test("A line to cancel is a number and a quantity")
    func cancelledLine() throws {
        let line = try #require(CancelledLine(argument: "3=12"))
        #expect((line.number, line.quantity) == (3, 12))
        #expect(CancelledLine(argument: "3") == nil)
        #expect(CancelledLine(argument: "3=1=2") == nil)
    }
}

import HoldfastAPI
import SwiftProtobuf
import Testing

@testable import holdfast

@Suite("From the command line", .serialized)
struct TourTests {
    private static let reservation = "0b1f6f0a-5c0e-4a55-9d7a-0a4f6b9f3f11"

    @Test("A reservation becomes an order, and an order is cancelled, with the exit statuses that are documented")
    func tour() async throws {
        try await Shop.with { shop in
            let check = try await shop.run("stock", "check", "MUG-WHITE", "TEA-TOWEL@HIGH-STREET=5", "--format", "json")
            let availability = try Holdfast_V1_CheckAvailabilityResponse(jsonString: check.output)
            #expect(availability.items.map(\.available) == [264, 12])
            #expect(availability.items[1].sufficient)

            let create = ["reserve", "create", "MUG-WHITE=2", "APRON=5", "--channel", "WEB", "--id", Self.reservation]
            let held = try await Program.run(create, server: shop.server)
            #expect(held.status == 0, "\(held.errors)")
            #expect(held.output.contains("held"))
            let again = try await Program.run(create, server: shop.server)
            #expect(again.output == held.output)
            let other = try await shop.run(
                "reserve", "create", "MUG-WHITE=3", "--channel", "WEB", "--id", Self.reservation)
            #expect(other.status == 5)
            #expect(other.errors.contains("ALREADY_EXISTS"))

            let short = try await shop.run("reserve", "create", "APRON=1", "MUG-BLUE=1", "--channel", "WEB")
            #expect(short.status == 4)
            #expect(short.errors.contains("lines[0]  APRON  (any)          1          0"), "\(short.errors)")

            let placed = try await shop.run(
                "order", "place", "MUG-WHITE=2x4.95", "APRON=5x12.5", "POSTAGE=1x3.50", "--channel", "WEB",
                "--external-id", "W-1", "--reservation", Self.reservation, "--format", "json")
            #expect(placed.status == 0, "\(placed.errors)")
            let reply = try Holdfast_V1_PlaceOrderResponse(jsonString: placed.output)
            #expect(reply.total.shown == "75.90 GBP")

            let got = try await shop.run("order", "get", "--channel", "WEB", "--external-id", "W-1")
            #expect(got.output.contains("allocated 5"))
            let cancelled = try await shop.run("order", "cancel", reply.orderID, "2=3", "--reason", "too many")
            #expect(cancelled.status == 0, "\(cancelled.errors)")
            #expect(cancelled.output.contains("37.50 GBP"))
            let back = try await shop.run("stock", "check", "APRON", "--fresh", "--format", "json")
            #expect(try Holdfast_V1_CheckAvailabilityResponse(jsonString: back.output).items.map(\.available) == [3])

            #expect(try await shop.run("reserve", "release", Self.reservation).status == 4)
            #expect(try await shop.run("order", "get", "--channel", "WEB", "--external-id", "W-2").status == 3)
            #expect(try await shop.run("catalog", "product", "get", "NOPE").status == 3)
            #expect(try await shop.run("reserve", "create", "NOPE=1", "--channel", "WEB").status == 2)
            #expect(try await shop.run("reserve", "create", "MUG-WHITE=0", "--channel", "WEB").status == 2)
            #expect(try await shop.run("reserve", "get", "not-an-id").status == 2)
            #expect(try await shop.run("stock", "sell", "MUG-WHITE").status == 2)
            #expect(try await shop.run("stock", "list", "--server", "127.0.0.1:1").status == 6)

            let doctor = try await shop.run("doctor", "--data", shop.stores)
            #expect(doctor.status == 0, "\(doctor.output)\(doctor.errors)")
            #expect(doctor.output.contains("agree on all 7"))
            #expect(!doctor.output.contains("WRONG"))
        }
    }

    @Test("Every catalogue and stock command does what it says")
    func stock() async throws {
        try await Shop.with { shop in
            #expect(try await shop.run("catalog", "location", "add", "VAN", "--rank", "30").output == "VAN  created\n")
            #expect(
                try await shop.run("catalog", "channel", "add", "FAIR", "--currency", "EUR").output == "FAIR  created\n"
            )
            #expect(
                try await shop.run("catalog", "product", "add", "BOWL", "--name", "Bowl").output == "BOWL  created\n")
            let renamed = try await shop.run("catalog", "product", "add", "BOWL", "--name", "Bowl, large")
            #expect(renamed.output == "BOWL  updated\n")
            #expect(try await shop.run("catalog", "product", "get", "BOWL").output.contains("Bowl, large"))
            #expect(try await shop.run("catalog", "product", "list", "--prefix", "B").output.contains("BOWL"))
            #expect(try await shop.run("catalog", "location", "list").output.contains("VAN"))
            #expect(try await shop.run("catalog", "channel", "list").output.contains("EUR"))

            #expect(try await shop.run("stock", "receive", "BOWL@VAN=10", "--reference", "DN-1").status == 0)
            #expect(try await shop.run("stock", "adjust", "BOWL@VAN=-1", "--reason", "damaged").status == 0)
            #expect(
                try await shop.run("stock", "transfer", "--from", "VAN", "--to", "HIGH-STREET", "BOWL=4").status == 0)
            #expect(try await shop.run("stock", "policy", "BOWL@HIGH-STREET=1").status == 0)
            #expect(try await shop.run("stock", "count", "BOWL@VAN=6").status == 0)
            #expect(try await shop.run("stock", "adjust", "BOWL@VAN=-7", "--reason", "stolen").status == 4)
            let listed = try await shop.run("stock", "list", "--sku", "BOWL", "--format", "json")
            let levels = try Holdfast_V1_GetStockResponse(jsonString: listed.output).levels
            #expect(levels.map { [$0.onHand, $0.safetyStock, $0.available] } == [[4, 1, 3], [6, 0, 6]])
            let movements = try await shop.run("stock", "movements", "--sku", "BOWL", "--format", "json")
            let kinds = try Holdfast_V1_ListMovementsResponse(jsonString: movements.output).movements.map(\.kind)
            #expect(kinds.first == .count)
            #expect(kinds.last == .receipt)
            let explained = try await shop.run("stock", "explain", "BOWL", "--format", "json")
            #expect(try Holdfast_V1_ExplainAvailabilityResponse(jsonString: explained.output).available == 9)
        }
    }

    @Test("An order can be read from a file, with taxes")
    func orderFromFile() async throws {
        try await Shop.with { shop in
            let path = try shop.file(
                "order.json",
                """
                {"channel": "TILLS", "externalId": "T-1", "goodsInHand": true, "lines": [
                  {"sku": "APRON", "location": "HIGH-STREET", "quantity": "7",
                   "unitPrice": {"currencyCode": "GBP", "units": "10"},
                   "taxes": [{"name": "VAT 20 %", "amount": {"currencyCode": "GBP", "amountMinor": "1400"}}]}]}
                """)
            let placed = try await shop.run("order", "place", "--file", path)
            #expect(placed.status == 0, "\(placed.errors)")
            #expect(placed.output.contains("total 84.00 GBP, of which tax added 14.00 GBP"))
            #expect(placed.output.contains("2 units were sold that the books did not have"))
            let broken = try shop.file("broken.json", "{\"lines\": 3}")
            #expect(try await shop.run("order", "place", "--file", broken).status == 2)
        }
    }
}

import HoldfastAPI
import SwiftProtobuf
import Testing

@testable import holdfast

@Suite("Orders after their capture, from the command line", .serialized)
struct OrderTourTests {
    @Test("A channel's rules hold an order, somebody approves, the order is amended, a quote becomes another one")
    func tour() async throws {
        try await Shop.with { shop in
            func json<Reply: Message>(_ type: Reply.Type, _ words: String...) async throws -> Reply {
                let answer = try await Program.run(words + ["--format", "json"], server: shop.server)
                #expect(answer.status == 0, "\(answer.errors)")
                return try Reply(jsonString: answer.output)
            }
            let rules = try await shop.run(
                "catalog", "channel", "rules", "WEB", "--remorse", "30m", "--address", "--zone", "GB", "--max-amount",
                "20.00")
            #expect(rules.output == "WEB  updated\n", "\(rules.errors)")
            #expect(
                try await shop.run("catalog", "channel", "list").output.contains(
                    "remorse 30m, address, 1 zones, up to 20.00 GBP"))
            #expect(try await shop.run("catalog", "price", "set", "WEB", "MUG-WHITE=4.95").status == 0)
            #expect(try await shop.run("catalog", "price", "list", "WEB").output.contains("4.95 GBP"))

            let placed = try await json(
                Holdfast_V1_PlaceOrderResponse.self, "order", "place", "MUG-WHITE=5x4.95", "--channel", "WEB",
                "--external-id", "W-1", "--ship-to", "name=Ann;line=1 High St;city=Leeds;country=GB")
            let id = placed.orderID
            var queue = ""
            for _ in 0..<300 where !queue.contains("amount_too_high") {
                queue = try await shop.run("order", "holds", "--channel", "WEB").output
                try await Task.sleep(for: .milliseconds(100))
            }
            #expect(queue.contains("amount_too_high"))
            let held = try await shop.run("order", "get", id)
            #expect(held.output.contains("sent to Ann, 1 High St, Leeds, GB"), "\(held.output)")
            #expect(held.output.contains("address_incomplete"))
            let approved = try await shop.run("order", "approve", id, "amount_too_high", "--note", "a good customer")
            #expect(approved.output.contains("approved: amount_too_high"), "\(approved.errors)")
            #expect(try await shop.run("order", "approve", id, "amount_too_high").status == 4)
            #expect(try await shop.run("order", "approve", id, "nonsense").status == 2)

            let amended = try await shop.run(
                "order", "amend", id, "1=2", "--add", "POSTAGE=1x3.50", "--pickup", "HIGH-STREET")
            #expect(amended.output.contains("total 24.75 GBP becomes 13.40 GBP: -11.35 GBP"), "\(amended.errors)")
            #expect(try await shop.run("order", "amend", id, "1=999999").status == 4)
            let validated = try await shop.run("order", "validate", id)
            #expect(validated.output.contains("validated, released from"), "\(validated.output)\(validated.errors)")
            let wait = try await shop.run("order", "hold", id, "--detail", "wait")
            #expect(wait.output.contains("manual"), "\(wait.errors)")
            #expect(try await shop.run("order", "hold", id, "--detail", "wait").status == 4)
            let got = try await shop.run("order", "get", id)
            #expect(got.output.contains("collected at HIGH-STREET"), "\(got.output)")

            let quote = "0b1f6f0a-5c0e-4a55-9d7a-0a4f6b9f3f99"
            let saved = try await shop.run(
                "order", "draft", "save", "MUG-WHITE=10x4.50", "--channel", "WEB", "--draft", quote, "--valid-until",
                "2999-01-01T00:00:00Z", "--external-id", "Q-1", "--note", "for the fair")
            #expect(saved.output.contains("is open, revision 1"), "\(saved.errors)")
            #expect(try await shop.run("order", "draft", "list", "--state", "open").output.contains("for the fair"))
            let order = try await json(Holdfast_V1_PlaceDraftResponse.self, "order", "draft", "place", quote)
            #expect(order.order.orderID == quote)
            #expect(order.order.total.shown == "45.00 GBP")
            let again = try await json(Holdfast_V1_PlaceDraftResponse.self, "order", "draft", "place", quote)
            #expect(again == order)
            #expect(try await shop.run("order", "draft", "discard", quote).status == 4)
            #expect(try await shop.run("order", "draft", "get", quote).output.contains("is placed"))
            #expect(try await shop.run("catalog", "channel", "rules", "WEB", "--off").status == 0)

            let short = try await shop.run("customer", "search", "a")
            #expect(short.status == 2)
            #expect(short.errors.contains("prefix: must have at least 2 bytes, has 1"), "\(short.errors)")
        }
    }
}

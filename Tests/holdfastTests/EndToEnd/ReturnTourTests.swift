import Foundation
import HoldfastAPI
import SwiftProtobuf
import Testing

@testable import holdfast

@Suite("Returns from the command line", .serialized)
struct ReturnTourTests {
    private static let rules = """
        {"rules": [{"name": "all", "terms": {"windowDays": 30, "labelPayer": "LABEL_PAYER_SELLER", "refundAhead": true}}]}
        """

    private func json<Reply: Message>(
        _ shop: Shop, _ arguments: [String], _ type: Reply.Type
    ) async throws -> Reply {
        let run = try await Program.run(arguments + ["--format", "json"], server: shop.server)
        #expect(run.status == 0, "\(arguments): \(run.errors)")
        return try Reply(jsonString: run.output)
    }

    private func asked(_ shop: Shop, _ order: String) async throws -> String {
        try await json(
            shop,
            [
                "return", "create", order, "1=1", "--reason", "unwanted", "--condition", "opened", "--method", "mail",
            ], Holdfast_V1_CreateReturnResponse.self
        ).returnOrder.returnID
    }

    @Test("A label is written to a file, money goes ahead, and the order is returning until the goods are decided")
    func mailed() async throws {
        try await Shop.with { shop in
            #expect(try await shop.run("return", "set-rules", shop.file("rules.json", Self.rules)).status == 0)
            let order = try await json(
                shop,
                [
                    "order", "place", "MUG-WHITE=2x12.50", "--channel", "WEB", "--external-id", "W-1", "--ship-to",
                    "name=Ann Example;line=1 Long Road;city=Leeds;postcode=LS1 1AA;country=GB",
                ], Holdfast_V1_PlaceOrderResponse.self
            ).orderID
            #expect(try await shop.run("pay", "add", order, "terminal").status == 0)
            let one = try #require(
                try await json(shop, ["fulfil", "release", order], Holdfast_V1_ReleaseOrderResponse.self)
                    .fulfilments.first)
            for step in [
                ["start", one.fulfilmentID], ["pick", one.fulfilmentID, "MUG-WHITE=2"],
                ["pack", one.fulfilmentID, "700g"], ["ship", one.fulfilmentID], ["deliver", one.fulfilmentID],
            ] {
                let done = try await Program.run(["fulfil"] + step, server: shop.server)
                #expect(done.status == 0, "\(step): \(done.errors)")
            }
            let made = try await asked(shop, order)
            let listed = try await shop.run("order", "list", "--status", "returning")
            #expect(listed.output.contains(order), "\(listed.output)")
            let file = shop.folder + "/label.pdf"
            #expect(try await shop.run("return", "label", made, file).status == 4)
            #expect(try await shop.run("return", "label", made, file, "--location", "NOWHERE").status == 3)
            let label = try await shop.run("return", "label", made, file, "--location", one.location)
            #expect(label.status == 0, "\(label.errors)")
            #expect(label.output.contains("label.pdf: OW"))
            let written = try Data(contentsOf: URL(fileURLWithPath: file))
            #expect(written.starts(with: Array("%PDF-1.4".utf8)))
            let again = shop.folder + "/again.pdf"
            #expect(try await shop.run("return", "label", made, again).output.contains(label.output.suffix(20)))
            #expect(try Data(contentsOf: URL(fileURLWithPath: again)) == written)

            let ahead = try await shop.run("return", "settle", made, "original", "--ahead")
            #expect(ahead.status == 0, "\(ahead.errors)")
            #expect(ahead.output.contains("12.50 GBP"), "\(ahead.output)")
            #expect(try await shop.run("return", "settle", made, "original", "--ahead").status == 4)
            let shown = try await shop.run("return", "get", made)
            #expect(shown.output.contains("paid by the seller"), "\(shown.output)")
            let money = try await shop.run("pay", "show", order)
            #expect(money.output.contains("original, ahead"), "\(money.output)")
            #expect(money.output.contains("given back"), "\(money.output)")
            let received = try await shop.run("return", "receive", made, "MUG-WHITE=1", "--location", one.location)
            #expect(received.status == 0, "\(received.errors)")
            let decided = try await shop.run("return", "inspect", made, "1=1:restock:opened")
            #expect(decided.output.contains("settled"), "\(decided.output)")
            #expect(try await shop.run("order", "list", "--status", "returning").output.contains(order) == false)
            #expect(try await shop.run("doctor", "--data", shop.stores).status == 0)
        }
    }

    @Test("An exchange is a tender of the new order, and keeps its return from being cancelled")
    func exchanged() async throws {
        try await Shop.with { shop in
            #expect(try await shop.run("return", "set-rules", shop.file("rules.json", Self.rules)).status == 0)
            let order = try await json(
                shop,
                [
                    "order", "place", "MUG-WHITE@HIGH-STREET=2x12.50", "--channel", "TILLS", "--external-id", "T-1",
                    "--goods-in-hand",
                ], Holdfast_V1_PlaceOrderResponse.self
            ).orderID
            #expect(try await shop.run("pay", "add", order, "cash").status == 0)
            let made = try await asked(shop, order)
            let file = shop.folder + "/label.pdf"
            let label = try await shop.run("return", "label", made, file, "--location", "HIGH-STREET")
            #expect(label.status == 4)
            #expect(label.errors.contains("no_address"), "\(label.errors)")
            let exchange = try await json(
                shop, ["return", "exchange", made, "MUG-WHITE@HIGH-STREET=1x20"],
                Holdfast_V1_ExchangeReturnResponse.self
            ).returnOrder.exchange
            #expect(exchange.toPay.amountMinor == 750)
            let money = try await shop.run("pay", "show", exchange.orderID)
            #expect(money.output.contains("exchange"), "\(money.output)")
            let cancelled = try await shop.run("return", "change", made, "cancel")
            #expect(cancelled.status == 4)
            #expect(cancelled.errors.contains("exchanged"), "\(cancelled.errors)")
            #expect(try await shop.run("order", "cancel", exchange.orderID).status == 0)
            #expect(try await shop.run("return", "change", made, "cancel").status == 0)
        }
    }
}

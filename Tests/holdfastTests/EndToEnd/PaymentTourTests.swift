import HoldfastAPI
import HoldfastTesting
import SwiftProtobuf
import Testing

@testable import holdfast

@Suite("Payments from the command line", .serialized)
struct PaymentTourTests {
    @Test("A till sale with two tenders, a refund to one of them, the balance of a card, and the papers")
    func sale() async throws {
        try await Shop.with { shop in
            let issued = try await shop.run("credit", "issue", "50GBP", "--gift-card", "--format", "json")
            #expect(issued.status == 0, "\(issued.errors)")
            let card = try Holdfast_V1_IssueStoredValueResponse(jsonString: issued.output)
            let code = try shop.file("card.txt", card.giftCardCode + "\n")

            let placed = try await shop.run(
                "order", "place", "MUG-WHITE@HIGH-STREET=2x12.50", "--channel", "TILLS", "--external-id", "T-1",
                "--goods-in-hand", "--format", "json")
            #expect(placed.status == 0, "\(placed.errors)")
            let order = try Holdfast_V1_PlaceOrderResponse(jsonString: placed.output).orderID
            let cash = try await shop.run("pay", "add", order, "cash", "--amount", "10GBP")
            #expect(cash.status == 0, "\(cash.errors)")
            #expect(cash.output.contains("tender 1 pays 10.00 GBP"))
            let rest = try await shop.run("pay", "add", order, "gift-card", "--code-file", code)
            #expect(rest.output.contains("tender 2 pays 15.00 GBP"), "\(rest.errors)")
            #expect(try await shop.run("pay", "add", order, "cash").status == 4)
            #expect(try await shop.run("pay", "add", order, "card-gateway", "--token", "tok-1").status == 2)

            let back = try await shop.run(
                "pay", "refund", order, "--amount", "5GBP", "--tender", "2", "--goodwill", "--reason", "chipped")
            #expect(back.status == 0, "\(back.errors)")
            #expect(try await shop.run("pay", "refund", order).status == 4)
            let shown = try await shop.run("pay", "show", order)
            #expect(shown.output.contains("payment     paid"), "\(shown.output)")
            #expect(shown.output.contains("given back  5.00 GBP"), "\(shown.output)")
            let balance = try await shop.run("credit", "show", "--code-file", code)
            #expect(balance.output.contains("balance       40.00 GBP"), "\(balance.output)")
            let adjusted = try await shop.run(
                "credit", "adjust", card.account.accountID, "--by=-40.01GBP", "--reason", "lost")
            #expect(adjusted.status == 4)

            let listed = try await shop.run("documents", "list", "--order", order, "--format", "json")
            let documents = try Holdfast_V1_ListDocumentsResponse(jsonString: listed.output).documents
            #expect(documents.map(\.kind) == [.creditMemo, .receipt])
            let receipt = try await shop.run("documents", "get", try #require(documents.last).number)
            #expect(receipt.output.contains("2 x MUG-WHITE"), "\(receipt.output)")
            #expect(receipt.output.contains("paid by gift_card"), "\(receipt.output)")
            #expect(try await shop.run("documents", "get", "MAIN-INV-2026-999999").status == 3)
            #expect(try await shop.run("documents", "entity", "TILLS", "UK-2").status == 0)
            #expect(try await shop.run("documents", "entity", "TILLS", "uk").status == 2)
            let events = try await shop.run("order", "get", order)
            #expect(events.output.contains("payment_refunded"))
        }
    }

    @Test("An attempt that the gateway never answers for is listed, resolved by somebody's word, and asked for again")
    func unknown() async throws {
        try await ScriptedGateway.with { gateway in
            try await Shop.with(
                environment: ["HOLDFAST_GATEWAY_URL": gateway.url, "HOLDFAST_GATEWAY_SECRET": ScriptedGateway.secret]
            ) { shop in
                let placed = try await shop.run(
                    "order", "place", "MUG-WHITE@HIGH-STREET=2x12.50", "--channel", "TILLS", "--external-id", "T-1",
                    "--format", "json")
                let order = try Holdfast_V1_PlaceOrderResponse(jsonString: placed.output).orderID
                let pending = try await shop.run(
                    "pay", "add", order, "card-gateway", "--token", "tok-0", "--amount", "1GBP")
                #expect(
                    pending.output.contains("not asked yet: holdfast pay authorize \(order) 1"),
                    "\(pending.output)\(pending.errors)")
                #expect(gateway.held == 0)
                #expect(try await shop.run("pay", "void", order, "1").status == 0)
                gateway.setDown(true)
                let added = try await shop.run(
                    "pay", "add", order, "card-gateway", "--token", "tok-1", "--authorize", "--format", "json")
                #expect(added.status == 0, "\(added.errors)")
                let reply = try Holdfast_V1_AddTenderResponse(jsonString: added.output)
                let attempt = try #require(reply.attempts.first).attemptID
                let open = try await shop.run("pay", "open")
                #expect(open.output.contains(attempt), "\(open.output) \(open.errors)")
                #expect(try await shop.run("pay", "open", "--older-than", "1d").output.contains(attempt) == false)
                #expect(try await shop.run("pay", "open", "--older-than", "soon").status == 2)

                #expect(try await shop.run("pay", "resolve", attempt, "not-done").status == 2)
                #expect(try await shop.run("pay", "resolve", attempt, "perhaps", "--reason", "asked").status == 2)
                #expect(try await shop.run("pay", "resolve", attempt, "done", "--reason", "asked").status == 2)
                #expect(try await shop.run("pay", "resolve", order, "not-done", "--reason", "asked").status == 3)
                let resolved = try await shop.run("pay", "resolve", attempt, "not-done", "--reason", "asked")
                #expect(resolved.output.contains("abandoned"), "\(resolved.errors)")
                #expect(try await shop.run("pay", "resolve", attempt, "not-done", "--reason", "asked").status == 4)
                gateway.setDown(false)
                gateway.setHoldExpiry("2099-12-03T14:05:00Z")
                let again = try await shop.run("pay", "authorize", order, "2")
                #expect(again.output.contains("approved"), "\(again.errors)")
                let shown = try await shop.run("pay", "show", order)
                #expect(shown.output.contains("2099-12-03"), "\(shown.output)")
                #expect(shown.output.contains("abandoned"), "\(shown.output)")
                #expect(gateway.held == 2_500)
            }
        }
    }

    @Test(
        "An amount has its currency and no more decimals than that has",
        arguments: [
            ("12.50GBP", 1_250), ("12.5GBP", 1_250), ("12GBP", 1_200), ("0.01 GBP", 1), ("-3GBP", -300),
            ("1250JPY", 1_250), ("1.234KWD", 1_234), ("92233720368547758.07GBP", .max),
        ] as [(String, Int64)])
    func amount(text: String, minor: Int64) throws {
        let amount = try #require(AmountArgument(argument: text))
        #expect(amount.proto.amountMinor == minor)
        #expect(text.hasSuffix(amount.proto.currencyCode))
    }

    @Test(
        "What is no amount is refused",
        arguments: [
            "", "GBP", "12", "12.505GBP", "12.GBP", ".5GBP", "1.0JPY", "12XXX", "twelveGBP", "--1GBP", "1,000GBP",
            "92233720368547758.08GBP", "1 2GBP",
        ])
    func noAmount(text: String) {
        #expect(AmountArgument(argument: text) == nil)
    }
}

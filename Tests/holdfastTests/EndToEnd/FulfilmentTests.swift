import Foundation
import HoldfastAPI
import SwiftProtobuf
import Testing

@testable import holdfast

@Suite("Fulfilment from the command line", .serialized)
struct FulfilmentTests {
    private func json<Reply: Message>(
        _ shop: Shop, _ arguments: [String], _ type: Reply.Type
    ) async throws -> Reply {
        let run = try await Program.run(arguments + ["--format", "json"], server: shop.server)
        #expect(run.status == 0, "\(arguments): \(run.errors)")
        return try Reply(jsonString: run.output)
    }

    private func place(_ shop: Shop, _ number: String, _ more: String...) async throws -> String {
        try await json(
            shop, ["order", "place", "--channel", "WEB", "--external-id", number] + more,
            Holdfast_V1_PlaceOrderResponse.self
        ).orderID
    }

    private func release(_ shop: Shop, _ order: String) async throws -> Holdfast_V1_Fulfilment {
        try #require(
            try await json(shop, ["fulfil", "release", order], Holdfast_V1_ReleaseOrderResponse.self).fulfilments.first)
    }

    @Test("An order is released, picked, packed, shipped with a label, delivered and tracked")
    func shipped() async throws {
        try await Shop.with { shop in
            let order = try await place(shop, "W-1", "MUG-WHITE=2x4.95", "POSTAGE=1x3.50")
            let one = try await release(shop, order)
            let id = one.fulfilmentID
            let list = try await shop.run("fulfil", "list", "--kind", "ship", "--state", "released")
            #expect(list.output.contains(id) && list.output.contains("released"))
            let wave = try await shop.run("fulfil", "wave", one.location, "--size", "5")
            #expect(wave.output.contains(id), "\(wave.errors)")
            #expect(try await shop.run("fulfil", "pick-list", one.location).output.contains("MUG-WHITE"))
            #expect(try await shop.run("fulfil", "ship", id).status == 4)
            #expect(try await shop.run("fulfil", "start", id).output.contains("is picking"))
            let wrong = try await shop.run("fulfil", "pick", id, "TEA-TOWEL=1")
            #expect(wrong.status == 2)
            #expect(wrong.errors.contains("scans[0].code"), "\(wrong.errors)")
            let picked = try await shop.run("fulfil", "pick", id, "MUG-WHITE", "MUG-WHITE")
            #expect(picked.output.contains("is picked"), "\(picked.errors)")
            let packed = try await shop.run("fulfil", "pack", id, "700g:200x200x100:1=2")
            #expect(packed.output.contains("is packed"), "\(packed.errors)")
            #expect(try await shop.run("fulfil", "quote", id).output.contains("STANDARD"))
            let shipped = try await shop.run("fulfil", "ship", id)
            #expect(shipped.output.contains("package 1: OWN OW"), "\(shipped.errors)")
            #expect(shipped.output.contains("order \(order) is shipped"))
            let file = shop.folder + "/label.pdf"
            #expect(try await shop.run("fulfil", "label", id, file).status == 0)
            let label = try Data(contentsOf: URL(fileURLWithPath: file))
            #expect(label.starts(with: Array("%PDF-1.4".utf8)))
            let got = try await json(shop, ["fulfil", "get", id], Holdfast_V1_GetFulfilmentResponse.self)
            let delivered = try await shop.run("fulfil", "deliver", id, "--note", "porch")
            #expect(delivered.output.contains("is delivered"), "\(delivered.errors)")
            let tracked = try await shop.run("track", "--token", got.trackingToken)
            #expect(tracked.output.contains(got.fulfilment.packages[0].trackingNumber))
            #expect(tracked.output.contains("is delivered"))
            let unknown = try await shop.run(
                "track", "--channel", "WEB", "--external-id", "W-1", "--email", "ann@example.org")
            #expect(unknown.status == 3)
            #expect(try await shop.run("doctor", "--data", shop.stores).status == 0)
        }
    }

    @Test("A pickup is collected with its code, and a short pick is served from elsewhere")
    func collected() async throws {
        try await Shop.with { shop in
            let order = try await place(shop, "W-2", "MUG-WHITE@HIGH-STREET=1x4.95", "--pickup", "HIGH-STREET")
            let id = try await release(shop, order).fulfilmentID
            #expect(try await shop.run("fulfil", "start", id).status == 0)
            #expect(try await shop.run("fulfil", "pick", id, "MUG-WHITE").status == 0)
            let ready = try await json(
                shop, ["pickup", "ready", id, "--keep", "2d"], Holdfast_V1_MakeReadyResponse.self)
            #expect(try await shop.run("pickup", "remind", id).status == 0)
            #expect(try await shop.run("pickup", "collect", id, "22222222").status == 4)
            let extended = try await shop.run("pickup", "extend", id, "--new-code")
            let code = try #require(
                extended.output.split(separator: "\n").first { $0.hasPrefix("code ") }?.dropFirst(5))
            #expect(String(code) != ready.code)
            let collected = try await shop.run("pickup", "collect", id, String(code))
            #expect(collected.output.contains("is collected"), "\(collected.errors)")

            let second = try await place(shop, "W-3", "MUG-WHITE@HIGH-STREET=2x4.95")
            let short = try await release(shop, second).fulfilmentID
            #expect(try await shop.run("fulfil", "start", short).status == 0)
            #expect(try await shop.run("fulfil", "pick", short, "MUG-WHITE").status == 2)
            let picked = try await shop.run(
                "fulfil", "pick", short, "MUG-WHITE", "--short", "reallocate", "--correct-count")
            #expect(picked.output.contains("1 short: 1 from elsewhere, 0 backordered, 0 cancelled"), "\(picked.errors)")
            let parts = try await json(
                shop, ["fulfil", "list", "--order", second], Holdfast_V1_ListFulfilmentsResponse.self)
            #expect(parts.fulfilments.map(\.state) == ["picked", "released"])
            #expect(try await shop.run("fulfil", "decline", parts.fulfilments[1].fulfilmentID).status == 0)
            #expect(try await shop.run("doctor", "--data", shop.stores).status == 0)
        }
    }

    @Test("What could not be delivered is taken in, by line")
    func undelivered() async throws {
        try await Shop.with { shop in
            let order = try await place(shop, "W-9", "MUG-WHITE=2x4.95")
            let one = try await release(shop, order)
            let id = one.fulfilmentID
            #expect(try await shop.run("fulfil", "start", id).status == 0)
            #expect(try await shop.run("fulfil", "pick", id, "MUG-WHITE=2").status == 0)
            #expect(try await shop.run("fulfil", "pack", id, "700g").status == 0)
            #expect(try await shop.run("fulfil", "undelivered", id).status == 4)
            #expect(try await shop.run("fulfil", "ship", id).status == 0)
            let kept = try await shop.run("fulfil", "undelivered", id, "--disposition", "keep")
            #expect(kept.status == 2)
            #expect(kept.errors.contains("disposition"), "\(kept.errors)")
            let wrong = try await shop.run("fulfil", "undelivered", id, "2=1:scrap")
            #expect(wrong.status == 2)
            #expect(wrong.errors.contains("lines[0].line_number"), "\(wrong.errors)")
            let back = try await shop.run("fulfil", "undelivered", id, "1=1:scrap", "--reason", "nobody there")
            #expect(back.output.contains("fulfilment \(id) is returned"), "\(back.errors)")
            #expect(back.output.contains("order \(order) is returned"), "\(back.output)")
            #expect(try await shop.run("fulfil", "deliver", id).status == 4)
            #expect(try await shop.run("doctor", "--data", shop.stores).status == 0)
        }
    }

    @Test(
        "Units that came back",
        arguments: [
            ("1=2:scrap", "1 2 5"), ("3=1:restock-second-grade", "3 1 2"), ("1=2", nil), ("1=2:lost", nil),
            (":scrap", nil), ("1=2:scrap:good", nil), ("", nil),
        ] as [(String, String?)])
    func cameBack(_ text: String, _ expected: String?) {
        let units = UndeliveredUnits(argument: text)
        #expect(units.map { "\($0.line.number) \($0.line.quantity) \($0.disposition.number)" } == expected)
    }

    @Test(
        "Packages, scans and their mistakes on the command line",
        arguments: [
            ("500g", "500 0x0x0 "), ("500g:1x2x3", "500 1x2x3 "), ("1g:1=2+3=4", "1 0x0x0 1=2 3=4"),
            ("1g:2=1:1x1x1", "1 1x1x1 2=1"), ("500", nil), ("g", nil), ("5g:1x2", nil), ("5g:1=x", nil),
            ("5g:1=1:1x1x1:2", nil), ("", nil),
        ] as [(String, String?)])
    func packages(_ text: String, _ expected: String?) {
        let package = PackedPackage(argument: text)
        let shown = package.map { package in
            "\(package.grams) \(package.sides.map { "\($0)" }.joined(separator: "x")) "
                + package.contents.map { "\($0.number)=\($0.quantity)" }.joined(separator: " ")
        }
        #expect(shown == expected)
    }

    @Test(
        "Scans",
        arguments: [("A", "A 1"), ("A=3", "A 3"), ("A=B=2", "A=B 2"), ("=2", nil), ("A=x", nil), ("", nil)]
            as [(String, String?)])
    func scans(_ text: String, _ expected: String?) {
        #expect(ScannedCode(argument: text).map { "\($0.code) \($0.quantity)" } == expected)
    }
}

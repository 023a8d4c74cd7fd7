import Crypto
import Domain
import Foundation
import ReviewHook
import Testing

@Suite("The fraud check over HTTP")
struct HTTPFraudCheckTests {
    private static let secret = "a secret of enough bytes"

    private static func question() throws -> FraudCase {
        let pounds = try #require(Currency(code: "GBP"))
        let price = try #require(UnitPrice(units: 4, nanos: 950_000_000))
        return FraudCase(
            id: EntityID(high: 1, low: 2), order: EntityID(high: 3, low: 4), channel: "web", externalID: "W-1",
            customer: Customer(id: "C7", name: "Ann \"Lee\"", email: "ann@example.org", country: "GB"),
            delivery: OrderDelivery(
                method: .ship,
                shipTo: Address(
                    name: "Ann", lines: ["1 High St"], city: "Leeds", postcode: "LS1 4DY", country: "GB",
                    place: .init(latitude: 53.8, longitude: -1.5)), service: "EXPRESS"),
            currency: pounds, owedMinor: 990, lines: [.init(sku: "MUG", quantity: 2, unitPrice: price)],
            placedAt: Instant(microseconds: 1_764_151_500_123_456))
    }

    private static func verdict(
        _ script: @escaping @Sendable (Int) -> [HookServer.Step], within milliseconds: Int32 = 20_000
    ) async throws -> (FraudVerdict, [HookServer.Request]) {
        try await HookServer.with(script) { server, url in
            let check = HTTPFraudCheck(try FraudCheckSettings(url: url, secret: secret), now: { 1_764_151_501 })
            let verdict = await check.verdict(on: try question(), within: milliseconds)
            try await check.close()
            return (verdict, server.requests)
        }
    }

    @Test(
        "Three verdicts are understood, with their reasons",
        arguments: [
            (#"{"verdict":"accept"}"#, FraudVerdict.accepted),
            (#"{"verdict":"accept","reason":"fine","score":3}"#, .accepted),
            (#"{"verdict":"review","reason":"new card"}"#, .suspected("new card")),
            (#"{"verdict":"review"}"#, .suspected("no reason was given")),
            (#"{"verdict":"reject","reason":"stolen"}"#, .rejected("stolen")),
        ])
    func verdicts(body: String, wanted: FraudVerdict) async throws {
        let (verdict, _) = try await Self.verdict { _ in [.send(HookServer.answer("200 OK", body))] }
        #expect(verdict == wanted)
    }

    @Test("The question is signed, whole and named")
    func question() async throws {
        let (_, requests) = try await Self.verdict { _ in
            [.send(HookServer.answer("200 OK", #"{"verdict":"accept"}"#))]
        }
        let request = try #require(requests.first)
        #expect(request.head.hasPrefix("POST /check HTTP/1.1"))
        #expect(request.header("content-type") == "application/json")
        #expect(request.header("idempotency-key") == EntityID(high: 1, low: 2).description)
        let code = HMAC<SHA256>.authenticationCode(
            for: Data("1764151501.\(request.body)".utf8), using: SymmetricKey(data: Data(Self.secret.utf8)))
        let hex = code.map { String(format: "%02x", $0) }.joined()
        #expect(request.header("holdfast-signature") == "t=1764151501,v1=\(hex)")
        let json = try #require(
            try JSONSerialization.jsonObject(with: Data(request.body.utf8)) as? [String: Any])
        #expect(json["check_id"] as? String == EntityID(high: 1, low: 2).description)
        #expect(json["order_id"] as? String == EntityID(high: 3, low: 4).description)
        #expect(json["owed_minor"] as? Int == 990)
        #expect(json["placed_at"] as? String == "2025-11-26T10:05:00Z")
        let customer = try #require(json["customer"] as? [String: Any])
        #expect(customer["name"] as? String == "Ann \"Lee\"")
        let delivery = try #require(json["delivery"] as? [String: Any])
        #expect(delivery["method"] as? String == "ship")
        #expect((delivery["ship_to"] as? [String: Any])?["postcode"] as? String == "LS1 4DY")
        let lines = try #require(json["lines"] as? [[String: Any]])
        #expect(lines.first?["unit_price"] as? String == "4.95")
    }

    @Test(
        "Whatever is no answer is unavailable, and never a pass",
        arguments: [
            [HookServer.Step.close],
            [.send("nonsense\r\n\r\n"), .close],
            [.send(HookServer.answer("500 Internal Server Error", #"{"verdict":"accept"}"#))],
            [.send("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n")],
            [.send(HookServer.answer("200 OK", #"{"verdict":"maybe"}"#))],
            [.send(HookServer.answer("200 OK", #"{"verdict":7}"#))],
            [.send(HookServer.answer("200 OK", "[]"))],
            [.send(HookServer.answer("200 OK", ""))],
            [.send(HookServer.answer("200 OK", String(repeating: " ", count: 70_000) + #"{"verdict":"accept"}"#))],
            [.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"verdict\":\"accept\"}"), .close],
        ])
    func broken(script: [HookServer.Step]) async throws {
        let (verdict, _) = try await Self.verdict { _ in script }
        guard case .unavailable(let how) = verdict else {
            Issue.record("\(verdict)")
            return
        }
        #expect(!how.isEmpty)
    }

    @Test(
        "An answer after the time limit counts as none, wherever it stops",
        arguments: [
            [HookServer.Step.pause(milliseconds: 60_000)],
            [
                .send("HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{\"verdict\""),
                .pause(milliseconds: 60_000), .send(":\"accept\"}"),
            ],
        ])
    func late(script: [HookServer.Step]) async throws {
        let (verdict, _) = try await Self.verdict({ _ in script }, within: 200)
        #expect(verdict == .unavailable("it did not answer within 200 ms"))
    }

    @Test("Nobody there is unavailable too")
    func nobody() async throws {
        let check = HTTPFraudCheck(try FraudCheckSettings(url: "http://127.0.0.1:1/", secret: Self.secret))
        let verdict = await check.verdict(on: try Self.question(), within: 5_000)
        try await check.close()
        #expect(verdict != .accepted)
    }

    @Test("Orders go over https only, or to this machine, and only signed")
    func settings() throws {
        for url in ["", "check", "ftp://example.org/", "http://example.org/", "http://127.0.0.1.example.org/"] {
            #expect(throws: FraudCheckSettingsError.self) { try FraudCheckSettings(url: url, secret: Self.secret) }
        }
        for url in ["https://example.org/check", "http://localhost:8080/", "http://127.0.0.1/"] {
            #expect(try FraudCheckSettings(url: url, secret: Self.secret).url == url)
        }
        #expect(throws: FraudCheckSettingsError.self) {
            try FraudCheckSettings(url: "https://example.org/", secret: "short")
        }
    }
}

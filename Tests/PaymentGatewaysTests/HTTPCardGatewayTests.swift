import Domain
import HoldfastTesting
import Logging
import NIOCore
import PaymentGateways
import Testing

@Suite("A card gateway over HTTP")
struct HTTPCardGatewayTests {
    private static let limit = TimeAmount.milliseconds(500)

    /// Runs a body with an honest request and a gateway that asks the scripted one.
    private func with(
        secret: String = ScriptedGateway.secret, limit: TimeAmount = limit,
        _ body: @Sendable (ScriptedGateway, HTTPCardGateway, GatewayRequest) async throws -> Void
    ) async throws {
        try await ScriptedGateway.with { scripted in
            var quiet = Logger(label: "test")
            quiet.logLevel = .critical
            let gateway = HTTPCardGateway(
                settings: HTTPCardGatewaySettings(url: scripted.url, secret: secret, timeLimit: limit), logger: quiet)
            let pounds = try #require(Currency(code: "GBP"))
            let request = GatewayRequest(
                key: .fresh, action: .authorize, amount: 1_250, currency: pounds, token: "tok-1", order: .fresh,
                madeAt: Instant(microseconds: 1_764_000_000_000_000))
            let result: Result<Void, any Error>
            do { result = .success(try await body(scripted, gateway, request)) } catch { result = .failure(error) }
            try await gateway.shutdown()
            try result.get()
        }
    }

    @Test("It holds, takes, gives back and lets go, each under its key")
    func actions() async throws {
        try await with(limit: .seconds(30)) { scripted, gateway, authorize in
            guard case .approved(let hold, _) = await gateway.perform(authorize) else {
                Issue.record("not approved")
                return
            }
            var capture = authorize
            capture.key = .fresh
            capture.action = .capture
            capture.amount = 1_000
            capture.token = ""
            capture.reference = hold
            guard case .approved(let taken, _) = await gateway.perform(capture) else {
                Issue.record("not approved")
                return
            }
            #expect(scripted.held == 250)
            var refund = capture
            refund.key = .fresh
            refund.action = .refund
            refund.amount = 400
            refund.reference = taken
            guard case .approved = await gateway.perform(refund) else {
                Issue.record("not approved")
                return
            }
            var void = capture
            void.key = .fresh
            void.action = .void
            void.amount = 250
            guard case .approved = await gateway.perform(void) else {
                Issue.record("not approved")
                return
            }
            #expect(scripted.kept == 600)
            #expect(scripted.held == 0)
            #expect(scripted.reusedKeys == 0)
        }
    }

    @Test("The same key again is done once and told the same")
    func repeated() async throws {
        try await with(limit: .seconds(30)) { scripted, gateway, request in
            scripted.script(.authorize, .duplicate)
            let first = await gateway.perform(request)
            #expect(await gateway.perform(request) == first)
            #expect(await gateway.lookUp(request) == .ended(first))
            #expect(scripted.entries.count == 1)
            #expect(scripted.requests(request.key) == 2)
            #expect(scripted.reusedKeys == 0)
        }
    }

    @Test(
        "A hold lapses when the gateway says so, and the key tells the same later",
        arguments: [
            ("2026-12-03T14:05:00Z", 1_796_306_700_000_000), ("2026-12-03T15:05:00+01:00", 1_796_306_700_000_000),
            ("2026-12-03T14:05:00.250Z", 1_796_306_700_250_000), (nil, nil),
        ] as [(String?, Int64?)])
    func expiry(text: String?, microseconds: Int64?) async throws {
        try await with(limit: .seconds(30)) { scripted, gateway, request in
            scripted.setHoldExpiry(text)
            let approved = GatewayOutcome.approved(
                reference: "gw-1", expiresAt: microseconds.map { Instant(microseconds: $0) })
            #expect(await gateway.perform(request) == approved)
            #expect(await gateway.lookUp(request) == .ended(approved))
        }
    }

    @Test(
        "A hold that lapses at no time that can be read is unknown, never approved without end",
        arguments: ["", "soon", "2026-12-03", "2026-13-03T14:05:00Z", "1796306700"])
    func noExpiry(text: String) async throws {
        try await with(limit: .seconds(30)) { scripted, gateway, request in
            scripted.setHoldExpiry(text)
            guard case .unknown(.unreadable) = await gateway.perform(request) else {
                Issue.record("\(text) was taken for a time")
                return
            }
        }
    }

    @Test(
        "A hold that has lapsed before it was asked for is unknown, and people are told",
        arguments: ["2025-11-24T16:00:00Z", "2020-01-01T00:00:00Z", "1970-01-01T00:00:00Z"])
    func lapsedBefore(text: String) async throws {
        try await with(limit: .seconds(30)) { scripted, gateway, request in
            scripted.setHoldExpiry(text)
            for outcome in [await gateway.perform(request), await gateway.perform(request)] {
                guard case .unknown(let why) = outcome else {
                    Issue.record("\(text) was taken for a time after the hold was asked for")
                    return
                }
                #expect(why.isAlarming)
            }
            guard case .ended(.unknown(let why)) = await gateway.lookUp(request) else {
                Issue.record("\(text) was believed when it was asked for")
                return
            }
            #expect(why.isAlarming)
            scripted.setHoldExpiry("2025-11-24T16:00:01Z")
            #expect(
                await gateway.lookUp(request)
                    == .ended(
                        .approved(reference: "gw-1", expiresAt: Instant(microseconds: 1_764_000_001_000_000))))
        }
    }

    @Test("A decline is one where the gateway says so")
    func declined() async throws {
        try await with(limit: .seconds(30)) { scripted, gateway, request in
            scripted.script(.authorize, .decline("insufficient funds"))
            #expect(await gateway.perform(request) == .declined(reason: "insufficient funds"))
            #expect(await gateway.lookUp(request) == .ended(.declined(reason: "insufficient funds")))
        }
    }

    static let troubles: [(ScriptedGateway.Behaviour, Bool)] = [
        (.dropUnseen, false), (.dropDone, true), (.failUnseen, false), (.failDone, true),
        (.delayDone(milliseconds: 60_000), true), (.delayUnseen(milliseconds: 60_000), false), (.garbage, true),
        (.wrongAmount, true), (.wrongKey, true), (.wrongCurrency, true), (.trickle, true),
    ]

    @Test(
        "What is no clear answer is unknown, never declined, and the key tells later what it was", arguments: troubles)
    func unknown(behaviour: ScriptedGateway.Behaviour, isDone: Bool) async throws {
        try await with { scripted, gateway, request in
            scripted.script(.authorize, behaviour)
            guard case .unknown(let why) = await gateway.perform(request) else {
                Issue.record("\(behaviour) was taken for an answer")
                return
            }
            let isLie = [.wrongAmount, .wrongKey, .wrongCurrency].contains(behaviour)
            #expect(why.isAlarming == isLie)
            #expect(!"\(why)".contains(ScriptedGateway.secret))
            #expect(scripted.entries.count == (isDone ? 1 : 0))
            let found = await gateway.lookUp(request)
            #expect(found == (isDone ? .ended(.approved(reference: "gw-1")) : .neverSeen))
            #expect(await gateway.perform(request) == .approved(reference: "gw-1"))
            #expect(scripted.entries.count == 1)
        }
    }

    @Test("A question that is not answered clearly leaves it unknown")
    func questions() async throws {
        try await with { scripted, gateway, request in
            guard case .approved = await gateway.perform(request) else {
                Issue.record("not approved")
                return
            }
            for behaviour in [
                ScriptedGateway.Behaviour.dropDone, .failDone, .wrongAmount, .delayDone(milliseconds: 60_000),
            ] {
                scripted.scriptLookUps(behaviour)
                guard case .ended(.unknown) = await gateway.lookUp(request) else {
                    Issue.record("\(behaviour) was taken for an answer")
                    return
                }
            }
            scripted.scriptLookUps(.dropUnseen)
            #expect(await gateway.lookUp(request) == .neverSeen)
        }
    }

    @Test("A wrong secret is no decline, and nobody there neither")
    func credentials() async throws {
        try await with(secret: "wrong") { scripted, gateway, request in
            #expect(await gateway.perform(request) == .unknown(.status(401)))
            #expect(scripted.refusedCredentials == 1)
            #expect(scripted.entries.isEmpty)
        }
        try await with { scripted, gateway, request in
            scripted.setDown(true)
            guard case .unknown(.connection) = await gateway.perform(request) else {
                Issue.record("a closed connection was taken for an answer")
                return
            }
        }
    }

    @Test("Settings that cannot be used are told")
    func settings() {
        func problem(_ url: String, _ secret: String = "s", _ limit: TimeAmount = .seconds(10)) -> String? {
            HTTPCardGatewaySettings(url: url, secret: secret, timeLimit: limit).problem
        }
        #expect(problem("https://pay.example/v1") == nil)
        #expect(problem("http://127.0.0.1:8080/v1") == nil)
        #expect(problem("http://pay.example/v1") != nil)
        #expect(problem("pay.example") != nil)
        #expect(problem("https://user@pay.example") != nil)
        #expect(problem("https://pay.example/?a=b") != nil)
        #expect(problem("https://pay.example", "") != nil)
        #expect(problem("https://pay.example", "two words") != nil)
        #expect(problem("https://pay.example", "s", .milliseconds(99)) != nil)
        #expect(problem("https://pay.example", "s", .seconds(61)) != nil)
    }
}

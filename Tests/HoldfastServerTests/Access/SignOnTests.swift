import FramedTransport
import GRPCCore
import GRPCNIOTransportHTTP2
import HoldfastAPI
import HoldfastTesting
import NIOCore
import NIOPosix
import SwiftProtobuf
import Testing

@testable import HoldfastServer

/// How a token comes to a server.
enum TokenRoute: CaseIterable, Sendable {
    /// In the first request of a framed connection.
    case firstRequest
    /// In the metadata of a framed call.
    case framedCall
    /// In the metadata of a call over HTTP/2.
    case http2
}

/// A whole server that takes the tokens of a company's sign-on, and nothing else.
private struct SignOnServer: Sendable {
    static let whoAmI = "holdfast.v1.AccessService/GetCaller"

    let signOn: CompanySignOn
    private let addresses: ListeningAddresses
    private let http2: GRPCClient<HTTP2ClientTransport.Posix>

    static func with(_ body: @Sendable (SignOnServer) async throws -> Void) async throws {
        try await CompanySignOn.with { signOn in
            try await RunningServer.with(settings: { settings in
                settings.allowsAnonymous = false
                settings.signOn = signOn.settings
            }) { running in
                let port = try #require(running.addresses.grpc?.port)
                let transport = try HTTP2ClientTransport.Posix.http2NIOPosix(
                    target: .ipv4(address: "127.0.0.1", port: port), transportSecurity: .plaintext)
                try await withGRPCClient(transport: transport) { client in
                    try await body(SignOnServer(signOn: signOn, addresses: running.addresses, http2: client))
                }
            }
        }
    }

    /// Runs a body with a framed connection whose first request carries this credential; an empty one is none.
    func connected<R: Sendable>(
        _ credential: String = "", _ body: (FramedClientConnection) async throws -> R
    ) async throws -> R {
        var configuration = FramedClientConfiguration()
        configuration.authenticationData = Array(credential.utf8)
        let connection = try await FramedClientConnection.connect(
            to: addresses.tcp, on: MultiThreadedEventLoopGroup.singleton, configuration: configuration)
        let result: Result<R, any Error>
        do { result = .success(try await body(connection)) } catch { result = .failure(error) }
        try await connection.close()
        return try result.get()
    }

    func call(
        _ method: String, _ message: [UInt8] = [], token: String, _ route: TokenRoute
    ) async throws -> Answer {
        let metadata: Metadata = ["authorization": "Bearer \(token)"]
        switch route {
        case .firstRequest: return try await connected(token) { try await Answer.of($0, method, message) }
        case .framedCall: return try await connected { try await Answer.of($0, method, message, metadata) }
        case .http2: return try await Answer.of(http2, method, message, metadata)
        }
    }

    /// Fills the shop: two channels, two locations, ten of one article at each.
    func fill() async throws {
        let admin = try signOn.token(of: "oms-admins", ["sub": "\"it\""])
        func make(_ method: String, _ request: some Message) async throws {
            let answer = try await call("holdfast.v1.\(method)", request.serializedBytes(), token: admin, .http2)
            guard answer.code == nil else { throw TestFailure("\(method): \(answer)") }
        }
        try await make(
            "CatalogService/UpsertChannels",
            Holdfast_V1_UpsertChannelsRequest.with { request in
                request.requestID = "00000000-0000-4000-8000-000000000001"
                request.channels = ["web", "shop"].map { code in
                    .with {
                        $0.code = code
                        $0.currencyCode = "GBP"
                    }
                }
            })
        try await make(
            "CatalogService/UpsertLocations",
            Holdfast_V1_UpsertLocationsRequest.with { request in
                request.requestID = "00000000-0000-4000-8000-000000000002"
                request.locations = ["L1", "L2"].map { code in .with { $0.code = code } }
            })
        try await make(
            "CatalogService/UpsertProducts",
            Holdfast_V1_UpsertProductsRequest.with { request in
                request.requestID = "00000000-0000-4000-8000-000000000003"
                request.products = [
                    .with {
                        $0.sku = "A"
                        $0.tracked = true
                    }
                ]
            })
        try await make(
            "InventoryService/ReceiveStock",
            Holdfast_V1_ReceiveStockRequest.with { request in
                request.movementID = "00000000-0000-4000-8000-000000000004"
                request.lines = ["L1", "L2"].map { code in
                    .with {
                        $0.sku = "A"
                        $0.location = code
                        $0.quantity = 10
                    }
                }
            })
    }
}

@Suite("Tokens of the single sign-on at a running server", .serialized)
struct SignOnTests {
    private static func reserve(_ id: String, _ channel: String, _ location: String) throws -> [UInt8] {
        try Holdfast_V1_ReserveRequest.with {
            $0.reservationID = id
            $0.channel = channel
            $0.lines = [
                .with {
                    $0.sku = "A"
                    $0.location = location
                    $0.quantity = 1
                }
            ]
        }.serializedBytes()
    }

    @Test("A good token is let in on both ports and may do what its groups and scopes say, no more")
    func rights() async throws {
        try await SignOnServer.with { server in
            try await server.fill()
            let token = try server.signOn.token(
                of: "shop-staff", ["holdfast_channels": "[\"web\"]", "holdfast_locations": "\"L1\""])
            for (number, route) in TokenRoute.allCases.enumerated() {
                let answer = try await server.call(SignOnServer.whoAmI, token: token, route)
                #expect(answer.code == nil, "\(route): \(answer)")
                let me = try Holdfast_V1_GetCallerResponse(serializedBytes: answer.body)
                #expect(me.caller == "sso:till-7")
                #expect(me.roles == [.pos])
                #expect(me.scope.channels == ["web"] && !me.scope.allChannels)
                #expect(me.scope.locations == ["L1"] && !me.scope.allLocations)

                let id = "00000000-0000-4000-8000-00000000001\(number)"
                let method = "holdfast.v1.ReservationService/Reserve"
                for (channel, location) in [("shop", "L1"), ("web", "L2"), ("nowhere", "L1")] {
                    let outside = try await server.call(
                        method, Self.reserve(id, channel, location), token: token, route)
                    #expect(outside.code == .permissionDenied, "\(route) \(channel) \(location): \(outside)")
                }
                let inside = try await server.call(method, Self.reserve(id, "web", "L1"), token: token, route)
                #expect(inside.code == nil, "\(route): \(inside)")
                for other in [
                    "InventoryService/ReceiveStock", "AccessService/ListApiKeys", "OperationsService/CheckBooks",
                ] {
                    let refused = try await server.call("holdfast.v1.\(other)", token: token, route)
                    #expect(refused.code == .permissionDenied, "\(route) \(other): \(refused)")
                }
            }
        }
    }

    @Test("A token of a call goes before that of its connection, for that call alone")
    func callsOfOthers() async throws {
        try await SignOnServer.with { server in
            let till = try server.signOn.token(of: "shop-staff")
            let admin = try server.signOn.token(of: "oms-admins", ["sub": "\"it\""])
            try await server.connected(till) { connection in
                let calls: [(String?, String)] = [(nil, "sso:till-7"), (admin, "sso:it"), (nil, "sso:till-7")]
                for (credential, caller) in calls {
                    let metadata: Metadata = credential.map { ["authorization": "Bearer \($0)"] } ?? [:]
                    let answer = try await Answer.of(connection, SignOnServer.whoAmI, [], metadata)
                    #expect(answer.code == nil, "\(answer)")
                    #expect(try Holdfast_V1_GetCallerResponse(serializedBytes: answer.body).caller == caller)
                }
            }
        }
    }

    /// Tokens that must not be let in, by what is wrong with them, in two halves: an address that fails too often would
    /// be refused for that.
    private static func bad(_ signOn: CompanySignOn) async throws -> [[(String, String)]] {
        let good = CompanySignOn.claims(of: "oms-admins")
        let none = CompanySignOn.header("none")
        let strangers = try await CompanySignOn.with { try $0.token(of: "oms-admins") }
        return [
            [
                ("expired", try signOn.token(of: "oms-admins", ["exp": "\(CompanySignOn.now - 1)"])),
                ("for others", try signOn.token(of: "oms-admins", ["aud": "\"billing\""])),
                ("of another issuer", try signOn.token(of: "oms-admins", ["iss": "\"https://evil.example\""])),
                ("of another key", strangers),
            ],
            [
                ("of no algorithm, unsigned", CompanySignOn.unsigned(header: none, claims: good) + "."),
                ("of no algorithm, signed", try signOn.signed(header: none, claims: good)),
                ("without a group that means anything", try signOn.token(of: "visitors")),
            ],
        ]
    }

    @Test(
        "A token that is expired, for others, unsigned or of another key or issuer is UNAUTHENTICATED on both ports",
        arguments: 0...1)
    func refused(half: Int) async throws {
        try await SignOnServer.with { server in
            for (what, token) in try await Self.bad(server.signOn)[half] {
                for route in TokenRoute.allCases {
                    let answer = try await server.call(SignOnServer.whoAmI, token: token, route)
                    #expect(answer.code == .unauthenticated, "\(what), \(route): \(answer)")
                    #expect(answer.reason == "UNAUTHENTICATED", "\(what), \(route): \(answer)")
                    #expect(!answer.message.hasPrefix("too many"), "\(what), \(route): \(answer)")
                }
            }
        }
    }

    @Test("After a refused first request the connection is closed; after a refused call it goes on")
    func connections() async throws {
        try await SignOnServer.with { server in
            let bad = try server.signOn.token(of: "oms-admins", ["aud": "\"billing\""])
            try await server.connected(bad) { connection in
                #expect(try await Answer.of(connection, SignOnServer.whoAmI, []).code == .unauthenticated)
                try await connection.closeFuture.get()
            }
            try await server.connected(try server.signOn.token(of: "shop-staff")) { connection in
                let metadata: Metadata = ["authorization": "Bearer \(bad)"]
                let refused = try await Answer.of(connection, SignOnServer.whoAmI, [], metadata)
                #expect(refused.code == .unauthenticated, "\(refused)")
                let next = try await Answer.of(connection, SignOnServer.whoAmI, [])
                #expect(next.code == nil, "\(next)")
            }
        }
    }

    @Test("A token that expires is refused from then on, on a connection that stands too, and not before")
    func expiry() async throws {
        try await SignOnServer.with { server in
            let end = CompanySignOn.now + 3
            let token = try server.signOn.token(of: "shop-staff", ["exp": "\(end)"])
            try await server.connected(token) { connection in
                try await expectEnd(end) { try await Answer.of(connection, SignOnServer.whoAmI, []) }
            }
            let later = CompanySignOn.now + 3
            let other = try server.signOn.token(of: "shop-staff", ["exp": "\(later)"])
            for route in [TokenRoute.framedCall, .http2] {
                try await expectEnd(later) { try await server.call(SignOnServer.whoAmI, token: other, route) }
            }
        }
    }

    /// Makes calls until one is refused, which must not be before the token's end.
    private func expectEnd(_ end: Int64, _ call: () async throws -> Answer) async throws {
        var answer = try await call()
        while answer.code == nil {
            try await Task.sleep(for: .milliseconds(20))
            answer = try await call()
        }
        #expect(answer.code == .unauthenticated, "\(answer)")
        #expect(CompanySignOn.now >= end)
    }
}

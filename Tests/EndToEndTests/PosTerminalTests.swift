import Domain
import Foundation
import FramedTransport
import GRPCCore
import HoldfastAPI
import HoldfastTesting
import NIOPosix
import SwiftProtobuf
import Testing

@Suite("A till in C, under valgrind", .serialized)
struct PosTerminalTests {
    @Test("reserves and sells; the server is killed in the middle of both calls, and nothing is taken twice")
    func sells() async throws {
        try Till.build()
        try await ServedStack.with { stack in
            try await TillShop.open(port: stack.port)
            let till = try Till([
                "127.0.0.1", "\(stack.port)", "--wait", "--timeout", "600", "--attempts", "500", "MUG=2@4.95",
                "APRON=1@12.505",
            ])
            try await till.awaitLine("reserving")
            try await stack.killInCall { till.pressEnter() }
            try await till.awaitLine("selling")
            try await stack.killInCall { till.pressEnter() }
            #expect(till.end() == 0, "\(till.text)")
            let lines = till.text.split(separator: "\n")
            #expect(lines.contains("stock: MUG 10 at HIGH-STREET, enough"))
            #expect(lines.contains("reconnected: the same reservation gives the same answer"))
            // Each of the two calls was under way when its server died.
            #expect(lines.contains { $0.hasPrefix("reserved: ") && !$0.hasSuffix("(1 tries)") })
            #expect(lines.contains { $0.hasPrefix("sold: ") && !$0.hasSuffix("(1 tries)") })
            #expect(lines.last?.split(separator: " ") == ["total", "22.40", "GBP"])
            #expect(try await TillShop.available("MUG", port: stack.port) == 8)
            #expect(try await TillShop.available("APRON", port: stack.port) == 2)
        }
    }

    @Test("shows what was short, sells goods in hand all the same, and explains wrong fields")
    func refusals() async throws {
        try Till.build()
        try await ServedStack.with { stack in
            try await TillShop.open(port: stack.port)
            let server = ["127.0.0.1", "\(stack.port)"]
            let short = try Till.run(server + ["MUG=11@4.95", "APRON=5@1"])
            #expect(short.status == 4, "\(short.text)")
            #expect(short.text.contains("  short: line 1 MUG wants 11, 10 available\n"))
            #expect(short.text.contains("  short: line 2 APRON wants 5, 3 available\n"))
            #expect(short.text.contains("  reason STOCK_SHORTAGE\n"))
            let inHand = try Till.run(server + ["--goods-in-hand", "MUG=11@4.95"])
            #expect(inHand.status == 0, "\(inHand.text)")
            #expect(inHand.text.contains("  1 units more than the books had"))
            let wrong = try Till.run(server + ["--reservation-id", String(repeating: "x", count: 36), "APRON=1@1"])
            #expect(wrong.status == 1)
            #expect(wrong.text.contains("  reservation_id: "), "\(wrong.text)")
            let foreign = try Till.run(server + ["--channel", "NONE", "APRON=1@1"])
            #expect(foreign.status == 1)
        }
    }

    @Test("sells over TLS, with a certificate of its own where asked, and trusts nobody it does not know")
    func tls() async throws {
        try Till.build()
        let secrets = try TillSecrets.make()
        try await ServedStack.with { stack in
            try await TillShop.open(port: stack.port)
            let certified = ["--tls-certificate", secrets.certificate, "--tls-key", secrets.key]
            try await stack.besideServer(certified) { port in
                let server = ["127.0.0.1", "\(port)", "--attempts", "2", "--timeout", "10", "MUG=1@4.95"]
                let sold = try Till.run(server + ["--ca", secrets.authority])
                #expect(sold.status == 0, "\(sold.text)")
                #expect(sold.text.contains("reconnected: the same reservation gives the same answer"))
                for distrust in [
                    ["--tls"], ["--ca", secrets.tillCertificate],
                    ["--ca", secrets.authority, "--server-name", "other.example"],
                ] {
                    let refused = try Till.run(server + distrust)
                    #expect(refused.status == 1)
                    #expect(refused.text.hasPrefix("health: not secure (UNAUTHENTICATED, 1 tries)"), "\(refused.text)")
                }
                let plain = try Till.run(server)
                #expect(plain.status == 1, "\(plain.text)")
            }
            try await stack.besideServer(certified + ["--tls-client-ca", secrets.tillCertificate]) { port in
                let server = ["127.0.0.1", "\(port)", "--attempts", "2", "--timeout", "10", "MUG=1@4.95"]
                let known = try Till.run(
                    server + [
                        "--ca", secrets.authority, "--certificate", secrets.tillCertificate, "--key", secrets.tillKey,
                    ])
                #expect(known.status == 0, "\(known.text)")
                let unknown = try Till.run(server + ["--ca", secrets.authority])
                #expect(unknown.status == 1, "\(unknown.text)")
            }
            #expect(try await TillShop.available("MUG", port: stack.port) == 8)
        }
    }

    @Test("sells with a key of its own; a wrong one, or none, is refused once and not tried again")
    func keys() async throws {
        try Till.build()
        try await ServedStack.with { stack in
            try await TillShop.open(port: stack.port)
            let key = try stack.makeKey([
                "--name", "Till 7", "--role", "pos", "--channel", "TILLS", "--location", "HIGH-STREET",
            ])
            let kiosk = try stack.makeKey(["--name", "Screen", "--role", "kiosk"])
            let wrong = TestDirectory.make("wrong-key") + "/key"
            try "hf_aaaaaaaaaaaa_\(String(repeating: "b", count: 43))\n".write(
                toFile: wrong, atomically: true, encoding: .utf8)
            try await stack.besideClosedServer { ports in
                let server = ["127.0.0.1", "\(ports.framed)", "--attempts", "10", "--timeout", "60"]
                let sold = try Till.run(server + ["--key-file", key, "MUG=1@4.95"])
                #expect(sold.status == 0, "\(sold.text)")
                // The key goes with each connection, so also with the one after the first was closed.
                #expect(sold.text.contains("reconnected: the same reservation gives the same answer"))
                let unknown = try Till.run(server + ["--key-file", wrong, "MUG=1@4.95"])
                #expect(unknown.status == 1)
                #expect(
                    unknown.text
                        == "health: UNAUTHENTICATED: the credentials are not valid (UNAUTHENTICATED, 1 tries)\n"
                        + "  reason UNAUTHENTICATED\n")
                // Health is open to everybody; stock is not.
                let nobody = try Till.run(server + ["MUG=1@4.95"])
                #expect(nobody.status == 1)
                #expect(nobody.text.hasPrefix("health: serving\nstock: UNAUTHENTICATED: "), "\(nobody.text)")
                #expect(nobody.text.contains("(UNAUTHENTICATED, 1 tries)"), "\(nobody.text)")
                let screen = try Till.run(server + ["--key-file", kiosk, "--goods-in-hand", "MUG=1@4.95"])
                #expect(screen.status == 1)
                #expect(
                    screen.text.contains("(PERMISSION_DENIED, 1 tries)\n  reason PERMISSION_DENIED\n"), "\(screen.text)"
                )
            }
            #expect(try await TillShop.available("MUG", port: stack.port) == 9)
        }
    }

    @Test("says that no server is there, after its tries")
    func noServer() throws {
        try Till.build()
        let ended = try Till.run(["127.0.0.1", "1", "--attempts", "2", "MUG=1@1"])
        #expect(ended.status == 1)
        #expect(ended.text.contains("health: cannot connect (UNAVAILABLE, 2 tries)"), "\(ended.text)")
    }
}

/// A shop with one till.
enum TillShop {
    /// Loads it: ten mugs and three aprons.
    static func open(port: Int) async throws {
        try await with(port) { client in
            let catalogue = Holdfast_V1_CatalogService.Client(wrapping: client)
            _ = try await catalogue.upsertChannels(
                .with {
                    $0.requestID = EntityID.fresh.description
                    $0.channels = [
                        .with {
                            $0.code = "TILLS"
                            $0.name = "Tills"
                            $0.currencyCode = "GBP"
                        }
                    ]
                })
            _ = try await catalogue.upsertLocations(
                .with {
                    $0.requestID = EntityID.fresh.description
                    $0.locations = [
                        .with {
                            $0.code = "HIGH-STREET"
                            $0.name = "Shop"
                        }
                    ]
                })
            _ = try await catalogue.upsertProducts(
                .with {
                    $0.requestID = EntityID.fresh.description
                    $0.products = ["MUG", "APRON"].map { sku in
                        .with {
                            $0.sku = sku
                            $0.name = sku
                            $0.tracked = true
                        }
                    }
                })
            _ = try await Holdfast_V1_InventoryService.Client(wrapping: client).receiveStock(
                .with {
                    $0.movementID = EntityID.fresh.description
                    $0.lines = [("MUG", Int64(10)), ("APRON", 3)].map { sku, quantity in
                        .with {
                            $0.sku = sku
                            $0.location = "HIGH-STREET"
                            $0.quantity = quantity
                        }
                    }
                })
        }
    }

    /// What is available now.
    static func available(_ sku: String, port: Int) async throws -> Int64? {
        try await with(port) { client in
            try await Holdfast_V1_AvailabilityService.Client(wrapping: client).checkAvailability(
                .with {
                    $0.items = [.with { $0.sku = sku }]
                    $0.consistency = .fresh
                }
            ).items.first?.available
        }
    }

    private static func with<R: Sendable>(
        _ port: Int, _ body: @Sendable @escaping (GRPCClient<FramedClientTransport>) async throws -> R
    ) async throws -> R {
        let transport = FramedClientTransport(
            host: "127.0.0.1", port: port, eventLoopGroup: MultiThreadedEventLoopGroup.singleton)
        return try await withGRPCClient(transport: transport) { try await body($0) }
    }
}

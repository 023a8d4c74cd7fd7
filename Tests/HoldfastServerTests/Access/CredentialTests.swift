import AccessTokens
import Domain
import Foundation
import GRPCCore
import HoldfastAPI
import HoldfastServices
import HoldfastTesting
import Ledger
import NIOCore
import PostgresClient
import SwiftProtobuf
import Testing

@testable import HoldfastServer

@Suite("Credentials")
struct CredentialTests {
    private static let whoAmI = "holdfast.v1.AccessService/GetCaller"

    @Test("A key ends on every server within seconds of its revocation; a rotated one with its overlap")
    func ends() async throws {
        try await AccessStack.with { stack in
            let ledger = stack.deployment.ledger
            let revoked = try await stack.key([.admin])
            let rotated = try await stack.key([.admin])
            for key in [revoked.text, rotated.text] {
                #expect(try await stack.call(Self.whoAmI, by: key, .http2).code == nil)
            }
            _ = try await ledger.revokeKey(.prefix(revoked.key.prefix), caller: "test")
            let minted = SystemKeyMint().mint()
            let draft = ApiKeyDraft(
                id: .fresh, prefix: minted.prefix, secretHash: minted.secretHash, name: "", roles: [],
                scope: .everything, expiresAt: nil, body: [14])
            let made = try await ledger.rotateKey(
                draft, replacing: .id(rotated.key.id), overlapSeconds: 0, caller: "test")
            #expect(made.key.roles == [.admin] && made.replaced?.replacedBy == made.key.id)
            for key in [revoked.text, rotated.text] {
                #expect(
                    try await eventually(within: 10) {
                        try await stack.call(Self.whoAmI, by: key, .http2).code == .unauthenticated
                    })
            }
            #expect(try await stack.call(Self.whoAmI, by: minted.text, .http2).code == nil)
            var other = draft
            other.id = .fresh
            let second = other
            await #expect(throws: Refusal.self) {
                try await ledger.rotateKey(
                    second, replacing: .prefix(revoked.key.prefix), overlapSeconds: 0, caller: "test")
            }
        }
    }

    @Test("An expired key, a wrong secret, an unknown prefix and nonsense are refused in words that tell nothing")
    func wrong() async throws {
        try await AccessStack.with { stack in
            let soon = Instant(microseconds: CallerIdentity.now + 1_000_000)
            let short = try await stack.key([.admin], expiresAt: soon).text
            let good = try await stack.key([.admin]).text
            #expect(
                try await eventually(within: 10) {
                    try await stack.call(Self.whoAmI, by: short, .http2).code == .unauthenticated
                })
            let wrong = [
                String(good.dropLast()) + (good.last == "a" ? "b" : "a"), SystemKeyMint().mint().text, "hf_",
                String(good.prefix(20)), "x.y.z", "eyJhbGciOiJub25lIn0.e30.",
            ]
            for credential in wrong {
                let answer = try await stack.call(Self.whoAmI, by: credential, .http2)
                #expect(answer.code == .unauthenticated && answer.reason == "UNAUTHENTICATED")
                #expect(answer.message == "the credentials are not valid")
            }
            #expect(try await stack.call(Self.whoAmI, by: good, .http2).code == nil)
        }
    }

    @Test("Guessing is slowed down by address, and a good key behind the same address passes")
    func guessing() async throws {
        try await AccessStack.with { stack in
            let good = try await stack.key([.pos]).text
            #expect(try await stack.call(Self.whoAmI, by: good, .http2).code == nil)
            var refusals: [String] = []
            for _ in 0..<60 {
                refusals.append(try await stack.call(Self.whoAmI, by: SystemKeyMint().mint().text, .http2).message)
            }
            #expect(refusals.first == "the credentials are not valid")
            #expect(refusals.contains { $0.hasPrefix("too many failed attempts") })
            #expect(try await stack.call(Self.whoAmI, by: good, .http2).code == nil)
        }
    }

    @Test("Failures of an address come back one by one, and addresses are bounded")
    func limiter() {
        let limiter = GuessLimiter()
        let start = NIODeadline.uptimeNanoseconds(1_000_000_000)
        for port in 0..<20 { limiter.count("ipv4:10.0.0.1:\(port)", now: start) }
        #expect(!limiter.allows("ipv4:10.0.0.1:9", now: start))
        #expect(limiter.allows("ipv4:10.0.0.2:9", now: start))
        #expect(limiter.allows("ipv4:10.0.0.1:9", now: start + .seconds(1)))
        for number in 0..<20_000 { limiter.count("ipv4:10.1.\(number / 256).\(number % 256):1", now: start) }
        #expect(limiter.count <= GuessLimiter.bound + 1)
        #expect(
            GuessLimiter.address(of: "ipv6:[2001:db8::1]:7") == GuessLimiter.address(of: "ipv6:[2001:db8::2:3]:9"))
        #expect(
            GuessLimiter.address(of: "ipv6:[2001:db8::1]:7") != GuessLimiter.address(of: "ipv6:[2001:db9::1]:7"))
    }

    @Test("Hashes are equal only where every byte is, and a missing one equals nothing")
    func comparison() {
        let hash = ApiKeySecret.hash([1, 2, 3])
        #expect(ApiKeySecret.isSame(hash, hash))
        #expect(!ApiKeySecret.isSame(nil, hash))
        #expect(!ApiKeySecret.isSame([], hash))
        for index in hash.indices {
            var other = hash
            other[index] ^= 1
            #expect(!ApiKeySecret.isSame(other, hash))
        }
    }

    @Test("While PostgreSQL is away a known key passes and an unknown one is told to come back")
    func storeAway() async throws {
        try await AccessStack.with { stack in
            let good = try await stack.key([.admin]).text
            let unseen = try await stack.key([.admin])
            #expect(try await stack.call(Self.whoAmI, by: good, .http2).code == nil)
            await stack.deployment.pool.shutdown()
            #expect(try await stack.call(Self.whoAmI, by: good, .http2).code == nil)
            let answer = try await stack.call(Self.whoAmI, by: SystemKeyMint().mint().text, .http2)
            #expect(answer.code == .unavailable, "\(answer) \(unseen.key.prefix)")
        }
    }
}

@Suite("The audit log")
struct AuditTests {
    @Test("Every change names who made it, newest first, by caller and by subject, page by page")
    func events() async throws {
        try await AccessStack.with { stack in
            try await stack.deployment.catalogue(skus: ["A"], locations: ["L1"])
            try await stack.deployment.change(.receive, [("A", "L1", 10)])
            let admin = try await stack.key([.admin])
            let till = try await stack.key([.pos])
            let reservation = EntityID.fresh
            let reserve = Holdfast_V1_ReserveRequest.with {
                $0.reservationID = reservation.description
                $0.channel = TestDeployment.channel
                $0.lines = [
                    .with {
                        $0.sku = "A"
                        $0.quantity = 1
                    }
                ]
            }
            let release = Holdfast_V1_ReleaseReservationRequest.with { $0.reservationID = reservation.description }
            let `extension` = Holdfast_V1_ExtendReservationRequest.with {
                $0.extensionID = EntityID.fresh.description
                $0.reservationID = reservation.description
                $0.ttl = Google_Protobuf_Duration(seconds: 60)
            }
            let service = "holdfast.v1.ReservationService"
            let calls: [(String, [UInt8], Way)] = [
                ("Reserve", try reserve.serializedBytes(), .fastLane),
                ("ExtendReservation", try `extension`.serializedBytes(), .taskLane),
                ("ReleaseReservation", try release.serializedBytes(), .fastLane),
            ]
            for (method, message, way) in calls {
                #expect(try await stack.call("\(service)/\(method)", message, by: till.text, way).code == nil)
            }
            func list(_ request: Holdfast_V1_ListAuditEventsRequest) async throws
                -> Holdfast_V1_ListAuditEventsResponse
            {
                let answer = try await stack.call(
                    "holdfast.v1.AccessService/ListAuditEvents", try request.serializedBytes(), by: admin.text, .http2)
                #expect(answer.code == nil, "\(answer)")
                return try Holdfast_V1_ListAuditEventsResponse(serializedBytes: answer.body)
            }
            let mine = try await list(.with { $0.caller = "key:\(till.key.prefix)" }).events
            #expect(mine.map(\.method) == ["ReleaseReservation", "ExtendReservation", "Reserve"])
            #expect(mine.map(\.subjectID) == ["", reservation.description, ""])
            let subject = try await list(.with { $0.subjectID = reservation.description }).events
            #expect(subject == mine)
            let all = try await list(.init()).events
            #expect(all.map(\.method).contains("CreateApiKey"))
            var walked: [Holdfast_V1_AuditEvent] = []
            var token = ""
            repeat {
                let page = try await list(
                    .with {
                        $0.pageSize = 2
                        $0.pageToken = token
                    })
                walked += page.events
                token = page.nextPageToken
            } while !token.isEmpty
            #expect(walked == all)
        }
    }

    @Test("A key is made once, its secret shown once, and bad names and scopes are refused by field")
    func keys() async throws {
        try await AccessStack.with { stack in
            let admin = try await stack.key([.admin]).text
            var request = Holdfast_V1_CreateApiKeyRequest.with {
                $0.keyID = EntityID.fresh.description
                $0.name = "Till 7"
                $0.roles = [.pos]
                $0.channels = ["web"]
            }
            func create() async throws -> Answer {
                try await stack.call(
                    "holdfast.v1.AccessService/CreateApiKey", try request.serializedBytes(), by: admin, .http2)
            }
            let first = try Holdfast_V1_CreateApiKeyResponse(serializedBytes: try await create().body)
            let again = try Holdfast_V1_CreateApiKeyResponse(serializedBytes: try await create().body)
            #expect(first.secret.hasPrefix("hf_\(first.key.prefix)_") && !first.repeated)
            #expect(again.secret.isEmpty && again.repeated && again.key == first.key)
            #expect(
                try await stack.call("holdfast.v1.OrderService/ListOrders", by: first.secret, .taskLane).code == nil)
            request.channels = ["shop"]
            #expect(try await create().code == .alreadyExists)
            for name in ["", "a\nb", "x\r\nauthorization: y", String(repeating: "x", count: 129)] {
                request.keyID = EntityID.fresh.description
                request.name = name
                #expect(try await create().code == .invalidArgument, "\(name)")
            }
            request.name = "ok"
            request.roles = []
            #expect(try await create().code == .invalidArgument)
            request.roles = [.pos]
            request.expiresAt = Google_Protobuf_Timestamp(seconds: 1)
            #expect(try await create().code == .invalidArgument)
        }
    }
}

import GRPCCore
import NIOCore
import NIOPosix
import Testing

@testable import FramedTransport

@Suite("Credentials", .timeLimit(.minutes(1)))
struct AuthenticationTests {
    @Test("The credential of the first call holds for the connection", arguments: LaneTests.lanes, [true, false])
    func rememberIdentity(service: String, answersAtOnce: Bool) async throws {
        let keys = TestKeys("till-1", answersAtOnce: answersAtOnce)
        try await TestServer.with(keys: keys) { server in
            try await RawPeer.with(server.address) { peer in
                try await peer.call(service, "Who", id: 1, credential: "till-1")
                #expect(try await peer.next()?.said == "TILL-1")
                for id in 2...5 {
                    try await peer.call(service, "Who", id: Int64(id))
                    #expect(try await peer.next()?.said == "TILL-1")
                }
                try await peer.call(service, "Who", id: 6, credential: "till-1")
                #expect(try await peer.next()?.said == "TILL-1")
            }
        }
        #expect(keys.lookups == (answersAtOnce ? [] : ["till-1"]))
    }

    @Test(
        "A missing or wrong credential is answered 1004, and the connection closes", arguments: LaneTests.lanes,
        ["", "till-2", "till-11"])
    func refusesStrangers(service: String, credential: String) async throws {
        let log = CallLog()
        try await TestServer.with(keys: TestKeys("till-1"), observer: log) { server in
            try await RawPeer.with(server.address) { peer in
                // What stands behind the first call must not run either.
                var bytes = RawPeer.request(service, "Hold", id: 1, credential: credential)
                bytes.writeImmutableBuffer(RawPeer.request(service, "Hold", id: 2, credential: "till-1"))
                try await peer.send(Array(buffer: bytes))
                let refusal = try #require(try await peer.next())
                #expect(refusal.id == 1 && refusal.code == 1004)
                #expect(refusal.text.hasPrefix("UNAUTHENTICATED: "))
                let end = try await peer.next()
                #expect(end == nil)
            }
            #expect(server.fast.heldCalls.isEmpty && server.service.started == 0)
        }
        #expect(log.refusals == ["unauthenticated"])
        #expect(log.ended.map(\.status) == [.unauthenticated])
    }

    @Test("Calls that arrive while a credential is looked up wait, and start in their order")
    func holdsCallsBack() async throws {
        let keys = TestKeys("till-1")
        keys.hold()
        try await TestServer.with(keys: keys) { server in
            try await RawPeer.with(server.address) { peer in
                var bytes = RawPeer.request(FastEcho.name, "Hold", id: 1, credential: "till-1")
                for id in 2...20 { bytes.writeImmutableBuffer(RawPeer.request(FastEcho.name, "Hold", id: Int64(id))) }
                try await peer.send(Array(buffer: bytes))
                try await eventually("the credential is looked up") { keys.lookups.count == 1 }
                #expect(server.fast.heldCalls.isEmpty)
                keys.release()
                try await eventually("all calls have started") { server.fast.heldCalls.count == 20 }
                #expect(server.fast.heldCalls.map(\.meta.correlationID) == Array(1...20))
                #expect(keys.lookups.count == 1)
            }
        }
    }

    @Test("A call whose deadline passes while its credential is looked up is answered 1008 and never started")
    func expiresWhileVerifying() async throws {
        let keys = TestKeys("till-1")
        keys.hold()
        try await TestServer.with(keys: keys) { server in
            try await RawPeer.with(server.address) { peer in
                try await peer.call(FastEcho.name, "Hold", id: 1, timeout: 5, credential: "till-1")
                #expect(try await peer.next()?.code == 1008)
                keys.release()
                try await peer.call(FastEcho.name, "Who", id: 2)
                #expect(try await peer.next()?.said == "TILL-1")
                #expect(server.fast.heldCalls.isEmpty)
            }
        }
    }

    @Test("A client that goes while its credential is looked up leaves nothing behind")
    func forgetsTheGone() async throws {
        let keys = TestKeys("till-1")
        keys.hold()
        try await TestServer.with(keys: keys) { server in
            try await RawPeer.with(server.address) { peer in
                try await peer.call(FastEcho.name, "Hold", id: 1, credential: "till-1")
                try await eventually("the credential is looked up") { keys.lookups.count == 1 }
            }
            try await eventually("the connection is gone") { server.transport.connectionCount == 0 }
            keys.release()
            #expect(server.fast.heldCalls.isEmpty)
        }
    }

    @Test("Where nobody is asked for a credential, a call without one has the identity of everybody")
    func letsAnonymousIn() async throws {
        let keys = TestKeys("", "till-1")
        try await TestServer.with(keys: keys) { server in
            try await RawPeer.with(server.address) { peer in
                let large = [UInt8](repeating: 1, count: 100 << 10)
                try await peer.call(FastEcho.name, "Say", id: 1, message: large)
                #expect(try await peer.next()?.message == large)
                try await peer.call(FastEcho.name, "Who", id: 2, credential: "till-1")
                #expect(try await peer.next()?.said == "TILL-1")
            }
        }
        #expect(keys.lookups == ["till-1"])
    }

    @Test("Another credential changes who calls from then on, or ends the connection", arguments: LaneTests.lanes)
    func switchesIdentity(service: String) async throws {
        try await TestServer.with(keys: TestKeys("a", "b")) { server in
            try await RawPeer.with(server.address) { peer in
                for (id, credential, name) in [(1, "a", "A"), (2, "b", "B"), (3, "", "B"), (4, "a", "A")] {
                    try await peer.call(service, "Who", id: Int64(id), credential: credential)
                    #expect(try await peer.next()?.said == name)
                }
                try await peer.call(service, "Who", id: 5, credential: "c")
                #expect(try await peer.next()?.code == 1004)
                let end = try await peer.next()
                #expect(end == nil)
            }
        }
    }

    @Test(
        "The user field authorization holds for its call alone, and its refusal ends nothing",
        arguments: LaneTests.lanes)
    func takesCredentialsPerCall(service: String) async throws {
        try await TestServer.with(keys: TestKeys("shop", "anna", "bert")) { server in
            try await RawPeer.with(server.address) { peer in
                func who(_ id: Int64, _ own: String?, _ credential: String = "") async throws -> Answer {
                    var metadata = Metadata()
                    if let own { metadata.addString(own, forKey: "authorization") }
                    try await peer.call(service, "Who", id: id, credential: credential, metadata: metadata)
                    return try #require(try await peer.next())
                }
                #expect(try await who(1, "Bearer anna").said == "ANNA")
                #expect(try await who(2, nil, "shop").said == "SHOP")
                #expect(try await who(3, "bert").said == "BERT")
                let refusal = try await who(4, "Bearer eve")
                #expect(refusal.code == 1004 && refusal.text.hasPrefix("UNAUTHENTICATED: "))
                #expect(try await who(5, nil).said == "SHOP")
            }
        }
    }

    @Test("A credential among the pairs of request field 7 is one as well")
    func takesCredentialsFromPairs() async throws {
        try await TestServer.with(keys: TestKeys("shop", "anna")) { server in
            try await RawPeer.with(server.address) { peer in
                let pair = field(7, field(1, Array("authorization".utf8)) + field(2, Array("Bearer anna".utf8)))
                let call = request(FastEcho.name, "Who", pair)
                try await peer.send(packet("PRPC", meta: call + field(4, 1) + field(7, Array("shop".utf8))))
                #expect(try await peer.next()?.said == "ANNA")
            }
        }
    }

    @Test("A revoked identity is refused with its next call, and what runs may finish")
    func refusesTheRevoked() async throws {
        let keys = TestKeys("till-1")
        try await TestServer.with(keys: keys) { server in
            try await RawPeer.with(server.address) { peer in
                try await peer.call(FastEcho.name, "Hold", id: 1, credential: "till-1")
                try await eventually("the call is held") { server.fast.heldCalls.count == 1 }
                keys.identity(of: "till-1")?.expire()
                keys.set("till-1", nil)
                try await peer.call(FastEcho.name, "Who", id: 2)
                let refusal = try #require(try await peer.next())
                #expect(refusal.id == 2 && refusal.code == 1004)
                server.fast.completeAll()
                #expect(try await peer.next()?.id == 1)
                let end = try await peer.next()
                #expect(end == nil)
            }
        }
    }

    @Test("An identity that has run out is looked up again, and may have become another")
    func renewsIdentity() async throws {
        let keys = TestKeys("till-1")
        try await TestServer.with(keys: keys) { server in
            try await RawPeer.with(server.address) { peer in
                try await peer.call(FastEcho.name, "Who", id: 1, credential: "till-1")
                #expect(try await peer.next()?.said == "TILL-1")
                keys.identity(of: "till-1")?.expire()
                keys.set("till-1", TestIdentity("NEW"))
                try await peer.call(FastEcho.name, "Who", id: 2)
                #expect(try await peer.next()?.said == "NEW")
            }
        }
        #expect(keys.lookups == ["till-1", "till-1"])
    }

    @Test(
        "While keys cannot be looked up a call is UNAVAILABLE, and the connection recovers", arguments: LaneTests.lanes)
    func survivesOutage(service: String) async throws {
        let keys = TestKeys("till-1")
        keys.setAway(true)
        try await TestServer.with(keys: keys) { server in
            try await RawPeer.with(server.address) { peer in
                try await peer.call(service, "Who", id: 1, credential: "till-1")
                #expect(try await peer.next()?.code == 10014)
                try await peer.call(service, "Open", id: 2)
                #expect(try await peer.next()?.said == "nobody")
                keys.setAway(false)
                try await peer.call(service, "Who", id: 3)
                #expect(try await peer.next()?.said == "TILL-1")
            }
        }
    }

    @Test("An open method needs no credential, and opens nothing else", arguments: LaneTests.lanes)
    func answersOpenMethods(service: String) async throws {
        try await TestServer.with(keys: TestKeys("till-1")) { server in
            try await RawPeer.with(server.address) { peer in
                for id in 1...3 {
                    try await peer.call(service, "Open", id: Int64(id))
                    #expect(try await peer.next()?.said == "nobody")
                }
                try await peer.call(service, "Who", id: 4)
                #expect(try await peer.next()?.code == 1004)
            }
            try await RawPeer.with(server.address) { peer in
                // A client that checks the health first shows its credential there.
                try await peer.call(service, "Open", id: 1, credential: "till-1")
                #expect(try await peer.next()?.said == "TILL-1")
                try await peer.call(service, "Who", id: 2)
                #expect(try await peer.next()?.said == "TILL-1")
            }
        }
    }

    @Test("What is not a method is not told to strangers")
    func hidesMethods() async throws {
        try await TestServer.with(keys: TestKeys("till-1")) { server in
            try await RawPeer.with(server.address) { peer in
                try await peer.call(FastEcho.name, "Nothing", id: 1)
                #expect(try await peer.next()?.code == 1004)
            }
        }
    }

    @Test("A stranger's packets are small and come one at a time; those of a known client need not")
    func limitsStrangers() async throws {
        try await TestServer.with(keys: TestKeys("till-1")) { server in
            let large = [UInt8](repeating: 1, count: 64 << 10)
            try await RawPeer.with(server.address) { peer in
                try await peer.call(FastEcho.name, "Say", id: 1, message: large, credential: "till-1")
                #expect(try await peer.next()?.code == 10008)
                let end = try await peer.next()
                #expect(end == nil)
            }
            try await RawPeer.with(server.address) { peer in
                for id in 1...3 { try await peer.call(FastEcho.name, "OpenHold", id: Int64(id)) }
                for id in 1...3 {
                    try await eventually("one call is held") { server.fast.heldCalls.count == 1 }
                    server.fast.completeAll()
                    #expect(try await peer.next()?.id == Int64(id))
                }
                try await peer.call(FastEcho.name, "Who", id: 4, credential: "till-1")
                #expect(try await peer.next()?.said == "TILL-1")
                try await peer.call(FastEcho.name, "Say", id: 5, message: large)
                #expect(try await peer.next()?.message == large)
            }
        }
    }

    @Test(
        "Calls of one identity are limited over all its connections, and others are not concerned",
        arguments: LaneTests.lanes)
    func limitsIdentities(service: String) async throws {
        try await TestServer.with(
            { $0.maxInFlightCallsPerIdentity = 3 }, keys: TestKeys("flood", "other")
        ) { server in
            func held() -> Int { server.fast.heldCalls.count + server.service.started }
            try await RawPeer.with(server.address) { first in
                try await RawPeer.with(server.address) { second in
                    try await first.call(service, "Hold", id: 1, credential: "flood")
                    try await first.call(service, "Hold", id: 2)
                    try await second.call(service, "Hold", id: 3, credential: "flood")
                    try await eventually("three calls are held") { held() == 3 }
                    for peer in [first, second] {
                        try await peer.call(service, "Hold", id: 4)
                        let refusal = try #require(try await peer.next())
                        #expect(refusal.id == 4 && refusal.code == 2004)
                        #expect(refusal.text.hasPrefix("RESOURCE_EXHAUSTED: "))
                    }
                    #expect(held() == 3)
                    try await RawPeer.with(server.address) { other in
                        try await other.call(service, "Who", id: 1, credential: "other")
                        #expect(try await other.next()?.said == "OTHER")
                    }
                    server.service.gate.open()
                    server.fast.completeAll()
                    _ = try await first.next()
                    _ = try await first.next()
                    try await eventually("there is room again") {
                        try await first.call(service, "Who", id: 9)
                        return try await first.next()?.said == "FLOOD"
                    }
                }
            }
        }
    }
}

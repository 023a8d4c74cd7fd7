import GRPCCore
import NIOCore
import NIOPosix
import Testing

@testable import FramedTransport

@Suite("How long a connection may take", .timeLimit(.minutes(2)))
struct ConnectionPolicyTests {
    /// Expects the server to close without an answer, for this reason.
    private func expectEnd(
        _ reason: RefusalReason, _ adjust: (inout FramedServerConfiguration) -> Void,
        _ body: (RawPeer) async throws -> Void
    ) async throws {
        let log = CallLog()
        try await TestServer.with(adjust, observer: log) { server in
            try await RawPeer.with(server.address) { peer in
                try await body(peer)
                while try await peer.next() != nil {}
            }
            try await eventually("the connection is gone") { server.transport.connectionCount == 0 }
        }
        #expect(log.refusals == [reason.rawValue])
        #expect(log.opened == 1 && log.closed == 1)
    }

    @Test("A client that never says anything is closed after the time for the first request")
    func closesSilentClients() async throws {
        try await expectEnd(.firstRequest, { $0.firstRequestTimeout = .milliseconds(30) }) { _ in }
    }

    @Test("A client that shows no credential keeps its place for a short time only, whatever it has been answered")
    func closesStrangers() async throws {
        let log = CallLog()
        try await TestServer.with(
            { $0.untrustedIdleTimeout = .milliseconds(500) }, keys: TestKeys("till-1"), observer: log
        ) { server in
            // On a slow machine a client may be closed before it could send its call; then both begin anew.
            try await eventually("a stranger is answered and closed, and who is known stays") {
                try await RawPeer.with(server.address) { known in
                    guard try await said(FastEcho.name, "Who", credential: "till-1", by: known) != nil else {
                        return false
                    }
                    let isAnswered = try await RawPeer.with(server.address) { stranger in
                        let isAnswered = try await said(FastEcho.name, "Open", by: stranger) != nil
                        while try await stranger.next() != nil {}
                        return isAnswered
                    }
                    // It has said nothing for longer than the other one.
                    #expect(try await said(FastEcho.name, "Who", by: known) == "TILL-1")
                    return isAnswered
                }
            }
        }
        #expect(Set(log.refusals) == [RefusalReason.idle.rawValue])
    }

    /// What a call is answered; `nil` where the connection is closed.
    private func said(
        _ service: String, _ method: String, credential: String = "", by peer: RawPeer
    ) async throws -> String? {
        do {
            try await peer.call(service, method, id: 1, credential: credential)
        } catch {
            return nil
        }
        return try await peer.next()?.said
    }

    @Test("A header that drips in does not keep a connection alive")
    func closesDrippingHeaders() async throws {
        try await expectEnd(.slowRequest, { $0.requestTimeout = .milliseconds(50) }) { peer in
            try await drip(Captures.request.prefix(12), into: peer)
        }
    }

    @Test("A body that drips in does not keep a connection alive")
    func closesDrippingBodies() async throws {
        try await expectEnd(.slowRequest, { $0.requestTimeout = .milliseconds(50) }) { peer in
            // Other calls before it make no difference.
            for id in Int64(1)...3 {
                try await peer.call(FastEcho.name, "Say", id: id)
                #expect(try await peer.next()?.id == id)
            }
            let huge = [UInt8](repeating: 0, count: 3 << 20)
            let bytes = Array(buffer: RawPeer.request(FastEcho.name, "Say", id: 4, message: huge))
            try await peer.send(Array(bytes.prefix(100_000)))
            try await drip(bytes[100_000..<100_200], into: peer)
        }
    }

    /// Sends byte after byte until the server has had enough.
    private func drip(_ bytes: ArraySlice<UInt8>, into peer: RawPeer) async throws {
        do {
            for byte in bytes {
                try await peer.send([byte])
                try await Task.sleep(for: .milliseconds(10))
            }
        } catch is ChannelError {
            // Closed, as it should be.
        } catch is IOError {
            // Closed, as it should be.
        }
    }

    @Test("A packet that the server itself holds back is not slow")
    func sparesTheHeldBack() async throws {
        try await TestServer.with {
            $0.requestTimeout = .milliseconds(30)
            $0.maxInFlightCallsPerConnection = 1
        } _: { server in
            try await RawPeer.with(server.address) { peer in
                for id in 1...3 { try await peer.call(FastEcho.name, "Hold", id: Int64(id)) }
                try await eventually("the first call is held") { server.fast.heldCalls.count == 1 }
                try await Task.sleep(for: .milliseconds(100))
                for id in 1...3 {
                    try await eventually("a call is held") { server.fast.heldCalls.count == 1 }
                    server.fast.completeAll()
                    #expect(try await peer.next()?.id == Int64(id))
                }
            }
        }
    }

    @Test("A client that takes none of its answers is cut off", arguments: LaneTests.lanes)
    func closesDeafClients(service: String) async throws {
        let log = CallLog()
        try await TestServer.with({ $0.unsentTimeout = .milliseconds(300) }, observer: log) { server in
            try await RawPeer.with(server.address, autoRead: false) { peer in
                // More than the system buffers on both sides, less than makes the server stop by its bound.
                var calls = ByteBuffer()
                for id in 1...14 {
                    calls.writeImmutableBuffer(RawPeer.request(service, "Big", id: Int64(id), message: [8, 0, 0]))
                }
                try await peer.send(Array(buffer: calls))
                try await eventually("the connection is gone") { server.transport.connectionCount == 0 }
            }
        }
        #expect(log.refusals == [RefusalReason.neverReads.rawValue])
    }

    @Test("A client that reads slowly is not cut off")
    func sparesSlowReaders() async throws {
        try await TestServer.with {
            $0.unsentTimeout = .seconds(2)
        } _: { server in
            try await RawPeer.with(server.address, autoRead: false) { peer in
                for id in 1...14 {
                    try await peer.call(FastEcho.name, "Big", id: Int64(id), message: [8, 0, 0])
                }
                try await peer.channel.setOption(.maxMessagesPerRead, value: 1).get()
                try await peer.channel.setOption(
                    .recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 256 << 10)
                ).get()
                // Longer than the time in which something has to be taken.
                for _ in 0..<20 {
                    peer.channel.read()
                    try await Task.sleep(for: .milliseconds(150))
                }
                try await peer.channel.setOption(.autoRead, value: true).get()
                for _ in 1...14 { #expect(try await peer.next()?.message.count == 512 << 10) }
            }
        }
    }

    @Test("An old connection answers 2003 to new calls, lets the running ones end, and closes")
    func retiresOldConnections() async throws {
        let log = CallLog()
        try await TestServer.with(
            {
                $0.maxConnectionAge = .seconds(2)
                $0.connectionAgeJitter = 0
            }, observer: log
        ) { server in
            try await RawPeer.with(server.address) { peer in
                try await peer.call(FastEcho.name, "Hold", id: 1)
                try await eventually("the call is held") { server.fast.heldCalls.count == 1 }
                try await eventually("new calls are refused") {
                    try await peer.call(FastEcho.name, "Say", id: 2)
                    return try await peer.next()?.code == 2003
                }
                server.fast.completeAll()
                #expect(try await peer.next()?.id == 1)
                let end = try await peer.next()
                #expect(end == nil)
            }
            // Others begin anew; on a slow machine a connection is old before its first call.
            try await eventually("another connection serves") {
                try await RawPeer.with(server.address) { peer in
                    try await peer.call(FastEcho.name, "Say", id: 1)
                    return try await peer.next()?.code == 0
                }
            }
        }
        #expect(log.refusals.isEmpty)
    }

    @Test("After the grace an old connection is closed whatever runs on it")
    func endsOldConnections() async throws {
        try await expectEnd(
            .age,
            {
                $0.maxConnectionAge = .milliseconds(50)
                $0.connectionAgeGrace = .milliseconds(50)
            }
        ) { peer in
            do {
                try await peer.call(FastEcho.name, "Hold", id: 1)
            } catch {
                // On a slow machine the connection was too old before that.
            }
        }
    }

    @Test("The age of connections is scattered by chance, within its bounds")
    func scattersAges() {
        var limits = FramedServerConfiguration()
        limits.maxConnectionAge = .seconds(100)
        limits.connectionAgeJitter = 0.2
        let ages = (0..<200).map { _ in ServerConnection.retirement(.uptimeNanoseconds(0), limits).uptimeNanoseconds }
        #expect(ages.allSatisfy { (80_000_000_000...120_000_000_000).contains($0) })
        #expect(Set(ages).count > 100)
        limits.maxConnectionAge = nil
        #expect(ServerConnection.retirement(.now(), limits) == .distantFuture)
    }

    @Test("The client's own transport leaves old connections for new ones, again and again")
    func clientFollows() async throws {
        try await TestServer.with {
            $0.maxConnectionAge = .milliseconds(100)
            $0.connectionAgeJitter = 0
        } _: { server in
            let transport = FramedClientTransport(
                address: server.address, eventLoopGroup: .singletonMultiThreadedEventLoopGroup)
            try await withGRPCClient(transport: transport) { client in
                var answered = 0
                while answered < 100 {
                    do {
                        _ = try await client.unary(
                            request: ClientRequest(message: [1]),
                            descriptor: MethodDescriptor(
                                fullyQualifiedService: FastEcho.name, method: "Say", type: .unary),
                            serializer: PlainBytes(), deserializer: PlainBytes(), options: .defaults
                        ) { try $0.message }
                        answered += 1
                    } catch let error as RPCError where error.code == .unavailable {
                        // A call that meets the end of its connection fails like this, and is repeated.
                    }
                    try await Task.sleep(for: .milliseconds(5))
                }
            }
        }
    }

    @Test("5,000 idle connections do not keep another client from being served", .timeLimit(.minutes(2)))
    func holdsManyConnections() async throws {
        // Each connection takes two file descriptors, for both of its ends are in this process.
        let room = FileDescriptors.connections(wanted: 10_500, logger: silentLogger)
        try #require(
            room == 10_500,
            """
            5,000 connections with both ends here take 10,756 file descriptors, and the hard limit of this process \
            (ulimit -Hn) allows \(room + 256)
            """)
        try await TestServer.with { server in
            var idle: [RawPeer] = []
            for batch in 0..<50 {
                let peers = try await withThrowingTaskGroup(of: RawPeer.self) { group in
                    for id in 0..<100 {
                        group.addTask {
                            let peer = try await RawPeer.connect(server.address)
                            try await peer.call(FastEcho.name, "Say", id: Int64(batch * 100 + id))
                            let answer = try await peer.next()
                            #expect(answer?.id == Int64(batch * 100 + id))
                            return peer
                        }
                    }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
                idle += peers
            }
            #expect(server.transport.connectionCount == 5_000)
            try await RawPeer.with(server.address) { peer in
                for id in 0..<1_000 {
                    try await peer.call(id % 2 == 0 ? FastEcho.name : EchoService.name, "Say", id: Int64(id))
                    #expect(try await peer.next()?.id == Int64(id))
                }
            }
            for peer in idle { peer.channel.close(promise: nil) }
            try await eventually("all are gone") { server.transport.connectionCount == 0 }
        }
    }

    @Test("The client's going is seen while its answers wait unread, on both lanes", arguments: LaneTests.lanes)
    func seesTheEndOfDeafClients(service: String) async throws {
        try await TestServer.with { server in
            let peer = try await RawPeer.connect(server.address, autoRead: false)
            for id in 1...20 { try await peer.call(service, "Big", id: Int64(id), message: [8, 0, 0]) }
            try await peer.call(service, "Hold", id: 21)
            try await Task.sleep(for: .milliseconds(50))
            peer.channel.close(promise: nil)
            try await eventually("the connection is gone") { server.transport.connectionCount == 0 }
            try await eventually("its tasks have ended") {
                server.service.gate.open()
                return server.transport.taskLaneCallCount == 0
            }
        }
    }
}

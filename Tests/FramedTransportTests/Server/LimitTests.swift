import GRPCCore
import NIOCore
import NIOPosix
import Testing

@testable import FramedTransport

@Suite("Limits", .timeLimit(.minutes(1)))
struct LimitTests {
    @Test("10,000 calls sent at once on one connection are all answered", arguments: LaneTests.lanes)
    func answersPipelinedCalls(service: String) async throws {
        try await TestServer.with { server in
            try await RawPeer.with(server.address) { peer in
                var buffer = ByteBuffer()
                for id in 0..<10_000 {
                    buffer.writeRequest(
                        RequestHead(service: service, method: "Say", correlationID: Int64(id), timeoutMilliseconds: 0),
                        message: ByteBuffer(integer: id))
                }
                try await peer.send(Array(buffer: buffer))
                var missing = Set(0..<10_000)
                while !missing.isEmpty {
                    let answer = try #require(try await peer.next())
                    #expect(answer.code == 0)
                    #expect(answer.message == Array(buffer: ByteBuffer(integer: Int(answer.id))))
                    #expect(missing.remove(Int(answer.id)) != nil)
                }
            }
        }
    }

    @Test("Calls beyond the limit of a connection wait unread, and are all answered in the end")
    func holdsReadingBack() async throws {
        try await TestServer.with {
            $0.maxInFlightCallsPerConnection = 10
        } _: { server in
            try await RawPeer.with(server.address) { peer in
                for id in 0..<35 { try await peer.call(FastEcho.name, "Hold", id: Int64(id)) }
                var answered = Set<Int64>()
                for round in 0..<4 {
                    let expected = min(10, 35 - round * 10)
                    try await eventually("\(expected) calls are held") { server.fast.heldCalls.count == expected }
                    server.fast.completeAll()
                    for _ in 0..<expected { answered.insert(try #require(try await peer.next()).id) }
                }
                #expect(answered == Set(0..<35))
            }
        }
    }

    @Test("The limit of a connection holds for the task lane as well")
    func holdsReadingBackForTasks() async throws {
        try await TestServer.with {
            $0.maxInFlightCallsPerConnection = 10
        } _: { server in
            try await RawPeer.with(server.address) { peer in
                for id in 0..<35 { try await peer.call(EchoService.name, "Hold", id: Int64(id)) }
                try await eventually("ten calls run") { server.service.started == 10 }
                // Another connection is not concerned, and by its answer nothing more can have been started here.
                try await RawPeer.with(server.address) { other in
                    try await other.call(EchoService.name, "Say", id: 1)
                    #expect(try await other.next()?.code == 0)
                }
                #expect(server.service.started == 10)
                server.service.gate.open()
                var answered = Set<Int64>()
                for _ in 0..<35 { answered.insert(try #require(try await peer.next()).id) }
                #expect(answered == Set(0..<35))
            }
        }
    }

    @Test("Calls that have timed out still count until their handlers end", arguments: LaneTests.lanes)
    func countsAbandonedCalls(service: String) async throws {
        try await TestServer.with {
            $0.maxInFlightCallsPerConnection = 2
        } _: { server in
            try await RawPeer.with(server.address) { peer in
                func held() -> Int { server.fast.heldCalls.count + server.service.started }
                for count in 1...2 {
                    // A task whose deadline passes before it starts is dropped, and leaves its place.
                    try await eventually("call \(count) is held and has timed out") {
                        try await peer.call(service, "Hold", id: 1, timeout: 5)
                        #expect(try await peer.next()?.code == 1008)
                        return held() == count
                    }
                }
                try await peer.call(FastEcho.name, "Say", id: 3, message: [3])
                try await RawPeer.with(server.address) { other in
                    try await other.call(FastEcho.name, "Say", id: 1)
                    let answer = try await other.next()
                    #expect(answer?.code == 0)
                }
                #expect(held() == 2)
                server.service.gate.open()
                server.fast.completeAll()
                #expect(try await peer.next()?.message == [3])
            }
        }
    }

    @Test("Beyond the calls that a server runs in tasks, more are answered 2004 and not started")
    func limitsTasks() async throws {
        try await TestServer.with {
            $0.maxTaskLaneCalls = 3
        } _: { server in
            try await RawPeer.with(server.address) { peer in
                for id in 0..<3 { try await peer.call(EchoService.name, "Hold", id: Int64(id)) }
                try await peer.call(EchoService.name, "Hold", id: 3)
                let refusal = try #require(try await peer.next())
                #expect(refusal.id == 3 && refusal.code == 2004)
                try await peer.call(FastEcho.name, "Say", id: 4)
                #expect(try await peer.next()?.id == 4)
                server.service.gate.open()
                for _ in 0..<3 { #expect(try await peer.next()?.code == 0) }
                #expect(server.service.started == 3)
                try await eventually("places are free again") {
                    try await peer.call(EchoService.name, "Say", id: 5)
                    return try await peer.next()?.code == 0
                }
            }
        }
    }

    @Test("A peer that does not read gets 1011 for what does not fit, and then the end", arguments: LaneTests.lanes)
    func limitsUnsentBytes(service: String) async throws {
        try await TestServer.with {
            $0.maxUnsentBytesPerConnection = 2 << 20
            $0.closeLinger = .seconds(20)
            // A slow machine takes its time with 32 MiB.
            $0.firstRequestTimeout = .minutes(5)
            $0.requestTimeout = .minutes(5)
        } _: { server in
            try await RawPeer.with(server.address, autoRead: false) { peer in
                // 32 MiB of answers: more than the limit and what the system buffers on both sides.
                let message = [UInt8](repeating: 1, count: 512 << 10)
                for id in 0..<64 { try await peer.call(service, "Hold", id: Int64(id), message: message) }
                try await eventually("all calls are held") {
                    server.fast.heldCalls.count + server.service.started == 64
                }
                server.service.gate.open()
                server.fast.completeAll()
                try await eventually("all tasks have ended") { server.transport.taskLaneCallCount == 0 }
                for loop in MultiThreadedEventLoopGroup.singleton.makeIterator() { try await loop.submit {}.get() }
                try await peer.channel.setOption(.autoRead, value: true).get()
                var complete = 0
                var refused = 0
                while let answer = try await peer.next() {
                    switch answer.code {
                    case 0:
                        complete += 1
                        #expect(answer.message.count == message.count)
                    case 1011: refused += 1
                    default: Issue.record("unexpected code \(answer.code)")
                    }
                }
                #expect(complete > 0)
                #expect(refused > 0)
                #expect(complete + refused == 64)
            }
        }
    }

    @Test("A connection beyond the limit waits to be accepted until another one ends")
    func limitsConnections() async throws {
        try await TestServer.with {
            $0.maxConnections = 2
        } _: { server in
            try await RawPeer.with(server.address) { first in
                try await first.call(FastEcho.name, "Say", id: 1)
                #expect(try await first.next()?.id == 1)
                try await RawPeer.with(server.address) { second in
                    try await second.call(FastEcho.name, "Say", id: 2)
                    #expect(try await second.next()?.id == 2)
                    // The system completes its handshake, but the server does not take it.
                    let third = try await RawPeer.connect(server.address)
                    try await third.call(FastEcho.name, "Say", id: 3)
                    for id in 10..<20 {
                        try await first.call(FastEcho.name, "Say", id: Int64(id))
                        #expect(try await first.next()?.id == Int64(id))
                    }
                    #expect(server.transport.connectionCount == 2)
                    second.channel.close(promise: nil)
                    #expect(try await third.next()?.id == 3)
                    third.channel.close(promise: nil)
                }
            }
        }
    }

    @Test("A connection that says nothing is closed, also in the middle of a packet")
    func closesIdleConnections() async throws {
        try await TestServer.with {
            $0.idleTimeout = .milliseconds(20)
        } _: { server in
            try await RawPeer.with(server.address) { peer in
                do {
                    try await peer.send(Array(Captures.request.prefix(20)))
                } catch {
                    // On a slow machine the connection was idle before that.
                }
                let answer = try await peer.next()
                #expect(answer == nil)
            }
        }
    }

    @Test("A connection with a running call is not idle")
    func keepsBusyConnections() async throws {
        try await TestServer.with {
            $0.idleTimeout = .milliseconds(200)
        } _: { server in
            try await eventually("the call is answered") {
                try await RawPeer.with(server.address) { busy in
                    do {
                        try await busy.call(FastEcho.name, "Hold", id: 1)
                    } catch {
                        // On a slow machine the connection was idle before the call could be sent.
                        return false
                    }
                    try await RawPeer.with(server.address) { idle in
                        let answer = try await idle.next()
                        #expect(answer == nil)
                    }
                    let isHeld = server.fast.heldCalls.count == 1
                    server.fast.completeAll()
                    // … or its end was on the way when the call came.
                    let answer = try await busy.next()
                    return isHeld && answer?.id == 1
                }
            }
        }
    }
}

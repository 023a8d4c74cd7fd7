import GRPCCore
import NIOCore
import NIOPosix
import Testing

@testable import FramedTransport

@Suite("Deadlines, cancellation and shutdown", .timeLimit(.minutes(1)))
struct EndOfCallTests {
    @Test("A call whose deadline passes is answered 1008, and what comes later is dropped", arguments: LaneTests.lanes)
    func expires(service: String) async throws {
        try await TestServer.with { server in
            try await RawPeer.with(server.address) { peer in
                try await peer.call(service, "Hold", id: 1, timeout: 5)
                let answer = try #require(try await peer.next())
                #expect(answer.id == 1 && answer.code == 1008)
                #expect(answer.text.hasPrefix("DEADLINE_EXCEEDED: "))
                if service == EchoService.name {
                    // The task may have been dropped before it started.
                    #expect(server.service.cancelled == server.service.started)
                } else {
                    #expect(server.fast.heldCalls.count == 1)
                    let call = try #require(server.fast.heldCalls.first)
                    let isCancelled = try await call.eventLoop.submit { call.isCancelled }.get()
                    #expect(isCancelled)
                }
                server.service.gate.open()
                server.fast.completeAll()
                try await peer.call(service, "Say", id: 2)
                #expect(try await peer.next()?.id == 2)
            }
        }
    }

    @Test("A call without a timeout gets the default one", arguments: LaneTests.lanes)
    func hasDefaultTimeout(service: String) async throws {
        try await TestServer.with {
            $0.defaultTimeout = .milliseconds(5)
        } _: { server in
            try await RawPeer.with(server.address) { peer in
                try await peer.call(service, "Hold", id: 1)
                #expect(try await peer.next()?.code == 1008)
            }
        }
    }

    @Test("A timeout longer than the server allows is cut")
    func cutsTimeouts() async throws {
        try await TestServer.with {
            $0.maxTimeout = .milliseconds(5)
        } _: { server in
            try await RawPeer.with(server.address) { peer in
                try await peer.call(FastEcho.name, "Hold", id: 1, timeout: .max)
                #expect(try await peer.next()?.code == 1008)
            }
        }
    }

    @Test("Of several calls each one has its own deadline")
    func expiresOneByOne() async throws {
        try await TestServer.with { server in
            try await RawPeer.with(server.address) { peer in
                for (id, timeout) in [(1, 60), (2, 5), (3, 60_000), (4, 30)] {
                    try await peer.call(FastEcho.name, "Hold", id: Int64(id), timeout: Int32(timeout))
                }
                var expired = Set<Int64>()
                for _ in 0..<3 {
                    let answer = try #require(try await peer.next())
                    #expect(answer.code == 1008)
                    expired.insert(answer.id)
                }
                #expect(expired == [1, 2, 4])
                server.fast.completeAll()
                let last = try #require(try await peer.next())
                #expect(last.id == 3 && last.code == 0)
            }
        }
    }

    @Test("A call that its handler forgets is answered when its deadline passes, and its place is free again")
    func expiresForgottenCalls() async throws {
        try await TestServer.with {
            $0.maxInFlightCallsPerConnection = 1
        } _: { server in
            try await RawPeer.with(server.address) { peer in
                for id in 1...3 {
                    try await peer.call(FastEcho.name, "Drop", id: Int64(id), timeout: 3)
                    let answer = try #require(try await peer.next())
                    #expect(answer.id == id && answer.code == 1008)
                }
            }
        }
    }

    @Test("A call that was held back for too long is dropped before it starts")
    func dropsLateCalls() async throws {
        try await TestServer.with {
            $0.maxInFlightCallsPerConnection = 1
        } _: { server in
            try await RawPeer.with(server.address) { peer in
                var both = ByteBuffer()
                for (id, timeout) in [(1, 0), (2, 1)] {
                    both.writeRequest(
                        RequestHead(
                            service: FastEcho.name, method: "Hold", correlationID: Int64(id),
                            timeoutMilliseconds: Int32(timeout)),
                        message: ByteBuffer())
                }
                try await peer.send(Array(buffer: both))
                try await eventually("the first call is held") { server.fast.heldCalls.count == 1 }
                let call = try #require(server.fast.heldCalls.first)
                let received = call.deadline - FramedServerConfiguration().defaultTimeout
                try await eventually("the second call's deadline has passed") {
                    NIODeadline.now() > received + .milliseconds(1)
                }
                server.fast.completeAll()
                #expect(try await peer.next()?.id == 1)
                let late = try #require(try await peer.next())
                #expect(late.id == 2 && late.code == 1008)
                #expect(server.fast.heldCalls.isEmpty)
            }
        }
    }

    @Test("When the client goes, its calls are cancelled on both lanes")
    func cancelsOnEOF() async throws {
        try await TestServer.with { server in
            try await RawPeer.with(server.address) { peer in
                try await peer.call(FastEcho.name, "Hold", id: 1)
                for id in 2...5 { try await peer.call(EchoService.name, "Hold", id: Int64(id)) }
                try await eventually("all calls run") {
                    server.service.started == 4 && server.fast.heldCalls.count == 1
                }
            }
            try await eventually("the calls are told") { server.service.cancelled == 4 }
            let call = try #require(server.fast.heldCalls.first)
            try await eventually("the held call knows") { try await call.eventLoop.submit { call.isCancelled }.get() }
        }
    }

    @Test("The client's going is seen also while nothing is read from it")
    func cancelsOnEOFWhileHeldBack() async throws {
        try await TestServer.with {
            $0.maxInFlightCallsPerConnection = 1
        } _: { server in
            try await RawPeer.with(server.address) { peer in
                for id in 1...3 { try await peer.call(EchoService.name, "Hold", id: Int64(id)) }
                try await eventually("one call runs") { server.service.started == 1 }
            }
            try await eventually("the call is told") { server.service.cancelled == 1 }
            #expect(server.service.started == 1)
        }
    }

    @Test("A draining server finishes its calls, refuses new ones with 2003, and closes", arguments: LaneTests.lanes)
    func drains(service: String) async throws {
        try await TestServer.with { server in
            try await RawPeer.with(server.address) { peer in
                try await peer.call(service, "Hold", id: 1)
                try await eventually("the call runs") {
                    server.service.started + server.fast.heldCalls.count == 1
                }
                server.beginGracefulShutdown()
                try await eventually("new calls are refused") {
                    try await peer.call(service, "Say", id: 2)
                    return try await peer.next()?.code == 2003
                }
                server.service.gate.open()
                server.fast.completeAll()
                let answer = try #require(try await peer.next())
                #expect(answer.id == 1 && answer.code == 0)
                #expect(try await peer.next() == nil)
            }
        }
    }

    @Test("A draining server takes no connection, and closes those without calls")
    func drainsIdleConnections() async throws {
        try await TestServer.with { server in
            try await RawPeer.with(server.address) { peer in
                try await peer.call(FastEcho.name, "Say", id: 1)
                #expect(try await peer.next()?.id == 1)
                server.beginGracefulShutdown()
                #expect(try await peer.next() == nil)
            }
            try await eventually("nobody listens") {
                do {
                    try await RawPeer.with(server.address) { _ in }
                    return false
                } catch {
                    return true
                }
            }
        }
    }

    @Test("After the grace period the calls that still run are cancelled and their connections closed")
    func endsGracePeriod() async throws {
        try await TestServer.with {
            $0.gracePeriod = .milliseconds(20)
        } _: { server in
            try await RawPeer.with(server.address) { peer in
                try await peer.call(EchoService.name, "Hold", id: 1)
                try await eventually("the call runs") { server.service.started == 1 }
                server.beginGracefulShutdown()
                #expect(try await peer.next() == nil)
                try await eventually("the call is told") { server.service.cancelled == 1 }
            }
        }
    }
}

import GRPCCore
import NIOCore
import NIOEmbedded
import NIOPosix
import Testing

@testable import FramedTransport

@Suite("Fairness and shedding", .timeLimit(.minutes(1)))
struct FairnessTests {
    @Test("Of calls that come together only so many are decoded in one turn, and the others in later ones")
    func decodesInTurns() throws {
        let fast = FastEcho()
        let (channel, socket) = try embeddedConnection(fast) { $0.maxCallsPerTurn = 10 }
        var requests = ByteBuffer()
        for id in 0..<35 { requests.writeImmutableBuffer(RawPeer.request(FastEcho.name, "Hold", id: Int64(id))) }
        try channel.writeInbound(requests)
        #expect(fast.heldCalls.count == 10)
        // Meanwhile nothing more is read, and what is due at once does not go before the others.
        let reads = socket.reads
        channel.read()
        channel.embeddedEventLoop.run()
        #expect(fast.heldCalls.count == 10 && socket.reads == reads)
        for expected in [20, 30, 35] {
            channel.embeddedEventLoop.advanceTime(by: ServerConnection.yieldTime)
            #expect(fast.heldCalls.count == expected)
        }
        #expect(fast.heldCalls.map(\.meta.correlationID) == Array(0..<35))
        #expect(socket.reads > reads)
        _ = try channel.finish()
    }

    @Test("A call behind a flood on another connection of its loop waits for one turn of the flood, no more")
    func answersBetweenTurns() throws {
        let fast = FastEcho()
        let core = embeddedCore(fast) {
            $0.maxCallsPerTurn = 10
            // However slow the machine is, both stay busy.
            $0.busyTime = .hours(5)
        }
        let (flood, _) = try embeddedConnection(core)
        let (calm, _) = try embeddedConnection(core, on: flood.embeddedEventLoop)
        var requests = ByteBuffer()
        for id in 0..<1_000 { requests.writeImmutableBuffer(RawPeer.request(FastEcho.name, "Plain", id: Int64(id))) }
        try flood.writeInbound(requests)
        for turn in 1...5 {
            try calm.writeInbound(RawPeer.request(FastEcho.name, "Plain", id: Int64(turn)))
            let answer = try calm.readOutbound(as: ByteBuffer.self)
            #expect(answer != nil)
            flood.embeddedEventLoop.advanceTime(by: ServerConnection.contendedYieldTime)
        }
        var answered = 0
        var decoder = FrameDecoder(maxBodyBytes: 1 << 20)
        while var output = try flood.readOutbound(as: ByteBuffer.self) {
            while try decoder.decode(buffer: &output) != nil { answered += 1 }
        }
        #expect(answered > 10 && answered <= 60)
        _ = try flood.finish()
        _ = try calm.finish()
    }

    @Test("While others are busy a connection has fewer calls in flight, and all of them again when they are quiet")
    func sharesTheLoop() async throws {
        let share = LoopShare(busyTime: .milliseconds(10))
        let (flood, calm) = (Somebody(), Somebody())
        let start = NIODeadline.uptimeNanoseconds(1_000_000_000)
        func contended(_ who: Somebody, after milliseconds: Int64) -> Bool {
            share.isContended(for: ObjectIdentifier(who), at: start + .milliseconds(milliseconds))
        }
        share.noteRead(of: ObjectIdentifier(flood), at: start)
        #expect(!contended(flood, after: 0) && contended(calm, after: 9) && !contended(calm, after: 10))
        share.noteRead(of: ObjectIdentifier(calm), at: start + .milliseconds(20))
        #expect(contended(flood, after: 29) && !contended(flood, after: 30))
        share.noteRead(of: ObjectIdentifier(flood), at: start + .milliseconds(25))
        share.noteRead(of: ObjectIdentifier(flood), at: start + .milliseconds(26))
        #expect(contended(flood, after: 29) && !contended(flood, after: 30))
        // What was read before and is decoded only now makes nobody busier.
        share.noteRead(of: ObjectIdentifier(calm), at: start + .milliseconds(22))
        #expect(contended(flood, after: 31) && !contended(flood, after: 32))
        #expect(contended(calm, after: 35) && !contended(calm, after: 36))

        let loop = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        try await TestServer.with({ $0.maxContendedCallsPerConnection = 4 }, on: loop) { server in
            try await RawPeer.with(server.address) { flood in
                try await RawPeer.with(server.address) { calm in
                    var calls = ByteBuffer()
                    for id in 0..<100 {
                        calls.writeImmutableBuffer(RawPeer.request(FastEcho.name, "Hold", id: Int64(id)))
                    }
                    // The first calls come while the other client is busy, or not: all of them start in the end.
                    try await calm.call(FastEcho.name, "Plain", id: 1)
                    try await flood.send(Array(buffer: calls))
                    #expect(try await calm.next()?.code == 0)
                    try await eventually("all calls are held") { server.fast.heldCalls.count == 100 }
                    server.fast.completeAll()
                    for _ in 0..<100 { #expect(try await flood.next()?.code == 0) }
                }
            }
        }
        try await loop.shutdownGracefully()
    }

    @Test("At its share a connection waits for its calls to end, or for the others to be quiet")
    func holdsToItsShare() throws {
        let fast = FastEcho()
        let core = embeddedCore(fast) {
            $0.maxContendedCallsPerConnection = 4
            $0.busyTime = .hours(5)
        }
        let (flood, _) = try embeddedConnection(core)
        let (calm, _) = try embeddedConnection(core, on: flood.embeddedEventLoop)
        try calm.writeInbound(RawPeer.request(FastEcho.name, "Plain", id: 1))
        var requests = ByteBuffer()
        for id in 0..<20 { requests.writeImmutableBuffer(RawPeer.request(FastEcho.name, "Hold", id: Int64(id))) }
        try flood.writeInbound(requests)
        #expect(fast.heldCalls.count == 4)
        _ = try flood.finish()
        _ = try calm.finish()
    }

    @Test("Calls of a client that has shown no credential leave the others their whole share")
    func strangersTakeNoShare() throws {
        let fast = FastEcho()
        let core = embeddedCore(fast, keys: TestKeys("flood", "calm", answersAtOnce: true)) {
            $0.maxContendedCallsPerConnection = 4
            $0.busyTime = .hours(5)
        }
        let (flood, _) = try embeddedConnection(core)
        let (other, _) = try embeddedConnection(core, on: flood.embeddedEventLoop)
        func send(_ ids: Range<Int64>) throws {
            var requests = ByteBuffer()
            for id in ids {
                requests.writeImmutableBuffer(RawPeer.request(FastEcho.name, "Hold", id: id, credential: "flood"))
            }
            try flood.writeInbound(requests)
        }
        try other.writeInbound(RawPeer.request("holdfast.transport.v1.Control", "Cancel", id: 1, message: [8, 9]))
        let answered = try other.readOutbound(as: ByteBuffer.self)
        #expect(answered != nil)
        try send(0..<20)
        #expect(fast.heldCalls.count == 20)
        fast.completeAll()
        flood.embeddedEventLoop.run()
        // The same client counts as soon as it is known.
        try other.writeInbound(RawPeer.request(FastEcho.name, "Plain", id: 2, credential: "calm"))
        let known = try other.readOutbound(as: ByteBuffer.self)
        #expect(known != nil)
        try send(20..<40)
        #expect(fast.heldCalls.count == 4)
        _ = try flood.finish()
        _ = try other.finish()
    }

    @Test("A flood on one connection does not make another one of the same loop wait for its end")
    func servesOthersDuringAFlood() async throws {
        let loop = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let log = CallLog()
        try await TestServer.with(keys: TestKeys("flood", "calm"), observer: log, on: loop) { server in
            let count = 50_000
            var bytes = RawPeer.request(FastEcho.name, "Plain", id: 0, credential: "flood")
            for id in 1..<count {
                bytes.writeImmutableBuffer(RawPeer.request(FastEcho.name, "Plain", id: Int64(id)))
            }
            try await RawPeer.with(server.address) { calm in
                try await calm.call(FastEcho.name, "Who", id: 0, credential: "calm")
                #expect(try await calm.next()?.said == "CALM")
                try await RawPeer.with(server.address) { flood in
                    flood.channel.writeAndFlush(bytes, promise: nil)
                    try await eventually("the flood has begun") { log.ended.count > 100 }
                    // The other client's calls are answered before the flood has been, one after the other.
                    var answered = 0
                    while log.ended.count < count, answered < 20 {
                        try await calm.call(FastEcho.name, "Who", id: Int64(answered))
                        #expect(try await calm.next()?.said == "CALM")
                        answered += 1
                    }
                    #expect(answered > 0)
                    for id in 0..<count { #expect(try await flood.next()?.id == Int64(id)) }
                }
            }
        }
        try await loop.shutdownGracefully()
    }

    @Test("When the task lane is nearly full a flood gets its share only, and others are still served")
    func sharesTheTaskLane() async throws {
        try await TestServer.with({ $0.maxTaskLaneCalls = 40 }, keys: TestKeys("flood", "calm")) { server in
            try await RawPeer.with(server.address) { flood in
                for id in 0..<60 {
                    try await flood.call(EchoService.name, "Hold", id: Int64(id), credential: "flood")
                }
                var refused = 0
                for _ in 0..<30 {
                    let answer = try #require(try await flood.next())
                    #expect(answer.code == 2004)
                    refused += 1
                }
                try await eventually("thirty are running") { server.service.started == 30 }
                try await RawPeer.with(server.address) { calm in
                    for id in 0..<4 {
                        try await calm.call(EchoService.name, "Hold", id: Int64(id), credential: "calm")
                    }
                    try await eventually("four of the other run") { server.service.started == 34 }
                    server.service.gate.open()
                    for _ in 0..<4 { #expect(try await calm.next()?.code == 0) }
                    for _ in 0..<30 { #expect(try await flood.next()?.code == 0) }
                }
            }
        }
    }

    @Test("A call that has less time left than its method takes at the least is dropped before it starts")
    func shedsHopelessCalls() async throws {
        try await TestServer.with { server in
            try await RawPeer.with(server.address) { peer in
                try await peer.call(EchoService.name, "Hold", id: 1)
                try await eventually("the call runs") { server.service.started == 1 }
                try await Task.sleep(for: .milliseconds(300))
                server.service.gate.open()
                #expect(try await peer.next()?.code == 0)
                try await peer.call(EchoService.name, "Hold", id: 2, timeout: 250)
                let dropped = try #require(try await peer.next())
                #expect(dropped.id == 2 && dropped.code == 1008)
                #expect(server.service.started == 1)
                // Enough time is enough.
                try await peer.call(EchoService.name, "Hold", id: 3, timeout: 20_000)
                #expect(try await peer.next()?.code == 0)
                #expect(server.service.started == 2)
            }
        }
    }

    @Test("The shortest time of a method is forgotten after two windows")
    func forgetsServiceTimes() {
        let floor = ServiceTimeFloor()
        let start = NIODeadline.uptimeNanoseconds(1_000_000_000_000)
        #expect(floor.value(at: start) == .zero)
        floor.note(.milliseconds(30), at: start)
        floor.note(.milliseconds(20), at: start + .seconds(1))
        floor.note(.milliseconds(40), at: start + .seconds(2))
        #expect(floor.value(at: start + .seconds(2)) == .milliseconds(20))
        #expect(floor.allows(start + .milliseconds(2_021), at: start + .seconds(2)))
        #expect(!floor.allows(start + .milliseconds(2_020), at: start + .seconds(2)))
        // The next window still remembers, the one after it does not.
        floor.note(.milliseconds(50), at: start + .seconds(11))
        #expect(floor.value(at: start + .seconds(12)) == .milliseconds(20))
        floor.note(.milliseconds(60), at: start + .seconds(22))
        #expect(floor.value(at: start + .seconds(23)) == .milliseconds(50))
        // Where no call ends any more nothing is known.
        #expect(floor.value(at: start + .seconds(60)) == .zero)
    }

    @Test("Requests that take too much memory together hold the reading back")
    func boundsMemory() throws {
        let fast = FastEcho()
        let (channel, _) = try embeddedConnection(fast) { $0.maxInFlightBytesPerConnection = 10_000 }
        let message = [UInt8](repeating: 1, count: 4_000)
        for id in 0..<6 {
            try channel.writeInbound(RawPeer.request(FastEcho.name, "Hold", id: Int64(id), message: message))
        }
        #expect(fast.heldCalls.count == 3)
        fast.completeAll()
        channel.embeddedEventLoop.run()
        #expect(fast.heldCalls.count == 3)
        fast.completeAll()
        channel.embeddedEventLoop.run()
        #expect(fast.heldCalls.isEmpty)
        _ = try channel.finish()
    }

    @Test("A method without a timeout of the client's gets its own default")
    func hasMethodTimeouts() async throws {
        try await TestServer.with {
            $0.methodTimeouts[EchoService.method("Hold")] = .milliseconds(5)
        } _: { server in
            try await RawPeer.with(server.address) { peer in
                try await peer.call(EchoService.name, "Hold", id: 1)
                #expect(try await peer.next()?.code == 1008)
                try await peer.call(FastEcho.name, "Hold", id: 2)
                try await eventually("the other method has the common one") { server.fast.heldCalls.count == 1 }
                server.fast.completeAll()
                #expect(try await peer.next()?.code == 0)
            }
        }
    }
}

/// Something that is nobody but itself.
private final class Somebody {}

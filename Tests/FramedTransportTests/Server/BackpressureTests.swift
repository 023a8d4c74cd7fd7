import GRPCCore
import NIOCore
import NIOEmbedded
import Testing

@testable import FramedTransport

@Suite("Backpressure")
struct BackpressureTests {
    private func call(_ method: String, id: UInt8) -> ByteBuffer {
        ByteBuffer(bytes: packet("PRPC", meta: request(FastEcho.name, method) + field(4, id)))
    }

    @Test("At the limit of calls nothing is read from the socket, and a call that ends has it read again")
    func stopsReadingAtCallLimit() throws {
        let fast = FastEcho()
        let (channel, socket) = try embeddedConnection(fast) { $0.maxInFlightCallsPerConnection = 2 }
        try channel.writeInbound(call("Hold", id: 1))
        var reads = socket.reads
        channel.read()
        #expect(socket.reads == reads + 1)
        try channel.writeInbound(call("Hold", id: 2))
        reads = socket.reads
        for _ in 0..<3 { channel.read() }
        #expect(socket.reads == reads)
        fast.completeAll()
        channel.embeddedEventLoop.run()
        #expect(socket.reads == reads + 1)
        _ = try channel.finish()
    }

    @Test("While too much is unsent nothing is read from the socket and no call is started")
    func stopsReadingWhileUnsent() throws {
        let fast = FastEcho()
        let (channel, socket) = try embeddedConnection(fast) { _ in }
        channel.isWritable = false
        channel.pipeline.fireChannelWritabilityChanged()
        try channel.writeInbound(call("Hold", id: 1))
        let reads = socket.reads
        channel.read()
        #expect(socket.reads == reads)
        #expect(fast.heldCalls.isEmpty)
        channel.isWritable = true
        channel.pipeline.fireChannelWritabilityChanged()
        channel.embeddedEventLoop.run()
        #expect(socket.reads == reads + 1)
        #expect(fast.heldCalls.count == 1)
        fast.completeAll()
        channel.embeddedEventLoop.run()
        _ = try channel.finish()
    }

    @Test("Answers that are ready within one read leave with one write")
    func writesOncePerRead() throws {
        let (channel, socket) = try embeddedConnection(FastEcho()) { _ in }
        var requests = ByteBuffer()
        for id in 1...50 { requests.writeImmutableBuffer(call("Plain", id: UInt8(id))) }
        try channel.writeInbound(requests)
        #expect(socket.writes == 1)
        _ = try channel.finish()
    }

    @Test("Answers that come later, within one turn of the loop, leave with one write")
    func writesOncePerTurn() throws {
        let fast = FastEcho()
        let (channel, socket) = try embeddedConnection(fast) { _ in }
        for id in 1...50 { try channel.writeInbound(call("Hold", id: UInt8(id))) }
        #expect(socket.writes == 0)
        for call in fast.heldCalls { call.succeed { $0.writeInteger(UInt8(1)) } }
        channel.embeddedEventLoop.run()
        #expect(socket.writes == 1)
        _ = try channel.finish()
    }
}

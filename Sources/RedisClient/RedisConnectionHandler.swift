import CoreMetrics
import NIOCore

/// One connection: commands out, replies in, in the same order.
///
/// Lives on its event loop. Commands of one tick leave in one write. There is one timer, for the oldest command in flight.
final class RedisConnectionHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private struct Pending {
        var promise: EventLoopPromise<RESPValue>
        var deadline: NIODeadline
        var byteCount: Int
    }

    /// A write buffer that has grown beyond this is given back.
    private static let keptCapacity = 256 * 1024

    private let configuration: RedisConfiguration
    private let eventLoop: any EventLoop
    private let metrics: RedisMetrics
    private let reader: RESPReader
    private var context: ChannelHandlerContext?

    private var pending = CircularBuffer<Pending>(initialCapacity: 64)
    private var pendingBytes = 0
    /// How many at the end of `pending` have not left yet: they surely had no effect.
    private var unwrittenCount = 0
    private var writeBuffer: ByteBuffer
    private var isWriteScheduled = false
    private var timer: Scheduled<Void>?
    private var failure: RedisError?

    /// Called once, after every command in flight has failed.
    var onClosed: ((RedisError) -> Void)?

    init(
        configuration: RedisConfiguration, eventLoop: any EventLoop, metrics: RedisMetrics
    ) throws(RedisError) {
        self.metrics = metrics
        self.configuration = configuration
        self.eventLoop = eventLoop
        self.writeBuffer = ByteBufferAllocator().buffer(capacity: 4_096)
        self.reader = try RESPReader(
            limits: .init(
                maximumReplyBytes: configuration.maximumReplyBytes, maximumElements: configuration.maximumReplyElements)
        )
    }

    /// Queues the command for the write at the end of this tick.
    func send(_ command: RedisCommand) -> EventLoopFuture<RESPValue> {
        if let failure { return self.eventLoop.makeFailedFuture(RedisError(.notConnected, failure.message)) }
        let byteCount = command.encodedByteCount
        guard self.pending.count < self.configuration.maximumInFlightCommands,
            self.pendingBytes + byteCount <= self.configuration.maximumInFlightBytes
        else {
            self.metrics.overloads.increment()
            return self.eventLoop.makeFailedFuture(
                RedisError(.overloaded, "\(self.pending.count) commands of \(self.pendingBytes) bytes are in flight"))
        }
        let promise = self.eventLoop.makePromise(of: RESPValue.self)
        let deadline = NIODeadline.now() + self.configuration.commandTimeout
        self.pending.append(Pending(promise: promise, deadline: deadline, byteCount: byteCount))
        self.pendingBytes += byteCount
        self.unwrittenCount += 1
        command.write(into: &self.writeBuffer)
        self.scheduleWrite()
        if self.timer == nil { self.startTimer(deadline) }
        return promise.futureResult
    }

    /// Closes the connection; commands in flight fail with the reason.
    func close(_ reason: RedisError) {
        guard self.failure == nil else { return }
        self.failure = reason
        guard let context else {
            self.finish()
            return
        }
        context.close(promise: nil)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        self.finish()
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.finish()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        self.close(RedisError(.connectionLost, "the connection failed: \(error)"))
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        // One look at the clock serves all replies of a read.
        let now = NIODeadline.now()
        do {
            try self.reader.read(self.unwrapInboundIn(data)) { self.complete($0, at: now) }
        } catch {
            self.close(error)
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        // What the replies caused goes out at once.
        self.write()
        context.fireChannelReadComplete()
    }

    private func complete(_ reply: RESPValue, at now: NIODeadline) {
        guard self.failure == nil else { return }
        guard let first = self.pending.popFirst() else {
            self.close(RedisError(.protocolViolation, "a reply came that no command asked for"))
            return
        }
        self.pendingBytes -= first.byteCount
        let sentAt = first.deadline - self.configuration.commandTimeout
        self.metrics.commandTime.recordNanoseconds((now - sentAt).nanoseconds)
        if case .error(let error) = reply {
            self.metrics.errorReplies.increment()
            first.promise.fail(error)
        } else {
            first.promise.succeed(reply)
        }
    }

    private func scheduleWrite() {
        guard !self.isWriteScheduled else { return }
        self.isWriteScheduled = true
        self.eventLoop.assumeIsolated().execute {
            self.isWriteScheduled = false
            self.write()
        }
    }

    private func write() {
        guard self.unwrittenCount > 0, self.failure == nil, let context else { return }
        self.unwrittenCount = 0
        context.writeAndFlush(self.wrapOutboundOut(self.writeBuffer), promise: nil)
        if self.writeBuffer.capacity > Self.keptCapacity {
            self.writeBuffer = ByteBufferAllocator().buffer(capacity: 4_096)
        } else {
            self.writeBuffer.clear()
        }
    }

    private func startTimer(_ deadline: NIODeadline) {
        self.timer = self.eventLoop.assumeIsolated().scheduleTask(deadline: deadline) {
            self.timer = nil
            guard let oldest = self.pending.first else { return }
            guard oldest.deadline <= .now() else {
                self.startTimer(oldest.deadline)
                return
            }
            self.close(RedisError(.timedOut, "no reply within \(self.configuration.commandTimeout)"))
        }
    }

    private func finish() {
        self.timer?.cancel()
        self.timer = nil
        let reason = self.failure ?? RedisError(.connectionLost, "the server closed the connection")
        self.failure = reason
        let lost = self.pending
        let writtenCount = lost.count - self.unwrittenCount
        self.pending.removeAll()
        self.pendingBytes = 0
        self.unwrittenCount = 0
        for (index, entry) in lost.enumerated() {
            entry.promise.fail(self.error(for: reason, isOldest: index == 0, isWritten: index < writtenCount))
        }
        guard let onClosed else { return }
        self.onClosed = nil
        onClosed(reason)
    }

    /// Only the oldest command was late; those behind it are lost with the connection.
    private func error(for reason: RedisError, isOldest: Bool, isWritten: Bool) -> RedisError {
        guard isWritten else { return RedisError(.notConnected, reason.message) }
        if reason.code == .timedOut, isOldest { return reason }
        return RedisError(.connectionLost, reason.message)
    }
}

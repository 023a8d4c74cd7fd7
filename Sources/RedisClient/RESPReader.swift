import CHiredis
import NIOCore

/// Cuts a stream of bytes into replies, with hiredis' reader.
///
/// The reader refuses what no server of ours sends: replies deeper than its fixed stack (seven levels), longer than
/// ``Limits/maximumReplyBytes``, or of more elements than ``Limits/maximumElements``. After an error it is unusable.
final class RESPReader {
    /// What a single reply may cost.
    struct Limits {
        var maximumReplyBytes: Int
        var maximumElements: Int
    }

    /// hiredis shifts its buffer after each reply; a small portion keeps that cheap.
    private static let portion = 16 * 1024

    private let sink: UnsafeMutablePointer<chiredis_sink>
    private let reader: UnsafeMutablePointer<redisReader>
    private let collector: RESPCollector
    private let limits: Limits
    private var bytesSinceReply = 0

    init(limits: Limits) throws(RedisError) {
        self.limits = limits
        self.collector = RESPCollector(maximumElements: limits.maximumElements)
        self.sink = .allocate(capacity: 1)
        self.sink.initialize(to: RESPCollector.makeSink(for: self.collector))
        guard let reader = chiredis_reader_create(self.sink) else {
            self.sink.deallocate()
            throw RedisError(.protocolViolation, "the reply reader cannot be allocated")
        }
        self.reader = reader
    }

    deinit {
        redisReaderFree(self.reader)
        self.sink.deallocate()
    }

    /// Takes bytes from the stream and hands each complete reply to `body`, in order.
    func read(_ bytes: ByteBuffer, _ body: (RESPValue) -> Void) throws(RedisError) {
        var offset = bytes.readerIndex
        while offset < bytes.writerIndex {
            let count = min(Self.portion, bytes.writerIndex - offset)
            let isFed = bytes.withUnsafeReadableBytes { readable in
                chiredis_reader_feed(
                    self.reader, readable.baseAddress?.advanced(by: offset - bytes.readerIndex), count) != 0
            }
            guard isFed else { throw RedisError(.protocolViolation, "a reply cannot be buffered") }
            offset += count
            self.bytesSinceReply += count
            while let reply = try self.next() { body(reply) }
            guard self.bytesSinceReply <= self.limits.maximumReplyBytes else {
                throw RedisError(
                    .protocolViolation, "a reply is longer than \(self.limits.maximumReplyBytes) bytes")
            }
        }
    }

    private func next() throws(RedisError) -> RESPValue? {
        switch chiredis_reader_next(self.reader) {
        case CHIREDIS_INCOMPLETE:
            return nil
        case CHIREDIS_COMPLETE:
            self.bytesSinceReply = 0
            guard let reply = self.collector.takeReply() else {
                throw RedisError(.protocolViolation, "a reply is of a kind that RESP2 does not have")
            }
            return reply
        default:
            let reason = self.collector.refusal ?? String(cString: chiredis_reader_error(self.reader))
            throw RedisError(.protocolViolation, reason)
        }
    }
}

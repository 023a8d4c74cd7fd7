public import GRPCCore
public import NIOCore

/// The bytes of one message, held in a `ByteBuffer`: the bag of bytes of both framed transports.
public struct FramedBytes: GRPCContiguousBytes, Hashable, Sendable {
    /// The message; its readable bytes are what counts.
    public var buffer: ByteBuffer

    /// Wraps a buffer.
    @inlinable
    public init(_ buffer: ByteBuffer) {
        self.buffer = buffer
    }

    /// Makes a message of `count` equal bytes.
    @inlinable
    public init(repeating byte: UInt8, count: Int) {
        self.buffer = ByteBuffer(repeating: byte, count: count)
    }

    /// Makes a message of the bytes of `sequence`.
    @inlinable
    public init<Bytes: Sequence>(_ sequence: Bytes) where Bytes.Element == UInt8 {
        self.buffer = ByteBuffer(bytes: sequence)
    }

    /// Length of the message in bytes.
    @inlinable
    public var count: Int { buffer.readableBytes }

    /// Lends the bytes for reading.
    @inlinable
    public func withUnsafeBytes<R>(_ body: (_ buffer: UnsafeRawBufferPointer) throws -> R) rethrows -> R {
        try buffer.withUnsafeReadableBytes(body)
    }

    /// Lends the bytes for writing.
    @inlinable
    public mutating func withUnsafeMutableBytes<R>(
        _ body: (_ buffer: UnsafeMutableRawBufferPointer) throws -> R
    ) rethrows -> R {
        try buffer.withUnsafeMutableReadableBytes(body)
    }
}

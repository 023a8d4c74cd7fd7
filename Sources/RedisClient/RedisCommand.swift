public import NIOCore

/// One command, encoded while it is built.
///
/// Arguments go straight into one buffer in their wire form; their number is written in front when the command is sent.
///
///     var command = RedisCommand("FCALL", capacity: 4_096)
///     command.append("take")
///     command.append(1)
///     command.append(key)
public struct RedisCommand: Sendable {
    /// The encoded arguments, without the leading count.
    private(set) var body: ByteBuffer

    /// The number of arguments so far, the command's name included.
    public private(set) var argumentCount: Int

    /// Starts a command.
    ///
    /// - Parameters:
    ///   - name: the command's name, for instance `FCALL`.
    ///   - capacity: the bytes to set aside for the whole command, so that a long one is not moved while it grows.
    public init(_ name: StaticString, capacity: Int = 128) {
        self.body = ByteBufferAllocator().buffer(capacity: capacity)
        self.argumentCount = 0
        self.append(name)
    }

    /// Makes a command of text arguments.
    public init(_ name: StaticString, _ arguments: String...) {
        self.init(name, arguments: arguments)
    }

    /// Makes a command of text arguments.
    public init(_ name: StaticString, arguments: some Sequence<String>) {
        self.init(name)
        for argument in arguments { self.append(argument) }
    }

    /// The number of bytes that the arguments take on the wire.
    public var encodedByteCount: Int { self.body.readableBytes }

    /// Appends a literal.
    public mutating func append(_ text: StaticString) {
        guard text.hasPointerRepresentation else {
            self.append(String(describing: text))
            return
        }
        self.append(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// Appends a text.
    public mutating func append(_ text: String) {
        self.writeHeader(UInt8(ascii: "$"), text.utf8.count)
        self.body.writeString(text)
        self.endArgument()
    }

    /// Appends an integer in decimal.
    public mutating func append(_ value: Int64) {
        self.append(value, digits: DecimalDigits.count(of: value))
    }

    /// Appends an integer in decimal.
    public mutating func append(_ value: Int) {
        self.append(Int64(value))
    }

    /// Appends bytes.
    public mutating func append(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { self.append($0) }
    }

    /// Appends bytes.
    public mutating func append(_ bytes: RESPBytes) {
        bytes.withUnsafeBytes { self.append($0) }
    }

    /// Appends the readable bytes of a buffer.
    public mutating func append(_ buffer: ByteBuffer) {
        self.writeHeader(UInt8(ascii: "$"), buffer.readableBytes)
        self.body.writeImmutableBuffer(buffer)
        self.endArgument()
    }

    /// Appends bytes.
    public mutating func append(_ bytes: UnsafeRawBufferPointer) {
        self.writeHeader(UInt8(ascii: "$"), bytes.count)
        self.body.writeBytes(bytes)
        self.endArgument()
    }

    /// Writes the whole command, ready to be sent.
    public func write(into buffer: inout ByteBuffer) {
        buffer.reserveCapacity(minimumWritableBytes: self.body.readableBytes + DecimalDigits.maximumCount + 3)
        buffer.writeRESPHeader(UInt8(ascii: "*"), self.argumentCount)
        buffer.writeImmutableBuffer(self.body)
    }

    private mutating func append(_ value: Int64, digits: Int) {
        self.body.writeWithUnsafeMutableBytes(minimumWritableBytes: 2 * DecimalDigits.maximumCount + 5) { target in
            var end = DecimalDigits.writeHeader(UInt8(ascii: "$"), digits, to: target, at: 0)
            end = DecimalDigits.write(value, count: digits, to: target, at: end)
            return DecimalDigits.writeLineEnd(to: target, at: end)
        }
        self.argumentCount += 1
    }

    private mutating func writeHeader(_ kind: UInt8, _ count: Int) {
        self.body.writeRESPHeader(kind, count)
    }

    private mutating func endArgument() {
        self.body.writeInteger(0x0D0A as UInt16)
        self.argumentCount += 1
    }
}

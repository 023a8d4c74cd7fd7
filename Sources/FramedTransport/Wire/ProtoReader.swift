/// Reads the protobuf wire format from borrowed bytes.
///
/// A reader lives only as long as the closure that lent it the bytes.
struct ProtoReader {
    /// Wire types of the format.
    enum WireType {
        static let varint: UInt32 = 0
        static let fixed64: UInt32 = 1
        static let lengthDelimited: UInt32 = 2
        static let startGroup: UInt32 = 3
        static let endGroup: UInt32 = 4
        static let fixed32: UInt32 = 5
    }

    /// A field number and the shape of its value.
    struct Tag: Equatable {
        let rawValue: UInt32

        var field: UInt32 { rawValue >> 3 }
        var wireType: UInt32 { rawValue & 7 }

        /// The tag of a field with a varint.
        static func varint(_ field: UInt32) -> UInt32 { field << 3 }
        /// The tag of a field with counted bytes.
        static func bytes(_ field: UInt32) -> UInt32 { field << 3 | WireType.lengthDelimited }
    }

    /// Unknown groups may nest this deep; the protocol itself has none.
    private static let maxGroupDepth = 32

    private let bytes: UnsafeRawBufferPointer
    private var offset: Int
    private let end: Int

    init(_ bytes: UnsafeRawBufferPointer, in range: ByteRange) {
        self.bytes = bytes
        self.offset = range.start
        self.end = range.end
    }

    /// The next tag, or `nil` at the end.
    @inline(__always)
    mutating func nextTag() throws(FrameError) -> Tag? {
        guard offset < end else { return nil }
        let raw = try varint()
        guard raw >= 8, let tag = UInt32(exactly: raw) else { throw FrameError(.malformedMeta) }
        return Tag(rawValue: tag)
    }

    /// A varint, up to ten bytes long.
    @inline(__always)
    mutating func varint() throws(FrameError) -> UInt64 {
        guard offset < end else { throw FrameError(.malformedMeta) }
        let first = bytes[offset]
        offset += 1
        if first < 0x80 { return UInt64(first) }
        return try longVarint(startingWith: first)
    }

    /// A varint cut to 32 bits, as the format demands for `int32` and enums.
    @inline(__always)
    mutating func int32() throws(FrameError) -> Int32 {
        Int32(truncatingIfNeeded: try varint())
    }

    /// Where counted bytes lie.
    @inline(__always)
    mutating func range() throws(FrameError) -> ByteRange {
        let length = try varint()
        guard length <= UInt64(end - offset) else { throw FrameError(.malformedMeta) }
        let range = ByteRange(start: offset, length: Int(length))
        offset += Int(length)
        return range
    }

    /// Passes over the value of an unknown field.
    mutating func skip(_ tag: Tag) throws(FrameError) {
        try skip(tag, depth: 0)
    }

    private mutating func longVarint(startingWith first: UInt8) throws(FrameError) -> UInt64 {
        var value = UInt64(first & 0x7f)
        var shift: UInt64 = 7
        while shift < 70 {
            guard offset < end else { break }
            let byte = bytes[offset]
            offset += 1
            value |= UInt64(byte & 0x7f) << shift
            if byte < 0x80 { return value }
            shift += 7
        }
        throw FrameError(.malformedMeta)
    }

    private mutating func skip(_ tag: Tag, depth: Int) throws(FrameError) {
        switch tag.wireType {
        case WireType.varint: _ = try varint()
        case WireType.fixed64: try advance(by: 8)
        case WireType.lengthDelimited: _ = try range()
        case WireType.startGroup:
            guard depth < Self.maxGroupDepth else { throw FrameError(.malformedMeta) }
            while true {
                guard let inner = try nextTag() else { throw FrameError(.malformedMeta) }
                if inner.wireType == WireType.endGroup {
                    guard inner.field == tag.field else { throw FrameError(.malformedMeta) }
                    return
                }
                try skip(inner, depth: depth + 1)
            }
        case WireType.fixed32: try advance(by: 4)
        default: throw FrameError(.malformedMeta)
        }
    }

    private mutating func advance(by count: Int) throws(FrameError) {
        guard end - offset >= count else { throw FrameError(.malformedMeta) }
        offset += count
    }
}

/// A part of a frame's body, counted from its first byte.
struct ByteRange: Equatable, Sendable {
    private var rawStart: UInt32
    private var rawLength: UInt32

    /// Nothing.
    static let empty = ByteRange(start: 0, length: 0)

    /// Makes a range; a body never reaches 4 GiB, so 32 bits are enough.
    init(start: Int, length: Int) {
        self.rawStart = UInt32(start)
        self.rawLength = UInt32(length)
    }

    var start: Int { Int(rawStart) }
    var length: Int { Int(rawLength) }
    var end: Int { start + length }
    var isEmpty: Bool { rawLength == 0 }
}

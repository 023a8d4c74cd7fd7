/// A message of two texts, `{1 key, 2 value}`: an entry of the user fields, or an item of the older request metadata.
struct TextPair: Equatable {
    static let keyTag = ProtoReader.Tag.bytes(1)
    static let valueTag = ProtoReader.Tag.bytes(2)

    /// Where the key lies.
    private(set) var key = ByteRange.empty
    /// Where the value lies.
    private(set) var value = ByteRange.empty
    /// Whether there was nothing but a key and perhaps a value.
    private(set) var isPure = true

    /// Reads a pair.
    ///
    /// - Parameters:
    ///   - bytes: The bytes of the body.
    ///   - range: Where the pair lies.
    /// - Throws: ``FrameError`` when the bytes are no protobuf message.
    init(_ bytes: UnsafeRawBufferPointer, _ range: ByteRange) throws(FrameError) {
        var reader = ProtoReader(bytes, in: range)
        while let tag = try reader.nextTag() {
            switch tag.rawValue {
            case Self.keyTag: key = try reader.range()
            case Self.valueTag: value = try reader.range()
            default:
                isPure = false
                try reader.skip(tag)
            }
        }
    }
}

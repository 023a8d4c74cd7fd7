import NIOCore

/// What the meta of a `PRPC` packet says.
///
/// Text and bytes stay where they are, as ranges of the body: reading a meta allocates nothing. Metadata is read from
/// the same bytes when somebody asks for it.
struct CallMeta: Equatable, Sendable {
    /// Whether the packet is a request.
    var hasRequest = false
    /// Whether the packet is an answer.
    var hasResponse = false
    /// Whether the caller wants to open a stream with this call.
    var opensStream = false
    /// Whether there is anything to read for metadata.
    var hasMetadata = false
    /// Whether a checksum also covers the attachment.
    var checksumCoversAttachment = false
    /// 0 for none.
    var compressType: Int32 = 0
    /// Bytes at the end of the body that are no part of the message.
    var attachmentSize: Int32 = 0
    /// 0 for protobuf.
    var contentType: Int32 = 0
    /// 0 for none, 1 for CRC-32C.
    var checksumType: Int32 = 0
    /// Chosen by the client; 0 when it chose none.
    var correlationID: Int64 = 0
    /// The checksum as it was sent.
    var checksumValue = ByteRange.empty
    /// Whether the older field for request metadata is there.
    var hasRequestItems = false
    /// The user field `authorization`: a credential for this call alone.
    var authorizationValue = ByteRange.empty
    /// User fields that hold a credential.
    var credentialCount = 0
    /// The user field `x-request-id`.
    var requestIDValue = ByteRange.empty
    /// The user field `traceparent`.
    var traceParentValue = ByteRange.empty
    /// An opaque credential.
    var authenticationData = ByteRange.empty

    /// Name of the service, with or without its package.
    var serviceName = ByteRange.empty
    /// Name of the method.
    var methodName = ByteRange.empty
    /// A number for logs.
    var logID: Int64 = 0
    /// The caller's trace.
    var traceID: Int64 = 0
    /// The caller's span.
    var spanID: Int64 = 0
    /// The parent of the caller's span.
    var parentSpanID: Int64 = 0
    /// Time left when the request was sent; 0 or less for none.
    var timeoutMilliseconds: Int32 = 0

    /// 0 for success.
    var errorCode: Int32 = 0
    /// What went wrong.
    var errorText = ByteRange.empty

    init() {}

    /// Reads the meta at the start of `body`.
    ///
    /// - Parameters:
    ///   - body: The body of the packet.
    ///   - metaLength: How much of it is meta.
    /// - Throws: ``FrameError`` when these bytes are no meta, or a required field is missing.
    init(parsing body: ByteBuffer, metaLength: Int) throws(FrameError) {
        self = try body.withUnsafeReadableBytes { bytes throws(FrameError) in
            try CallMeta(bytes, ByteRange(start: 0, length: min(metaLength, bytes.count)))
        }
    }

    private init(_ bytes: UnsafeRawBufferPointer, _ range: ByteRange) throws(FrameError) {
        var reader = ProtoReader(bytes, in: range)
        var namesService = false
        var namesMethod = false
        while let tag = try reader.nextTag() {
            switch tag.rawValue {
            case Self.requestTag:
                hasRequest = true
                try parseRequest(
                    bytes, reader.range(), namesService: &namesService, namesMethod: &namesMethod)
            case Self.responseTag:
                hasResponse = true
                try parseResponse(bytes, reader.range())
            case Self.compressTypeTag: compressType = try reader.int32()
            case Self.correlationIDTag: correlationID = Int64(bitPattern: try reader.varint())
            case Self.attachmentSizeTag: attachmentSize = try reader.int32()
            case Self.authenticationTag: authenticationData = try reader.range()
            case Self.streamSettingsTag:
                opensStream = true
                try Self.checkStreamSettings(bytes, reader.range())
            case Self.userFieldTag:
                hasMetadata = true
                note(try TextPair(bytes, reader.range()), bytes)
            case Self.contentTypeTag: contentType = try reader.int32()
            case Self.checksumTypeTag: checksumType = try reader.int32()
            case Self.checksumValueTag: checksumValue = try reader.range()
            case Self.checksumCoverTag: checksumCoversAttachment = try reader.varint() != 0
            default: try reader.skip(tag)
            }
        }
        guard !hasRequest || (namesService && namesMethod) else { throw FrameError(.malformedMeta) }
    }

    private mutating func parseRequest(
        _ bytes: UnsafeRawBufferPointer, _ range: ByteRange, namesService: inout Bool, namesMethod: inout Bool
    ) throws(FrameError) {
        var reader = ProtoReader(bytes, in: range)
        while let tag = try reader.nextTag() {
            switch tag.rawValue {
            case Self.serviceNameTag:
                namesService = true
                serviceName = try reader.range()
            case Self.methodNameTag:
                namesMethod = true
                methodName = try reader.range()
            case Self.logIDTag: logID = Int64(bitPattern: try reader.varint())
            case Self.traceIDTag: traceID = Int64(bitPattern: try reader.varint())
            case Self.spanIDTag: spanID = Int64(bitPattern: try reader.varint())
            case Self.parentSpanIDTag: parentSpanID = Int64(bitPattern: try reader.varint())
            case Self.requestIDTag:
                hasMetadata = true
                hasRequestItems = true
                _ = try reader.range()
            case Self.timeoutTag: timeoutMilliseconds = try reader.int32()
            default: try reader.skip(tag)
            }
        }
    }

    /// Remembers where the user fields lie that the transport itself looks at.
    private mutating func note(_ pair: TextPair, _ bytes: UnsafeRawBufferPointer) {
        /// Upper-case letters are taken for small ones, as metadata does.
        func isKey(_ name: StaticString) -> Bool {
            bytes[pair.key.start..<pair.key.end].elementsEqual(
                UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
            ) { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) ? $0 | 0x20 == $1 : $0 == $1 }
        }
        switch pair.key.length {
        case 11 where isKey("traceparent"): traceParentValue = pair.value
        case 12 where isKey("x-request-id"): requestIDValue = pair.value
        case 13 where isKey("authorization"), 9 where isKey("x-api-key"):
            authorizationValue = pair.value
            credentialCount += 1
        default: break
        }
    }

    /// Whether a credential for this call alone may be found.
    var mayCarryAuthorization: Bool { hasRequestItems || credentialCount > 0 }

    private mutating func parseResponse(
        _ bytes: UnsafeRawBufferPointer, _ range: ByteRange
    ) throws(FrameError) {
        var reader = ProtoReader(bytes, in: range)
        while let tag = try reader.nextTag() {
            switch tag.rawValue {
            case Self.errorCodeTag: errorCode = try reader.int32()
            case Self.errorTextTag: errorText = try reader.range()
            default: try reader.skip(tag)
            }
        }
    }

    /// The settings of a stream must name it, even on a server that opens none.
    private static func checkStreamSettings(
        _ bytes: UnsafeRawBufferPointer, _ range: ByteRange
    ) throws(FrameError) {
        var reader = ProtoReader(bytes, in: range)
        var namesStream = false
        while let tag = try reader.nextTag() {
            if tag.rawValue == streamIDTag { namesStream = true }
            try reader.skip(tag)
        }
        guard namesStream else { throw FrameError(.malformedMeta) }
    }
}

extension CallMeta {
    static let requestTag = ProtoReader.Tag.bytes(1)
    static let responseTag = ProtoReader.Tag.bytes(2)
    static let compressTypeTag = ProtoReader.Tag.varint(3)
    static let correlationIDTag = ProtoReader.Tag.varint(4)
    static let attachmentSizeTag = ProtoReader.Tag.varint(5)
    static let authenticationTag = ProtoReader.Tag.bytes(7)
    static let streamSettingsTag = ProtoReader.Tag.bytes(8)
    static let userFieldTag = ProtoReader.Tag.bytes(9)
    static let contentTypeTag = ProtoReader.Tag.varint(10)
    static let checksumTypeTag = ProtoReader.Tag.varint(11)
    static let checksumValueTag = ProtoReader.Tag.bytes(12)
    static let checksumCoverTag = ProtoReader.Tag.varint(13)

    static let serviceNameTag = ProtoReader.Tag.bytes(1)
    static let methodNameTag = ProtoReader.Tag.bytes(2)
    static let logIDTag = ProtoReader.Tag.varint(3)
    static let traceIDTag = ProtoReader.Tag.varint(4)
    static let spanIDTag = ProtoReader.Tag.varint(5)
    static let parentSpanIDTag = ProtoReader.Tag.varint(6)
    static let requestIDTag = ProtoReader.Tag.bytes(7)
    static let timeoutTag = ProtoReader.Tag.varint(8)

    static let errorCodeTag = ProtoReader.Tag.varint(1)
    static let errorTextTag = ProtoReader.Tag.bytes(2)

    static let streamIDTag = ProtoReader.Tag.varint(1)
}

import GRPCCore
import NIOCore

/// A packet under construction: where it starts, and where its meta ends.
struct OpenFrame {
    /// Index of the first byte of the header.
    let start: Int
    /// Index of the first byte behind the meta.
    var metaEnd: Int
}

extension ByteBuffer {
    /// Starts a successful answer: the header, whose sizes come later, and the fields that every answer has.
    ///
    /// Error code, compress type and correlation id are written also when they are zero, because some peers fail
    /// without them.
    mutating func beginAnswer(correlationID: Int64) -> OpenFrame {
        let start = writerIndex
        writeWithUnsafeMutableBytes(minimumWritableBytes: 32) { output in
            output.storeBytes(of: Frame.callMagic.bigEndian, toByteOffset: 0, as: UInt32.self)
            output.storeBytes(of: 0, toByteOffset: 4, as: UInt64.self)
            // response { error_code 0 }, compress_type 0 and the tag of the correlation id.
            output.storeBytes(of: UInt64(0x20_00_18_00_08_02_12).littleEndian, toByteOffset: 12, as: UInt64.self)
            return Self.storeVarint(UInt64(bitPattern: correlationID), in: output, at: 19)
        }
        return OpenFrame(start: start, metaEnd: writerIndex)
    }

    /// Starts a successful answer that is compressed, or carries a checksum.
    ///
    /// - Parameters:
    ///   - correlationID: The call.
    ///   - compression: How the message is compressed.
    ///   - checksum: The masked checksum of the message as it is sent.
    /// - Returns: The packet, to be ended behind its message.
    mutating func beginAnswer(
        correlationID: Int64, compression: FramedCompression?, checksum: UInt32?
    ) -> OpenFrame {
        let start = beginFrame(magic: Frame.callMagic)
        writeVarint(UInt64(CallMeta.responseTag))
        writeVarint(2)
        writeVarintField(CallMeta.errorCodeTag, 0)
        writeVarintField(CallMeta.compressTypeTag, UInt64(compression?.rawValue ?? 0))
        writeVarintField(CallMeta.correlationIDTag, UInt64(bitPattern: correlationID))
        writeChecksum(checksum)
        return OpenFrame(start: start, metaEnd: writerIndex)
    }

    private mutating func writeChecksum(_ checksum: UInt32?) {
        guard let checksum else { return }
        writeVarintField(CallMeta.checksumTypeTag, UInt64(CallMeta.crc32c))
        writeVarint(UInt64(CallMeta.checksumValueTag))
        writeVarint(4)
        writeInteger(checksum)
    }

    /// The masked checksum of the readable bytes.
    var maskedChecksum: UInt32 { withUnsafeReadableBytes { CRC32C.masked(CRC32C.checksum($0)) } }

    /// Completes a packet whose message, if any, has been written behind its meta.
    mutating func endFrame(_ frame: OpenFrame) {
        let metaLength = frame.metaEnd - frame.start - Frame.headerLength
        let bodyLength = writerIndex - frame.start - Frame.headerLength
        setInteger(UInt64(bodyLength) << 32 | UInt64(metaLength), at: frame.start + 4)
    }

    /// Writes a whole error answer.
    mutating func writeFailure(
        correlationID: Int64, code: FramedErrorCode, text: String, metadata: Metadata = [:]
    ) {
        let start = beginFrame(magic: Frame.callMagic)
        let code = UInt64(bitPattern: Int64(code.rawValue))
        let textLength = text.utf8.count
        let textField = 1 + Self.varintLength(UInt64(textLength)) + textLength
        writeVarint(UInt64(CallMeta.responseTag))
        writeVarint(UInt64(1 + Self.varintLength(code) + textField))
        writeVarintField(CallMeta.errorCodeTag, code)
        writeTextField(CallMeta.errorTextTag, text)
        writeVarintField(CallMeta.compressTypeTag, 0)
        writeVarintField(CallMeta.correlationIDTag, UInt64(bitPattern: correlationID))
        writeUserFields(metadata)
        endFrame(OpenFrame(start: start, metaEnd: writerIndex))
    }

    /// Writes a whole request.
    mutating func writeRequest(_ request: RequestHead, message: ByteBuffer) {
        var frame = OpenFrame(start: writerIndex, metaEnd: 0)
        writeRequestHead(request)
        if !request.authenticationData.isEmpty {
            writeVarint(UInt64(CallMeta.authenticationTag))
            writeVarint(UInt64(request.authenticationData.count))
            writeBytes(request.authenticationData)
        }
        writeChecksum(request.checksum)
        writeUserFields(request.metadata)
        frame.metaEnd = writerIndex
        writeImmutableBuffer(message)
        endFrame(frame)
    }

    /// Writes what every request has: the header, whose sizes come later, the request part, compress type and
    /// correlation id.
    ///
    /// One step for all of it costs a fraction of a step for each field.
    private mutating func writeRequestHead(_ request: RequestHead) {
        let serviceLength = request.service.utf8.count
        let methodLength = request.method.utf8.count
        let timeout = UInt64(max(0, request.timeoutMilliseconds))
        var length =
            2 + Self.varintLength(UInt64(serviceLength)) + serviceLength
            + Self.varintLength(UInt64(methodLength)) + methodLength
        if timeout > 0 { length += 1 + Self.varintLength(timeout) }
        writeWithUnsafeMutableBytes(minimumWritableBytes: length + 64) { output in
            output.storeBytes(of: Frame.callMagic.bigEndian, toByteOffset: 0, as: UInt32.self)
            output.storeBytes(of: 0, toByteOffset: 4, as: UInt64.self)
            var end = Self.storeField(CallMeta.requestTag, UInt64(length), in: output, at: Frame.headerLength)
            end = Self.storeText(CallMeta.serviceNameTag, request.service, in: output, at: end)
            end = Self.storeText(CallMeta.methodNameTag, request.method, in: output, at: end)
            if timeout > 0 { end = Self.storeField(CallMeta.timeoutTag, timeout, in: output, at: end) }
            let compression = UInt64(request.compression?.rawValue ?? 0)
            end = Self.storeField(CallMeta.compressTypeTag, compression, in: output, at: end)
            let correlationID = UInt64(bitPattern: request.correlationID)
            return Self.storeField(CallMeta.correlationIDTag, correlationID, in: output, at: end)
        }
    }

    /// Writes the frame that tells a peer that its stream is not known here.
    mutating func writeStreamReset(to streamID: Int64) {
        let start = beginFrame(magic: Frame.streamMagic)
        writeVarintField(StreamFrameMeta.streamIDTag, UInt64(bitPattern: streamID))
        writeVarintField(StreamFrameMeta.frameTypeTag, UInt64(StreamFrameMeta.FrameType.reset))
        endFrame(OpenFrame(start: start, metaEnd: writerIndex))
    }

    /// Writes metadata as user fields: keys in lower case, binary values as base64, values of one key joined by commas.
    mutating func writeUserFields(_ metadata: Metadata) {
        guard !metadata.isEmpty else { return }
        for (index, element) in metadata.enumerated() {
            let key = element.key.lowercasedASCII
            if metadata.prefix(index).contains(where: { $0.key.lowercasedASCII == key }) { continue }
            var value = element.value.base64OrText
            for other in metadata.dropFirst(index + 1) where other.key.lowercasedASCII == key {
                value += "," + other.value.base64OrText
            }
            let keyLength = key.utf8.count
            let valueLength = value.utf8.count
            writeVarint(UInt64(CallMeta.userFieldTag))
            writeVarint(
                UInt64(
                    2 + Self.varintLength(UInt64(keyLength)) + keyLength
                        + Self.varintLength(UInt64(valueLength)) + valueLength))
            writeTextField(TextPair.keyTag, key)
            writeTextField(TextPair.valueTag, value)
        }
    }

    private mutating func beginFrame(magic: UInt32) -> Int {
        let start = writerIndex
        writeMultipleIntegers(magic, UInt64(0))
        return start
    }
}

/// What the meta of a request says.
struct RequestHead {
    var service: String
    var method: String
    var correlationID: Int64
    /// Time left in milliseconds; 0 for none.
    var timeoutMilliseconds: Int32
    var authenticationData: [UInt8] = []
    var metadata: Metadata = [:]
    /// How the message is compressed.
    var compression: FramedCompression?
    /// The masked checksum of the message as it is sent.
    var checksum: UInt32?
}

extension Metadata.Value {
    fileprivate var base64OrText: String {
        switch self {
        case .string(let text): text
        case .binary(let bytes): Base64.encode(bytes)
        }
    }
}

extension String {
    fileprivate var lowercasedASCII: String {
        utf8.contains { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) } ? lowercased() : self
    }
}

import GRPCCore
import NIOCore

extension CallMeta {
    /// The key under which a request id is found in the metadata.
    static let requestIDKey = "x-request-id"
    /// The key of a credential that holds for one call.
    static let credentialKeys = ["authorization", "x-api-key"]
    /// The key of the trace that a call is part of.
    static let traceParentKey = "traceparent"

    /// Reads the metadata: the user fields, and what request field 7 carries in either of its two forms.
    ///
    /// Values of keys that end in `-bin` become binary when they are base64; what is not stays text.
    ///
    /// - Parameters:
    ///   - body: The body this meta was read from.
    ///   - metaLength: How much of it is meta.
    /// - Returns: The metadata, in the order of the wire.
    func metadata(in body: ByteBuffer, metaLength: Int) -> Metadata {
        guard hasMetadata else { return [:] }
        return body.withUnsafeReadableBytes { bytes in
            var collector = MetadataCollector(bytes: bytes)
            do {
                try collector.collect(ByteRange(start: 0, length: metaLength))
            } catch {
                // The same bytes were checked when the meta was read, so every field has been collected.
            }
            return collector.finish()
        }
    }
}

extension CallMeta {
    /// The key under which gRPC's own machinery looks for a timeout.
    static let timeoutKey = "grpc-timeout"

    /// The metadata of a request as a handler sees it.
    ///
    /// - Parameters:
    ///   - body: The body this meta was read from.
    ///   - metaLength: How much of it is meta.
    /// - Returns: The metadata without a timeout: deadlines have a field of their own and are kept by the transport.
    func requestMetadata(in body: ByteBuffer, metaLength: Int) -> Metadata {
        guard hasMetadata else { return [:] }
        var metadata = metadata(in: body, metaLength: metaLength)
        metadata.removeAllValues(forKey: Self.timeoutKey)
        return metadata
    }
}

/// Gathers the metadata of one meta.
private struct MetadataCollector {
    private let bytes: UnsafeRawBufferPointer
    private var metadata = Metadata()
    private var requestItems: [ByteRange] = []

    init(bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    mutating func collect(_ range: ByteRange) throws(FrameError) {
        var reader = ProtoReader(bytes, in: range)
        while let tag = try reader.nextTag() {
            switch tag.rawValue {
            case CallMeta.requestTag: try collectRequest(reader.range())
            case CallMeta.userFieldTag: add(try TextPair(bytes, reader.range()))
            default: try reader.skip(tag)
            }
        }
    }

    mutating func finish() -> Metadata {
        guard let last = requestItems.last else { return metadata }
        var pairs: [TextPair] = []
        pairs.reserveCapacity(requestItems.count)
        for item in requestItems {
            guard let pair = purePair(item) else {
                if metadata[CallMeta.requestIDKey].first(where: { _ in true }) == nil {
                    metadata.addString(text(last), forKey: CallMeta.requestIDKey)
                }
                return metadata
            }
            pairs.append(pair)
        }
        for pair in pairs { add(pair) }
        return metadata
    }

    private mutating func collectRequest(_ range: ByteRange) throws(FrameError) {
        var reader = ProtoReader(bytes, in: range)
        while let tag = try reader.nextTag() {
            if tag.rawValue == CallMeta.requestIDTag {
                requestItems.append(try reader.range())
            } else {
                try reader.skip(tag)
            }
        }
    }

    /// A request id may by chance look like some protobuf message; a pair has a key, perhaps a value, and nothing else.
    private func purePair(_ range: ByteRange) -> TextPair? {
        do {
            let pair = try TextPair(bytes, range)
            return pair.isPure && !pair.key.isEmpty ? pair : nil
        } catch {
            return nil
        }
    }

    private mutating func add(_ pair: TextPair) {
        let key = text(pair.key)
        let value = text(pair.value)
        guard key.hasSuffix("-bin") else {
            metadata.addString(value, forKey: key)
            return
        }
        // Several binary values under one key travel as one text, with commas between them.
        for part in value.utf8.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false) {
            if let binary = Base64.decode(part) {
                metadata.addBinary(binary, forKey: key)
            } else {
                metadata.addString(String(Substring(part)), forKey: key)
            }
        }
    }

    private func text(_ range: ByteRange) -> String {
        String(decoding: UnsafeRawBufferPointer(rebasing: bytes[range.start..<range.end]), as: UTF8.self)
    }
}

/// Bytes that were read ahead, followed by the rest of the source they came from.
final class PrefixedByteSource: ByteSource {
    private var prefix: ArraySlice<UInt8>
    private let rest: any ByteSource

    init(prefix: ArraySlice<UInt8>, rest: any ByteSource) {
        self.prefix = prefix
        self.rest = rest
    }

    func read(into destination: UnsafeMutableRawBufferPointer) throws(ByteSourceError) -> Int {
        if prefix.isEmpty { return try rest.read(into: destination) }
        let count = min(prefix.count, destination.count)
        destination.copyBytes(from: prefix.prefix(count))
        prefix = prefix.dropFirst(count)
        return count
    }
}

/// Bytes that are in memory already.
public final class MemoryByteSource: ByteSource {
    private let bytes: [UInt8]
    private let largestRead: Int
    private var position = 0

    /// Serves `bytes`, at most `largestRead` (at least 1) of them at a time.
    public init(_ bytes: [UInt8], largestRead: Int = .max) {
        self.bytes = bytes
        self.largestRead = max(1, largestRead)
    }

    /// Copies the next bytes to the front of `destination`; never throws.
    public func read(into destination: UnsafeMutableRawBufferPointer) throws(ByteSourceError) -> Int {
        let count = min(destination.count, bytes.count - position, largestRead)
        destination.copyBytes(from: bytes[position..<position + count])
        position += count
        return count
    }
}

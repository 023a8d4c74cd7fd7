import Replay
import Testing

@Suite("Reading gzip")
struct GzipReaderTests {
    private static let text = Array((0..<20_000).map { "line \($0 % 977)\n" }.joined().utf8)

    @Test("A member gives back what was compressed, however the bytes arrive", arguments: [1, 7, 4_096, Int.max])
    func roundTrip(largestRead: Int) throws {
        let compressed = try GzipWriter.member(Self.text)
        let reader = try GzipReader(MemoryByteSource(compressed, largestRead: largestRead))
        let (bytes, error) = Samples.drain(reader, chunk: 313)
        #expect(bytes == Self.text)
        #expect(error == nil)
    }

    @Test("Members and the zero bytes behind the last one are read through")
    func members() throws {
        let compressed = try GzipWriter.member([1, 2]) + GzipWriter.member([]) + GzipWriter.member([3]) + [0, 0, 0]
        for largestRead in [1, 5, 100] {
            let reader = try GzipReader(MemoryByteSource(compressed, largestRead: largestRead))
            let (bytes, error) = Samples.drain(reader)
            #expect(bytes == [1, 2, 3])
            #expect(error == nil)
        }
    }

    @Test("Cut off anywhere, a stream delivers a true start of its data and then says that it is cut off")
    func truncated() throws {
        let compressed = try GzipWriter.member(Self.text)
        for length in Set(stride(from: 0, to: compressed.count, by: 97)).union([1, 9, 10, compressed.count - 1]) {
            let reader = try GzipReader(MemoryByteSource(Array(compressed.prefix(length))))
            let (bytes, error) = Samples.drain(reader)
            #expect(error?.code == .truncatedGzip)
            #expect(Self.text.starts(with: bytes))
            // The error stays: a second attempt does not look like an orderly end.
            #expect(Samples.drain(reader).error?.code == .truncatedGzip)
        }
    }

    @Test("All but the checksum is delivered when only the checksum is missing")
    func deliveredBeforeTruncation() throws {
        let compressed = try GzipWriter.member(Self.text)
        let reader = try GzipReader(MemoryByteSource(compressed.dropLast(8)))
        let (bytes, error) = Samples.drain(reader)
        #expect(bytes == Self.text)
        #expect(error?.code == .truncatedGzip)
    }

    @Test("A wrong checksum and damaged blocks are corrupt, not the end")
    func corrupt() throws {
        var wrongChecksum = try GzipWriter.member(Self.text)
        wrongChecksum[wrongChecksum.count - 6] ^= 0x55
        let checked = Samples.drain(try GzipReader(MemoryByteSource(wrongChecksum)))
        #expect(checked.error?.code == .corruptGzip)
        #expect(checked.bytes == Self.text)

        var noGzip = try GzipWriter.member(Self.text)
        noGzip[0] = 0x50
        #expect(Samples.drain(try GzipReader(MemoryByteSource(noGzip))).error?.code == .corruptGzip)
    }

    @Test(
        "Foreign bytes behind the stream, or behind its padding, are reported",
        arguments: [[0x41], [0, 0, 0x41], [0, 0x1f]])
    func trailingBytes(trailer: [UInt8]) throws {
        let reader = try GzipReader(MemoryByteSource(GzipWriter.member([9]) + trailer))
        let (bytes, error) = Samples.drain(reader)
        #expect(bytes == [9])
        #expect(error?.code == .trailingBytes)
    }

    @Test("Compressed input is known by its bytes, plain input passes unchanged", arguments: [0, 1, 2, 3, 5_000])
    func detection(count: Int) throws {
        let plain = Array(Self.text.prefix(count))
        let unchanged = Samples.drain(try InputFile.decoded(MemoryByteSource(plain, largestRead: 1)))
        #expect(unchanged.bytes == plain)
        #expect(unchanged.error == nil)
        let compressed = MemoryByteSource(try GzipWriter.member(plain), largestRead: 1)
        #expect(Samples.drain(try InputFile.decoded(compressed)).bytes == plain)
    }

    @Test("A file that cannot be opened or read says which and why")
    func unreadable() throws {
        let missing = #expect(throws: ByteSourceError.self) { try InputFile.open(path: "/nowhere/books.csv") }
        #expect(missing?.code == .unreadable)
        #expect(missing?.message == "cannot open /nowhere/books.csv: No such file or directory")
        let folder = #expect(throws: ByteSourceError.self) { try InputFile.open(path: "/") }
        #expect(folder?.code == .unreadable)
    }
}

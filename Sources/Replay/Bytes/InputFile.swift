/// Opens input that may or may not be compressed.
public enum InputFile {
    /// Opens the file at `path`; a gzip file, known by its first two bytes and not by its name, is decompressed.
    public static func open(path: String) throws(ByteSourceError) -> any ByteSource {
        try decoded(FileByteSource(path: path))
    }

    /// Decompresses `source` if it starts like gzip, else hands its bytes on as they are.
    public static func decoded(_ source: any ByteSource) throws(ByteSourceError) -> any ByteSource {
        let start = UnsafeMutableRawBufferPointer.allocate(byteCount: 2, alignment: 1)
        defer { start.deallocate() }
        var count = 0
        while count < start.count {
            let more = try source.read(into: UnsafeMutableRawBufferPointer(rebasing: start[count...]))
            if more == 0 { break }
            count += more
        }
        let prefix = Array(start.prefix(count))
        let whole = PrefixedByteSource(prefix: prefix[...], rest: source)
        return prefix == [0x1f, 0x8b] ? try GzipReader(whole) : whole
    }
}

import Replay

/// Reads a small file at once.
enum WholeFile {
    /// The text of the file at `path`, plain or gzip, refused where it is longer than `limit` bytes or not UTF-8.
    static func text(path: String, limit: Int) throws -> String {
        let source = try InputFile.open(path: path)
        var bytes: [UInt8] = []
        let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: 65_536, alignment: 1)
        defer { chunk.deallocate() }
        while true {
            let count = try source.read(into: chunk)
            if count == 0 { break }
            bytes.append(contentsOf: chunk.prefix(count))
            if bytes.count > limit { throw CommandFailure(.invalid, "\(path) is longer than \(limit) bytes") }
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw CommandFailure(.invalid, "\(path) is not UTF-8")
        }
        return text
    }
}

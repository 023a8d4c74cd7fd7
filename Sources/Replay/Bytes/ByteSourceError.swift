/// A stream of bytes could not be opened or broke off.
public struct ByteSourceError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What went wrong, for callers that decide by it.
    public struct Code: Hashable, Sendable {
        private enum Value: Hashable, Sendable {
            case unreadable
            case truncatedGzip
            case corruptGzip
            case trailingBytes
            case decoderUnavailable
        }

        private let value: Value

        /// The operating system refused to open or read the file.
        public static let unreadable = Code(value: .unreadable)
        /// A gzip stream ends before its last block or its checksum.
        public static let truncatedGzip = Code(value: .truncatedGzip)
        /// A gzip stream holds bytes that cannot be decoded, or its checksum disagrees.
        public static let corruptGzip = Code(value: .corruptGzip)
        /// Something that is neither padding nor another gzip member follows a complete gzip member.
        public static let trailingBytes = Code(value: .trailingBytes)
        /// zlib could not be started, for want of memory or because its version does not fit.
        public static let decoderUnavailable = Code(value: .decoderUnavailable)
    }

    /// What went wrong.
    public let code: Code
    /// The same for people, with the system's or zlib's own words.
    public let message: String

    /// Describes a fault.
    public init(code: Code, message: String) {
        self.code = code
        self.message = message
    }

    /// The message.
    public var description: String { message }
}

/// The name of one call, by which its caller and the server's log speak of it.
public struct RequestID: Hashable, Sendable, CustomStringConvertible {
    /// The name.
    public let description: String

    /// Takes a caller's name; `nil` unless it is 1 to 128 printable ASCII characters without blanks, quotes and backslashes.
    public init?(_ text: String) {
        let count = text.utf8.count
        guard count > 0, count <= RequestID.longest,
            text.utf8.allSatisfy({ byte in
                (0x21...0x7e).contains(byte) && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "'")
                    && byte != UInt8(ascii: "\\")
            })
        else { return nil }
        description = text
    }

    private init(unchecked text: String) {
        description = text
    }

    /// A new name: 32 hexadecimal digits.
    public static func fresh() -> RequestID {
        RequestID(unchecked: TraceParent.hex(FreshIDs.next(), 16) + TraceParent.hex(FreshIDs.next(), 16))
    }

    private static let longest = 128
}

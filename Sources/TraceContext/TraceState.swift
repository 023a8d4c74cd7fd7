/// What tracing systems let travel beside a trace's place: W3C Trace Context's `tracestate`, a list of `key=value`.
public struct TraceState: Hashable, Sendable {
    /// The header value; empty where there is none.
    public let headerValue: String

    /// Nothing.
    public static let none = TraceState(unchecked: "")

    private init(unchecked text: String) {
        headerValue = text
    }

    /// Reads a header's values, which are one list.
    ///
    /// `nil` unless it has at most 32 members and 512 bytes, of valid keys, each once, and valid values.
    public init?(_ values: some Sequence<String>) {
        var members: [Substring] = []
        var keys: Set<Substring> = []
        var length = 0
        for value in values {
            guard value.utf8.count <= TraceState.longest else { return nil }
            for part in value.split(separator: ",") {
                let member = TraceState.trimmed(part)
                if member.isEmpty { continue }
                guard let mark = member.firstIndex(of: "="), members.count < TraceState.most,
                    TraceState.isKey(member[..<mark]), TraceState.isValue(member[member.index(after: mark)...]),
                    keys.insert(member[..<mark]).inserted
                else { return nil }
                members.append(member)
                length += member.utf8.count + 1
            }
        }
        guard length <= TraceState.longest + 1 else { return nil }
        self.init(unchecked: members.joined(separator: ","))
    }

    private static let most = 32
    private static let longest = 512

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return text.drop { $0 == " " || $0 == "\t" }
    }

    private static func isKey(_ key: Substring) -> Bool {
        guard (1...256).contains(key.utf8.count), let first = key.utf8.first, isLowercaseOrDigit(first) else {
            return false
        }
        return key.utf8.allSatisfy { byte in
            isLowercaseOrDigit(byte) || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
                || byte == UInt8(ascii: "*") || byte == UInt8(ascii: "/") || byte == UInt8(ascii: "@")
        }
    }

    private static func isValue(_ value: Substring) -> Bool {
        (1...256).contains(value.utf8.count)
            && value.utf8.allSatisfy { (0x20...0x7e).contains($0) && $0 != UInt8(ascii: "=") }
    }

    private static func isLowercaseOrDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}

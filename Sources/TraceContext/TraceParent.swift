/// The place of a call in a distributed trace: W3C Trace Context's `traceparent`.
///
/// `00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01`: version, 16 bytes of trace, 8 bytes of span, flags, all in
/// lower-case hexadecimal digits.
public struct TraceParent: Hashable, Sendable {
    /// The first half of the trace's id.
    public let traceHigh: UInt64
    /// The second half of the trace's id; the two are not both 0.
    public let traceLow: UInt64
    /// The span's id, which is not 0.
    public let span: UInt64
    /// Flags; the lowest bit says that the trace is recorded.
    public let flags: UInt8

    /// Makes a place; `nil` where the trace's or the span's id is 0.
    public init?(traceHigh: UInt64, traceLow: UInt64, span: UInt64, flags: UInt8) {
        guard traceHigh | traceLow != 0, span != 0 else { return nil }
        self.init(unchecked: traceHigh, traceLow, span, flags)
    }

    private init(unchecked traceHigh: UInt64, _ traceLow: UInt64, _ span: UInt64, _ flags: UInt8) {
        self.traceHigh = traceHigh
        self.traceLow = traceLow
        self.span = span
        self.flags = flags
    }

    /// Reads a header value.
    ///
    /// `nil` unless it is of version 00, or of a later one whose beginning has the same form: upper-case digits, other
    /// lengths, the version `ff` and ids of zeros are refused.
    public init?(_ text: String) {
        let bytes = Array(text.utf8.prefix(TraceParent.longest + 1))
        guard bytes.count >= TraceParent.length, bytes.count <= TraceParent.longest,
            let version = TraceParent.number(bytes[0..<2]), version != 0xff,
            bytes.count == TraceParent.length || (version > 0 && bytes[TraceParent.length] == TraceParent.dash),
            bytes[2] == TraceParent.dash, bytes[35] == TraceParent.dash, bytes[52] == TraceParent.dash,
            let high = TraceParent.number(bytes[3..<19]), let low = TraceParent.number(bytes[19..<35]),
            let span = TraceParent.number(bytes[36..<52]), let flags = TraceParent.number(bytes[53..<55])
        else { return nil }
        self.init(traceHigh: high, traceLow: low, span: span, flags: UInt8(truncatingIfNeeded: flags))
    }

    /// A new trace that is recorded.
    public static func fresh() -> TraceParent {
        TraceParent(unchecked: FreshIDs.next(), FreshIDs.next(), FreshIDs.next(), 1)
    }

    /// A new span of the same trace.
    public func child() -> TraceParent {
        TraceParent(unchecked: traceHigh, traceLow, FreshIDs.next(), flags)
    }

    /// The trace's id: 32 digits.
    public var traceID: String { TraceParent.hex(traceHigh, 16) + TraceParent.hex(traceLow, 16) }

    /// The span's id: 16 digits.
    public var spanID: String { TraceParent.hex(span, 16) }

    /// The header value, of version 00.
    public var headerValue: String { "00-\(traceID)-\(spanID)-\(TraceParent.hex(UInt64(flags), 2))" }

    private static let length = 55
    /// What a later version may add is bounded.
    private static let longest = 512
    private static let dash = UInt8(ascii: "-")

    private static func number(_ digits: ArraySlice<UInt8>) -> UInt64? {
        var value: UInt64 = 0
        for digit in digits {
            switch digit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt64(digit - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): value = value << 4 | UInt64(digit - UInt8(ascii: "a") + 10)
            default: return nil
            }
        }
        return value
    }

    static func hex(_ value: UInt64, _ count: Int) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: max(0, count - digits.count)) + digits
    }
}

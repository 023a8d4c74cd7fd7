/// One record of a CSV file: its fields without quotes.
public struct CSVRecord: Hashable, Sendable {
    /// Physical line of the file on which the record starts, from 1.
    public let line: Int
    private var content: [UInt8] = []
    private var ends: [Int] = []

    init(line: Int) {
        self.line = line
        content.reserveCapacity(128)
        ends.reserveCapacity(8)
    }

    /// Number of fields, at least 1.
    public var count: Int { ends.count }

    /// The text of field `index`, from 0.
    public subscript(index: Int) -> ArraySlice<UInt8> {
        content[(index == 0 ? 0 : ends[index - 1])..<ends[index]]
    }

    /// Bytes of the field that is being added.
    var openFieldBytes: Int { content.count - (ends.last ?? 0) }

    mutating func append(_ bytes: Slice<UnsafeBufferPointer<UInt8>>) {
        content.append(contentsOf: bytes)
    }

    mutating func endField() {
        ends.append(content.count)
    }
}

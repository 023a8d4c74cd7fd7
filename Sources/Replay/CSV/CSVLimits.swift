/// Bounds on what one record of a CSV file may hold, so that a damaged file cannot fill the memory.
public struct CSVLimits: Hashable, Sendable {
    /// Most bytes of one field's text; default 4,096.
    public var fieldBytes: Int
    /// Most bytes of one record as written, line ends included; default 65,536.
    public var recordBytes: Int
    /// Most fields of one record; default 256.
    public var fields: Int

    /// Sets bounds; each is at least 1.
    public init(fieldBytes: Int = 4_096, recordBytes: Int = 65_536, fields: Int = 256) {
        self.fieldBytes = max(1, fieldBytes)
        self.recordBytes = max(1, recordBytes)
        self.fields = max(1, fields)
    }
}

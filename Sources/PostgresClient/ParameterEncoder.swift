/// Encodes the parameters of statements into one buffer; a connection keeps its encoder and so its memory.
struct ParameterEncoder {
    /// What is kept of the buffer between statements.
    private static let keptCapacity = 1 << 20

    private(set) var bytes: [UInt8] = []
    /// For each parameter where its bytes begin, or nil for a null.
    private(set) var offsets: [Int?] = []
    private(set) var lengths: [Int32] = []

    /// Forgets what was encoded before.
    mutating func reset() {
        self.bytes.removeAll(keepingCapacity: self.bytes.capacity <= Self.keptCapacity)
        self.offsets.removeAll(keepingCapacity: true)
        self.lengths.removeAll(keepingCapacity: true)
    }

    /// Encodes the parameters of one more statement and returns their places in `offsets` and `lengths`.
    mutating func encode(_ values: [PostgresValue]) throws(PostgresError) -> Range<Int> {
        let first = self.offsets.count
        for (index, value) in values.enumerated() {
            if case .null = value {
                self.offsets.append(nil)
                self.lengths.append(0)
                continue
            }
            let start = self.bytes.count
            guard self.append(value), let length = Int32(exactly: self.bytes.count - start) else {
                throw PostgresError(.invalidParameter, detail: "parameter $\(index + 1) has no form on the wire")
            }
            self.offsets.append(start)
            self.lengths.append(length)
        }
        return first..<self.offsets.count
    }

    /// False when the value has no form on the wire.
    private mutating func append(_ value: PostgresValue) -> Bool {
        switch value {
        case .null: return true
        case .bool(let value): self.bytes.append(value ? 1 : 0)
        case .int16(let value): self.append(value)
        case .int32(let value): self.append(value)
        case .int64(let value): self.append(value)
        case .float64(let value): self.append(value.bitPattern)
        case .text(let value): self.bytes.append(contentsOf: value.utf8)
        case .bytes(let value): self.bytes.append(contentsOf: value)
        case .uuid(let value): self.append(value)
        case .timestamp(let value): return self.append(timestamp: value)
        case .bools(let values): return self.append(array: values, .bool) { $0.append(element: $1 ? [1] : [0]) }
        case .int16s(let values): return self.append(array: values, .int2) { $0.append(element: $1) }
        case .int32s(let values): return self.append(array: values, .int4) { $0.append(element: $1) }
        case .int64s(let values): return self.append(array: values, .int8) { $0.append(element: $1) }
        case .float64s(let values):
            return self.append(array: values, .float8) { $0.append(element: $1.bitPattern) }
        case .texts(let values): return self.append(array: values, .text) { $0.append(element: $1.utf8) }
        case .bytesArray(let values): return self.append(array: values, .bytea) { $0.append(element: $1) }
        case .uuids(let values): return self.append(array: values, .uuid) { $0.append(element: $1) }
        case .timestamps(let values):
            return self.append(array: values, .timestamptz) { $0.append(timestampElement: $1) }
        case .optionalInt32s(let values):
            return self.append(optionals: values, .int4) { $0.append(element: $1) }
        case .optionalInt64s(let values):
            return self.append(optionals: values, .int8) { $0.append(element: $1) }
        case .optionalTexts(let values):
            return self.append(optionals: values, .text) { $0.append(element: $1.utf8) }
        case .optionalBytesArray(let values):
            return self.append(optionals: values, .bytea) { $0.append(element: $1) }
        case .optionalUUIDs(let values):
            return self.append(optionals: values, .uuid) { $0.append(element: $1) }
        case .optionalTimestamps(let values):
            return self.append(optionals: values, .timestamptz) { $0.append(timestampElement: $1) }
        }
        return true
    }

    private mutating func append<Integer: FixedWidthInteger>(_ value: Integer) {
        withUnsafeBytes(of: value.bigEndian) { self.bytes.append(contentsOf: $0) }
    }

    private mutating func append(_ value: PostgresUUID) {
        self.append(value.high)
        self.append(value.low)
    }

    private mutating func append(timestamp: Int64) -> Bool {
        guard let wire = PostgresTimestamp.toWire(timestamp) else { return false }
        self.append(wire)
        return true
    }

    private mutating func append<T>(
        array: [T], _ type: PostgresType, _ element: (inout ParameterEncoder, T) -> Bool
    ) -> Bool {
        guard self.appendArrayHeader(count: array.count, hasNulls: false, type) else { return false }
        for value in array {
            guard element(&self, value) else { return false }
        }
        return true
    }

    private mutating func append<T>(
        optionals: [T?], _ type: PostgresType, _ element: (inout ParameterEncoder, T) -> Bool
    ) -> Bool {
        let hasNulls = optionals.contains { $0 == nil }
        guard self.appendArrayHeader(count: optionals.count, hasNulls: hasNulls, type) else { return false }
        for value in optionals {
            guard let value else {
                self.append(-1 as Int32)
                continue
            }
            guard element(&self, value) else { return false }
        }
        return true
    }

    private mutating func appendArrayHeader(count: Int, hasNulls: Bool, _ type: PostgresType) -> Bool {
        guard let count = Int32(exactly: count) else { return false }
        self.append((count == 0 ? 0 : 1) as Int32)
        self.append((hasNulls ? 1 : 0) as Int32)
        self.append(type.rawValue)
        guard count > 0 else { return true }
        self.append(count)
        self.append(1 as Int32)
        return true
    }

    private mutating func append<Integer: FixedWidthInteger>(element value: Integer) -> Bool {
        self.append(Int32(MemoryLayout<Integer>.size))
        self.append(value)
        return true
    }

    private mutating func append(element value: PostgresUUID) -> Bool {
        self.append(16 as Int32)
        self.append(value)
        return true
    }

    private mutating func append(timestampElement value: Int64) -> Bool {
        self.append(8 as Int32)
        return self.append(timestamp: value)
    }

    private mutating func append(element value: some Collection<UInt8>) -> Bool {
        guard let count = Int32(exactly: value.count) else { return false }
        self.append(count)
        self.bytes.append(contentsOf: value)
        return true
    }
}

/// Why bytes are not a value.
enum ColumnFormatFailure: Error {
    case null
    case malformed
}

/// How one kind of column is read from its binary form.
protocol ColumnFormat {
    associatedtype Value

    /// What callers ask for, in errors.
    static var name: String { get }

    /// Whether columns of the type can be read.
    static func accepts(_ type: PostgresType) -> Bool

    /// Reads a value that is not null.
    static func decode(_ bytes: UnsafeRawBufferPointer, _ type: PostgresType) -> Result<Value, ColumnFormatFailure>
}

/// A format whose values also come in arrays.
protocol ElementFormat: ColumnFormat {
    /// The element type of an array type that can be read; nil for other types.
    static func elementType(ofArray type: PostgresType) -> PostgresType?
}

extension UnsafeRawBufferPointer {
    /// The big-endian integer at the offset, which the caller has checked.
    func bigEndian<Integer: FixedWidthInteger>(_ type: Integer.Type, at offset: Int = 0) -> Integer {
        Integer(bigEndian: self.loadUnaligned(fromByteOffset: offset, as: Integer.self))
    }
}

enum BoolFormat: ElementFormat {
    static let name = "bool"

    static func accepts(_ type: PostgresType) -> Bool { type == .bool }

    static func elementType(ofArray type: PostgresType) -> PostgresType? { type == .boolArray ? .bool : nil }

    static func decode(_ bytes: UnsafeRawBufferPointer, _ type: PostgresType) -> Result<Bool, ColumnFormatFailure> {
        guard bytes.count == 1, bytes[0] <= 1 else { return .failure(.malformed) }
        return .success(bytes[0] == 1)
    }
}

enum IntegerFormat<Value: FixedWidthInteger>: ElementFormat {
    static var name: String { "int\(Value.bitWidth)" }

    static func accepts(_ type: PostgresType) -> Bool {
        switch type {
        case .int2: true
        case .int4: Value.bitWidth >= 32
        case .int8, .oid: Value.bitWidth >= 64
        default: false
        }
    }

    static func elementType(ofArray type: PostgresType) -> PostgresType? {
        let element: PostgresType
        switch type {
        case .int2Array: element = .int2
        case .int4Array: element = .int4
        case .int8Array: element = .int8
        default: return nil
        }
        return self.accepts(element) ? element : nil
    }

    static func decode(_ bytes: UnsafeRawBufferPointer, _ type: PostgresType) -> Result<Value, ColumnFormatFailure> {
        switch (type, bytes.count) {
        case (.int2, 2): .success(Value(bytes.bigEndian(Int16.self)))
        case (.int4, 4): .success(Value(bytes.bigEndian(Int32.self)))
        case (.int8, 8): .success(Value(bytes.bigEndian(Int64.self)))
        case (.oid, 4): .success(Value(bytes.bigEndian(UInt32.self)))
        default: .failure(.malformed)
        }
    }
}

enum FloatFormat: ElementFormat {
    static let name = "float64"

    static func accepts(_ type: PostgresType) -> Bool { type == .float8 || type == .float4 }

    static func elementType(ofArray type: PostgresType) -> PostgresType? { type == .float8Array ? .float8 : nil }

    static func decode(_ bytes: UnsafeRawBufferPointer, _ type: PostgresType) -> Result<Double, ColumnFormatFailure> {
        switch (type, bytes.count) {
        case (.float8, 8): .success(Double(bitPattern: bytes.bigEndian(UInt64.self)))
        case (.float4, 4): .success(Double(Float(bitPattern: bytes.bigEndian(UInt32.self))))
        default: .failure(.malformed)
        }
    }
}

enum TextFormat: ElementFormat {
    /// The only version of the binary form of `jsonb`.
    private static let jsonbVersion: UInt8 = 1

    static let name = "text"

    static func accepts(_ type: PostgresType) -> Bool {
        switch type {
        case .text, .varchar, .bpchar, .name, .unknown, .json, .jsonb: true
        default: false
        }
    }

    static func elementType(ofArray type: PostgresType) -> PostgresType? {
        switch type {
        case .textArray: .text
        case .varcharArray: .varchar
        case .bpcharArray: .bpchar
        case .nameArray: .name
        default: nil
        }
    }

    static func decode(_ bytes: UnsafeRawBufferPointer, _ type: PostgresType) -> Result<String, ColumnFormatFailure> {
        var bytes = bytes
        if type == .jsonb {
            guard bytes.first == self.jsonbVersion else { return .failure(.malformed) }
            bytes = UnsafeRawBufferPointer(rebasing: bytes.dropFirst())
        }
        guard let text = String(validating: bytes, as: UTF8.self) else { return .failure(.malformed) }
        return .success(text)
    }
}

enum BytesFormat: ElementFormat {
    static let name = "bytes"

    static func accepts(_ type: PostgresType) -> Bool { type == .bytea }

    static func elementType(ofArray type: PostgresType) -> PostgresType? { type == .byteaArray ? .bytea : nil }

    static func decode(_ bytes: UnsafeRawBufferPointer, _ type: PostgresType) -> Result<[UInt8], ColumnFormatFailure> {
        .success(Array(bytes))
    }
}

enum UUIDFormat: ElementFormat {
    static let name = "uuid"

    static func accepts(_ type: PostgresType) -> Bool { type == .uuid }

    static func elementType(ofArray type: PostgresType) -> PostgresType? { type == .uuidArray ? .uuid : nil }

    static func decode(
        _ bytes: UnsafeRawBufferPointer, _ type: PostgresType
    ) -> Result<PostgresUUID, ColumnFormatFailure> {
        guard bytes.count == 16 else { return .failure(.malformed) }
        return .success(
            PostgresUUID(high: bytes.bigEndian(UInt64.self), low: bytes.bigEndian(UInt64.self, at: 8)))
    }
}

enum TimestampFormat: ElementFormat {
    static let name = "timestamp"

    static func accepts(_ type: PostgresType) -> Bool { type == .timestamptz }

    static func elementType(ofArray type: PostgresType) -> PostgresType? {
        type == .timestamptzArray ? .timestamptz : nil
    }

    static func decode(_ bytes: UnsafeRawBufferPointer, _ type: PostgresType) -> Result<Int64, ColumnFormatFailure> {
        guard bytes.count == 8, let value = PostgresTimestamp.fromWire(bytes.bigEndian(Int64.self)) else {
            return .failure(.malformed)
        }
        return .success(value)
    }
}

/// A parameter of a statement, sent in binary; the case decides the type that the server sees.
public enum PostgresValue: Hashable, Sendable {
    /// A null, of whatever type the statement expects in this place.
    case null
    /// `bool`
    case bool(Bool)
    /// `smallint`
    case int16(Int16)
    /// `integer`
    case int32(Int32)
    /// `bigint`
    case int64(Int64)
    /// `double precision`
    case float64(Double)
    /// `text`; the server refuses a NUL character.
    case text(String)
    /// `bytea`
    case bytes([UInt8])
    /// `uuid`
    case uuid(PostgresUUID)
    /// `timestamptz`, in microseconds since 1970; `Int64.max` and `Int64.min` are `infinity` and `-infinity`.
    case timestamp(microsecondsSinceEpoch: Int64)
    /// `bool[]`
    case bools([Bool])
    /// `smallint[]`
    case int16s([Int16])
    /// `integer[]`
    case int32s([Int32])
    /// `bigint[]`
    case int64s([Int64])
    /// `double precision[]`
    case float64s([Double])
    /// `text[]`
    case texts([String])
    /// `bytea[]`
    case bytesArray([[UInt8]])
    /// `uuid[]`
    case uuids([PostgresUUID])
    /// `timestamptz[]`, each as in ``timestamp(microsecondsSinceEpoch:)``
    case timestamps([Int64])
    /// `integer[]` with nulls
    case optionalInt32s([Int32?])
    /// `bigint[]` with nulls
    case optionalInt64s([Int64?])
    /// `text[]` with nulls
    case optionalTexts([String?])
    /// `bytea[]` with nulls
    case optionalBytesArray([[UInt8]?])
    /// `uuid[]` with nulls
    case optionalUUIDs([PostgresUUID?])
    /// `timestamptz[]` with nulls
    case optionalTimestamps([Int64?])
}

extension PostgresValue {
    /// The value or, when there is none, a null.
    public static func optional<T>(_ value: T?, _ make: (T) -> PostgresValue) -> PostgresValue {
        value.map(make) ?? .null
    }
}

// One accessor for each type, plain and for columns that may be null.

extension PostgresRow {
    /// Reads a `bool`.
    public func bool(_ column: Int) throws(PostgresDecodingError) -> Bool {
        try self.decode(column, BoolFormat.self)
    }

    /// Reads a `bool`; nil for a null.
    public func boolOrNil(_ column: Int) throws(PostgresDecodingError) -> Bool? {
        try self.decodeOrNil(column, BoolFormat.self)
    }

    /// Reads a `smallint`.
    public func int16(_ column: Int) throws(PostgresDecodingError) -> Int16 {
        try self.decode(column, IntegerFormat<Int16>.self)
    }

    /// Reads a `smallint`; nil for a null.
    public func int16OrNil(_ column: Int) throws(PostgresDecodingError) -> Int16? {
        try self.decodeOrNil(column, IntegerFormat<Int16>.self)
    }

    /// Reads an `integer` or a narrower type.
    public func int32(_ column: Int) throws(PostgresDecodingError) -> Int32 {
        try self.decode(column, IntegerFormat<Int32>.self)
    }

    /// Reads an `integer` or a narrower type; nil for a null.
    public func int32OrNil(_ column: Int) throws(PostgresDecodingError) -> Int32? {
        try self.decodeOrNil(column, IntegerFormat<Int32>.self)
    }

    /// Reads a `bigint` or a narrower type.
    public func int64(_ column: Int) throws(PostgresDecodingError) -> Int64 {
        try self.decode(column, IntegerFormat<Int64>.self)
    }

    /// Reads a `bigint` or a narrower type; nil for a null.
    public func int64OrNil(_ column: Int) throws(PostgresDecodingError) -> Int64? {
        try self.decodeOrNil(column, IntegerFormat<Int64>.self)
    }

    /// Reads a `double precision` or a `real`.
    public func float64(_ column: Int) throws(PostgresDecodingError) -> Double {
        try self.decode(column, FloatFormat.self)
    }

    /// Reads a `double precision` or a `real`; nil for a null.
    public func float64OrNil(_ column: Int) throws(PostgresDecodingError) -> Double? {
        try self.decodeOrNil(column, FloatFormat.self)
    }

    /// Reads a `text`, `varchar`, `char`, `name`, `json` or `jsonb`; cast others, for instance an enum, to `text`.
    public func text(_ column: Int) throws(PostgresDecodingError) -> String {
        try self.decode(column, TextFormat.self)
    }

    /// Reads a `text`, `varchar`, `char`, `name`, `json` or `jsonb`; cast others, for instance an enum, to `text`; nil for a null.
    public func textOrNil(_ column: Int) throws(PostgresDecodingError) -> String? {
        try self.decodeOrNil(column, TextFormat.self)
    }

    /// Reads a `bytea`.
    public func bytes(_ column: Int) throws(PostgresDecodingError) -> [UInt8] {
        try self.decode(column, BytesFormat.self)
    }

    /// Reads a `bytea`; nil for a null.
    public func bytesOrNil(_ column: Int) throws(PostgresDecodingError) -> [UInt8]? {
        try self.decodeOrNil(column, BytesFormat.self)
    }

    /// Reads a `uuid`.
    public func uuid(_ column: Int) throws(PostgresDecodingError) -> PostgresUUID {
        try self.decode(column, UUIDFormat.self)
    }

    /// Reads a `uuid`; nil for a null.
    public func uuidOrNil(_ column: Int) throws(PostgresDecodingError) -> PostgresUUID? {
        try self.decodeOrNil(column, UUIDFormat.self)
    }

    /// Reads a `timestamptz`, in microseconds since 1970; the infinities are `Int64.max` and `Int64.min`.
    public func timestamp(_ column: Int) throws(PostgresDecodingError) -> Int64 {
        try self.decode(column, TimestampFormat.self)
    }

    /// Reads a `timestamptz`, in microseconds since 1970; the infinities are `Int64.max` and `Int64.min`; nil for a null.
    public func timestampOrNil(_ column: Int) throws(PostgresDecodingError) -> Int64? {
        try self.decodeOrNil(column, TimestampFormat.self)
    }
}

extension PostgresRow {
    /// Reads a `bool[]` of one dimension without nulls.
    public func bools(_ column: Int) throws(PostgresDecodingError) -> [Bool] {
        try self.decode(column, ArrayFormat<BoolFormat>.self)
    }

    /// Reads a `bool[]` of one dimension without nulls; nil when the whole column is null.
    public func boolsOrNil(_ column: Int) throws(PostgresDecodingError) -> [Bool]? {
        try self.decodeOrNil(column, ArrayFormat<BoolFormat>.self)
    }

    /// Reads a `bool[]` of one dimension whose elements may be null.
    public func optionalBools(_ column: Int) throws(PostgresDecodingError) -> [Bool?] {
        try self.decode(column, OptionalArrayFormat<BoolFormat>.self)
    }

    /// Reads a `smallint[]` of one dimension without nulls.
    public func int16s(_ column: Int) throws(PostgresDecodingError) -> [Int16] {
        try self.decode(column, ArrayFormat<IntegerFormat<Int16>>.self)
    }

    /// Reads a `smallint[]` of one dimension without nulls; nil when the whole column is null.
    public func int16sOrNil(_ column: Int) throws(PostgresDecodingError) -> [Int16]? {
        try self.decodeOrNil(column, ArrayFormat<IntegerFormat<Int16>>.self)
    }

    /// Reads a `smallint[]` of one dimension whose elements may be null.
    public func optionalInt16s(_ column: Int) throws(PostgresDecodingError) -> [Int16?] {
        try self.decode(column, OptionalArrayFormat<IntegerFormat<Int16>>.self)
    }

    /// Reads an `integer[]` or of a narrower type of one dimension without nulls.
    public func int32s(_ column: Int) throws(PostgresDecodingError) -> [Int32] {
        try self.decode(column, ArrayFormat<IntegerFormat<Int32>>.self)
    }

    /// Reads an `integer[]` or of a narrower type of one dimension without nulls; nil when the whole column is null.
    public func int32sOrNil(_ column: Int) throws(PostgresDecodingError) -> [Int32]? {
        try self.decodeOrNil(column, ArrayFormat<IntegerFormat<Int32>>.self)
    }

    /// Reads an `integer[]` or of a narrower type of one dimension whose elements may be null.
    public func optionalInt32s(_ column: Int) throws(PostgresDecodingError) -> [Int32?] {
        try self.decode(column, OptionalArrayFormat<IntegerFormat<Int32>>.self)
    }

    /// Reads a `bigint[]` or of a narrower type of one dimension without nulls.
    public func int64s(_ column: Int) throws(PostgresDecodingError) -> [Int64] {
        try self.decode(column, ArrayFormat<IntegerFormat<Int64>>.self)
    }

    /// Reads a `bigint[]` or of a narrower type of one dimension without nulls; nil when the whole column is null.
    public func int64sOrNil(_ column: Int) throws(PostgresDecodingError) -> [Int64]? {
        try self.decodeOrNil(column, ArrayFormat<IntegerFormat<Int64>>.self)
    }

    /// Reads a `bigint[]` or of a narrower type of one dimension whose elements may be null.
    public func optionalInt64s(_ column: Int) throws(PostgresDecodingError) -> [Int64?] {
        try self.decode(column, OptionalArrayFormat<IntegerFormat<Int64>>.self)
    }

    /// Reads a `double precision[]` of one dimension without nulls.
    public func float64s(_ column: Int) throws(PostgresDecodingError) -> [Double] {
        try self.decode(column, ArrayFormat<FloatFormat>.self)
    }

    /// Reads a `double precision[]` of one dimension without nulls; nil when the whole column is null.
    public func float64sOrNil(_ column: Int) throws(PostgresDecodingError) -> [Double]? {
        try self.decodeOrNil(column, ArrayFormat<FloatFormat>.self)
    }

    /// Reads a `double precision[]` of one dimension whose elements may be null.
    public func optionalFloat64s(_ column: Int) throws(PostgresDecodingError) -> [Double?] {
        try self.decode(column, OptionalArrayFormat<FloatFormat>.self)
    }

    /// Reads a `text[]` or `varchar[]` of one dimension without nulls.
    public func texts(_ column: Int) throws(PostgresDecodingError) -> [String] {
        try self.decode(column, ArrayFormat<TextFormat>.self)
    }

    /// Reads a `text[]` or `varchar[]` of one dimension without nulls; nil when the whole column is null.
    public func textsOrNil(_ column: Int) throws(PostgresDecodingError) -> [String]? {
        try self.decodeOrNil(column, ArrayFormat<TextFormat>.self)
    }

    /// Reads a `text[]` or `varchar[]` of one dimension whose elements may be null.
    public func optionalTexts(_ column: Int) throws(PostgresDecodingError) -> [String?] {
        try self.decode(column, OptionalArrayFormat<TextFormat>.self)
    }

    /// Reads a `bytea[]` of one dimension without nulls.
    public func bytesArray(_ column: Int) throws(PostgresDecodingError) -> [[UInt8]] {
        try self.decode(column, ArrayFormat<BytesFormat>.self)
    }

    /// Reads a `bytea[]` of one dimension without nulls; nil when the whole column is null.
    public func bytesArrayOrNil(_ column: Int) throws(PostgresDecodingError) -> [[UInt8]]? {
        try self.decodeOrNil(column, ArrayFormat<BytesFormat>.self)
    }

    /// Reads a `bytea[]` of one dimension whose elements may be null.
    public func optionalBytesArray(_ column: Int) throws(PostgresDecodingError) -> [[UInt8]?] {
        try self.decode(column, OptionalArrayFormat<BytesFormat>.self)
    }

    /// Reads a `uuid[]` of one dimension without nulls.
    public func uuids(_ column: Int) throws(PostgresDecodingError) -> [PostgresUUID] {
        try self.decode(column, ArrayFormat<UUIDFormat>.self)
    }

    /// Reads a `uuid[]` of one dimension without nulls; nil when the whole column is null.
    public func uuidsOrNil(_ column: Int) throws(PostgresDecodingError) -> [PostgresUUID]? {
        try self.decodeOrNil(column, ArrayFormat<UUIDFormat>.self)
    }

    /// Reads a `uuid[]` of one dimension whose elements may be null.
    public func optionalUUIDs(_ column: Int) throws(PostgresDecodingError) -> [PostgresUUID?] {
        try self.decode(column, OptionalArrayFormat<UUIDFormat>.self)
    }

    /// Reads a `timestamptz[]`, each in microseconds since 1970 of one dimension without nulls.
    public func timestamps(_ column: Int) throws(PostgresDecodingError) -> [Int64] {
        try self.decode(column, ArrayFormat<TimestampFormat>.self)
    }

    /// Reads a `timestamptz[]`, each in microseconds since 1970 of one dimension without nulls; nil when the whole column is null.
    public func timestampsOrNil(_ column: Int) throws(PostgresDecodingError) -> [Int64]? {
        try self.decodeOrNil(column, ArrayFormat<TimestampFormat>.self)
    }

    /// Reads a `timestamptz[]`, each in microseconds since 1970 of one dimension whose elements may be null.
    public func optionalTimestamps(_ column: Int) throws(PostgresDecodingError) -> [Int64?] {
        try self.decode(column, OptionalArrayFormat<TimestampFormat>.self)
    }
}

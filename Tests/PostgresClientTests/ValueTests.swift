import PostgresClient
import Testing

@Suite("Values", PostgresServer())
struct ValueTests {
    private static let uuids = [
        PostgresUUID(high: 0, low: 0), PostgresUUID(high: .max, low: .max),
        PostgresUUID(high: 0x0123_4567_89AB_CDEF, low: 0xFEDC_BA98_7654_3210),
    ]
    private static let texts = ["", " ", "äöü 漢字 🛒", "a\"b\\c,{}NULL", String(repeating: "x", count: 100_000)]
    private static let bytes: [[UInt8]] = [[], [0], Array(0...255), Array(repeating: 0xFF, count: 70_000)]
    /// 4713 BC and the year 294276 are the ends of what the server can tell.
    private static let instants: [Int64] = [
        0, 1, -1, 946_684_800_000_000, 1_700_000_000_123_456, -210_866_803_200_000_000, 9_224_318_015_999_999,
        .max, .min,
    ]

    @Test("come back unchanged, each scalar type with its extremes")
    func scalars() async throws {
        try await PostgresServer.withPool(connections: 1) { (pool) async throws in
            try await pool.withConnection { (connection) throws in
                func row(_ type: String, _ value: PostgresValue) throws -> PostgresRow {
                    try connection.execute(PostgresStatement(sql: "SELECT $1::\(type)"), [value]).single
                }
                for value in [true, false] { #expect(try row("bool", .bool(value)).bool(0) == value) }
                for value in [Int16.min, -1, 0, .max] { #expect(try row("int2", .int16(value)).int16(0) == value) }
                for value in [Int32.min, -1, 0, .max] { #expect(try row("int4", .int32(value)).int32(0) == value) }
                for value in [Int64.min, -1, 0, .max] { #expect(try row("int8", .int64(value)).int64(0) == value) }
                for value in [0, -0.0, .pi, .infinity, -.infinity, .leastNonzeroMagnitude, .greatestFiniteMagnitude] {
                    #expect(try row("float8", .float64(value)).float64(0).bitPattern == value.bitPattern)
                }
                #expect(try row("float8", .float64(.nan)).float64(0).isNaN)
                for value in Self.texts { #expect(try row("text", .text(value)).text(0) == value) }
                for value in Self.bytes { #expect(try row("bytea", .bytes(value)).bytes(0) == value) }
                for value in Self.uuids { #expect(try row("uuid", .uuid(value)).uuid(0) == value) }
                for value in Self.instants {
                    let read = try row("timestamptz", .timestamp(microsecondsSinceEpoch: value)).timestamp(0)
                    #expect(read == value)
                }
            }
        }
    }

    @Test("come back unchanged in arrays, empty ones and ones of extremes")
    func arrays() async throws {
        try await PostgresServer.withPool(connections: 1) { (pool) async throws in
            try await pool.withConnection { (connection) throws in
                func row(_ type: String, _ value: PostgresValue) throws -> PostgresRow {
                    try connection.execute(PostgresStatement(sql: "SELECT $1::\(type)"), [value]).single
                }
                for values in [[], [true, false, true]] {
                    #expect(try row("bool[]", .bools(values)).bools(0) == values)
                }
                for values in [[], [Int16.min, 0, .max]] {
                    #expect(try row("int2[]", .int16s(values)).int16s(0) == values)
                }
                for values in [[], [Int32.min, 0, .max]] {
                    #expect(try row("int4[]", .int32s(values)).int32s(0) == values)
                }
                for values in [[], [Int64.min, 0, .max], Array(0..<100_000)] {
                    #expect(try row("int8[]", .int64s(values)).int64s(0) == values)
                }
                for values in [[], [1.5, -.infinity]] {
                    #expect(try row("float8[]", .float64s(values)).float64s(0) == values)
                }
                for values in [[], Self.texts] { #expect(try row("text[]", .texts(values)).texts(0) == values) }
                for values in [[], Self.bytes] {
                    #expect(try row("bytea[]", .bytesArray(values)).bytesArray(0) == values)
                }
                for values in [[], Self.uuids] { #expect(try row("uuid[]", .uuids(values)).uuids(0) == values) }
                for values in [[], Self.instants] {
                    #expect(try row("timestamptz[]", .timestamps(values)).timestamps(0) == values)
                }
                #expect(try row("int4[]", .optionalInt32s([nil, 5])).optionalInt32s(0) == [nil, 5])
                #expect(try row("int8[]", .optionalInt64s([nil, 5, nil])).optionalInt64s(0) == [nil, 5, nil])
                #expect(try row("text[]", .optionalTexts(["", nil])).optionalTexts(0) == ["", nil])
                #expect(try row("bytea[]", .optionalBytesArray([[], nil])).optionalBytesArray(0) == [[], nil])
                #expect(try row("uuid[]", .optionalUUIDs([nil] + Self.uuids)).optionalUUIDs(0) == [nil] + Self.uuids)
                #expect(try row("timestamptz[]", .optionalTimestamps([nil, 7])).optionalTimestamps(0) == [nil, 7])
                #expect(try row("int8[]", .null).int64sOrNil(0) == nil)
            }
        }
    }

    @Test("mean to the server what they mean to us")
    func meaning() async throws {
        try await PostgresServer.withPool(connections: 1) { pool in
            try await pool.withConnection { connection in
                let row = try connection.execute(
                    PostgresStatement(
                        sql: """
                            SELECT $1::text, $2::text, $3::text, $4::text, array_to_string($5::bigint[], ',', '-'), \
                            encode($6, 'hex')
                            """),
                    [
                        .uuid(Self.uuids[2]), .timestamp(microsecondsSinceEpoch: 1_700_000_000_123_456),
                        .timestamp(microsecondsSinceEpoch: .max), .bool(true), .optionalInt64s([1, nil, -3]),
                        .bytes([0, 0xAB]),
                    ]
                ).single
                #expect(try row.text(0) == "01234567-89ab-cdef-fedc-ba9876543210")
                #expect(try row.text(1) == "2023-11-14 22:13:20.123456+00")
                #expect(try row.text(2) == "infinity")
                #expect(try row.text(3) == "true")
                #expect(try row.text(4) == "1,-,-3")
                #expect(try row.text(5) == "00ab")
            }
        }
    }

    @Test("are read in wider integers, in text of every kind, and as null where that is asked for")
    func readings() async throws {
        try await PostgresServer.withPool(connections: 1) { pool in
            try await pool.withConnection { connection in
                let sql = """
                    SELECT -7::int2, 8::int4, 'v'::varchar, 'c'::char(3), 'n'::name, '{"a": 1}'::jsonb, '[1]'::json, \
                    'u', NULL::int8, ARRAY[1::int2], ARRAY['a'::varchar], 1.5::float4 AS half
                    """
                let row = try connection.execute(PostgresStatement(sql: sql)).single
                #expect(try row.int64(0) == -7)
                #expect(try row.int32(0) == -7)
                #expect(try row.int64(1) == 8)
                #expect(try row.text(2) == "v")
                #expect(try row.text(3) == "c  ")
                #expect(try row.text(4) == "n")
                #expect(try row.text(5) == #"{"a": 1}"#)
                #expect(try row.text(6) == "[1]")
                #expect(try row.text(7) == "u")
                #expect(try row.int64OrNil(8) == nil)
                #expect(try row.isNull(8))
                #expect(try row.int64s(9) == [1])
                #expect(try row.texts(10) == ["a"])
                #expect(try row.float64(11) == 1.5)
                #expect(try row.column(named: "half") == 11)
                #expect(row.columnCount == 12)
            }
        }
    }

    @Test("of the wrong type, null or missing are refused with the column's name")
    func refusals() async throws {
        try await PostgresServer.withPool(connections: 1) { pool in
            try await pool.withConnection { connection in
                let sql =
                    "SELECT 5::int8 AS big, NULL::text AS nothing, ARRAY[1, NULL]::int8[] AS holes, ARRAY[[1]] AS deep"
                let row = try connection.execute(PostgresStatement(sql: sql)).single
                func reason(_ body: () throws(PostgresDecodingError) -> Void) -> (PostgresDecodingError.Reason, String)?
                {
                    do {
                        try body()
                        return nil
                    } catch {
                        return (error.reason, error.columnName)
                    }
                }
                func isRefused(
                    _ expected: PostgresDecodingError.Reason, _ name: String,
                    _ body: () throws(PostgresDecodingError) -> Void
                ) -> Bool {
                    guard let (reason, column) = reason(body) else { return false }
                    return reason == expected && column == name
                }
                #expect(
                    isRefused(.wrongType(objectID: 20), "big") { () throws(PostgresDecodingError) in
                        _ = try row.int32(0)
                    })
                #expect(
                    isRefused(.wrongType(objectID: 20), "big") { () throws(PostgresDecodingError) in _ = try row.text(0)
                    })
                #expect(
                    isRefused(.wrongType(objectID: 20), "big") { () throws(PostgresDecodingError) in
                        _ = try row.int64s(0)
                    })
                #expect(
                    isRefused(.unexpectedNull, "nothing") { () throws(PostgresDecodingError) in _ = try row.text(1) })
                #expect(
                    isRefused(.unexpectedNull, "holes") { () throws(PostgresDecodingError) in _ = try row.int64s(2) })
                #expect(isRefused(.malformed, "deep") { () throws(PostgresDecodingError) in _ = try row.int64s(3) })
                #expect(isRefused(.missingColumn, "") { () throws(PostgresDecodingError) in _ = try row.int64(4) })
                #expect(isRefused(.missingColumn, "") { () throws(PostgresDecodingError) in _ = try row.int64(-1) })
                let empty = try connection.execute(PostgresStatement(sql: "SELECT 1 WHERE false"))
                #expect(isRefused(.missingRow, "") { () throws(PostgresDecodingError) in _ = try empty.single })
                #expect(empty.isEmpty)
            }
        }
    }

    @Test("that have no form on the wire are refused before anything is sent")
    func invalidParameters() async throws {
        try await PostgresServer.withPool(connections: 1) { pool in
            try await pool.withConnection { (connection) throws in
                for value: PostgresValue in [
                    .timestamp(microsecondsSinceEpoch: .min + 1), .timestamps([0, .min + 5]),
                ] {
                    #expect {
                        try connection.execute(PostgresStatement(sql: "SELECT $1::text"), [value])
                    } throws: { ($0 as? PostgresError)?.kind == .invalidParameter }
                }
                #expect {
                    try connection.execute(PostgresStatement(sql: "SELECT $1"), [.text("a\u{0}b")])
                } throws: { error in
                    guard case .server(let state)? = (error as? PostgresError)?.kind else { return false }
                    return state.matches(.dataException)
                }
                #expect(try connection.execute(PostgresStatement(sql: "SELECT 1")).single.int32(0) == 1)
            }
        }
    }
}

@Suite("A UUID")
struct PostgresUUIDTests {
    @Test("is printed and parsed, in either case")
    func text() throws {
        let uuid = PostgresUUID(high: 0x0123_4567_89AB_CDEF, low: 0xFEDC_BA98_7654_3210)
        #expect(uuid.description == "01234567-89ab-cdef-fedc-ba9876543210")
        #expect(PostgresUUID(uuid.description) == uuid)
        #expect(PostgresUUID(uuid.description.uppercased()) == uuid)
        #expect(PostgresUUID(high: 1, low: 0) > PostgresUUID(high: 0, low: .max))
    }

    @Test(
        "is not made of anything else",
        arguments: [
            "", "01234567-89ab-cdef-fedc-ba987654321", "01234567-89ab-cdef-fedc-ba98765432100",
            "0123456789abcdeffedcba9876543210", "01234567-89ab-cdef-fedc-ba987654321g",
            "01234567-89ab-cdef-fedcba-9876543210", "{1234567-89ab-cdef-fedc-ba987654321}",
            "01234567-89ab-cdef-fedc-ba9876543210ff",
        ])
    func refuses(text: String) {
        #expect(PostgresUUID(text) == nil)
    }
}

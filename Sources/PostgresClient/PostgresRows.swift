import CLibPQ

/// The result of a statement: its rows, or the number of rows that it changed.
///
/// The rows stay in libpq's memory, are decoded when they are read, and may be read on any thread.
public struct PostgresRows: Sendable {
    let result: PostgresResult

    init(_ result: PostgresResult) {
        self.result = result
    }

    /// The number of rows that the statement inserted, updated, deleted or returned; 0 for other statements.
    public var affectedRows: Int { self.result.affectedRows }

    /// The number of columns.
    public var columnCount: Int { self.result.columnCount }

    /// The command that was executed, such as `INSERT 0 1` or `COMMIT`.
    public var commandTag: String { self.result.commandTag }

    /// The only row.
    public var single: PostgresRow {
        get throws(PostgresDecodingError) {
            guard let row = self.first else {
                throw PostgresDecodingError(reason: .missingRow, column: 0, columnName: "", expected: "a row")
            }
            return row
        }
    }
}

extension PostgresRows: RandomAccessCollection {
    /// The index of the first row.
    public var startIndex: Int { 0 }

    /// The number of rows.
    public var endIndex: Int { self.result.rowCount }

    /// The row at the index.
    public subscript(position: Int) -> PostgresRow {
        precondition(position >= 0 && position < self.endIndex, "a row that does not exist")
        return PostgresRow(result: self.result, index: position)
    }
}

/// A result in libpq's memory.
final class PostgresResult: @unchecked Sendable {
    // Unchecked because libpq never changes a finished result and its accessors are safe on any thread; the last
    // reference frees it.

    private let pointer: OpaquePointer
    let rowCount: Int
    let columnCount: Int

    /// Takes ownership of a result.
    init(owning pointer: OpaquePointer) {
        self.pointer = pointer
        self.rowCount = Int(PQntuples(pointer))
        self.columnCount = Int(PQnfields(pointer))
    }

    deinit {
        PQclear(self.pointer)
    }

    var status: ExecStatusType { PQresultStatus(self.pointer) }

    var commandTag: String { PQcmdStatus(self.pointer).map { String(cString: $0) } ?? "" }

    var affectedRows: Int { PQcmdTuples(self.pointer).flatMap { Int(String(cString: $0)) } ?? 0 }

    var message: String { PQresultErrorMessage(self.pointer).map { String(cString: $0) } ?? "" }

    /// A field of the error that this result is.
    func errorField(_ code: Int) -> String? {
        PQresultErrorField(self.pointer, Int32(code)).map { String(cString: $0) }
    }

    func columnType(_ column: Int) -> PostgresType {
        PostgresType(rawValue: PQftype(self.pointer, Int32(column)))
    }

    func columnName(_ column: Int) -> String {
        PQfname(self.pointer, Int32(column)).map { String(cString: $0) } ?? ""
    }

    func columnIndex(_ name: String) -> Int? {
        (0..<self.columnCount).first { self.columnName($0) == name }
    }

    func isNull(row: Int, column: Int) -> Bool {
        PQgetisnull(self.pointer, Int32(row), Int32(column)) == 1
    }

    /// The bytes of a field that exists; valid as long as the result is.
    func bytes(row: Int, column: Int) -> UnsafeRawBufferPointer {
        let count = Int(PQgetlength(self.pointer, Int32(row), Int32(column)))
        return UnsafeRawBufferPointer(start: PQgetvalue(self.pointer, Int32(row), Int32(column)), count: count)
    }
}

/// One row of a result.
///
/// Columns are asked for by index, in a type; an integer column may be asked for in a wider type. What does not fit throws
/// a ``PostgresDecodingError`` that names the column.
public struct PostgresRow: Sendable {
    let result: PostgresResult
    let index: Int

    /// The number of columns.
    public var columnCount: Int { self.result.columnCount }

    /// The index of the first column of this name.
    public func column(named name: String) throws(PostgresDecodingError) -> Int {
        guard let column = self.result.columnIndex(name) else {
            throw PostgresDecodingError(reason: .missingColumn, column: -1, columnName: name, expected: name)
        }
        return column
    }

    /// Whether the column is null.
    public func isNull(_ column: Int) throws(PostgresDecodingError) -> Bool {
        guard column >= 0, column < self.result.columnCount else {
            throw PostgresDecodingError(reason: .missingColumn, column: column, columnName: "", expected: "a column")
        }
        return self.result.isNull(row: self.index, column: column)
    }

    /// Decodes a column that may be null.
    func decodeOrNil<Format: ColumnFormat>(
        _ column: Int, _ format: Format.Type
    ) throws(PostgresDecodingError) -> Format.Value? {
        guard try !self.isNull(column) else { return nil }
        let type = self.result.columnType(column)
        guard Format.accepts(type) else { throw self.error(column, Format.self, .wrongType(objectID: type.rawValue)) }
        let decoded = Format.decode(self.result.bytes(row: self.index, column: column), type)
        switch decoded {
        case .success(let value): return value
        case .failure(let failure):
            throw self.error(column, Format.self, failure == .null ? .unexpectedNull : .malformed)
        }
    }

    /// Decodes a column.
    func decode<Format: ColumnFormat>(
        _ column: Int, _ format: Format.Type
    ) throws(PostgresDecodingError) -> Format.Value {
        guard let value = try self.decodeOrNil(column, format) else {
            throw self.error(column, Format.self, .unexpectedNull)
        }
        return value
    }

    private func error<Format: ColumnFormat>(
        _ column: Int, _ format: Format.Type, _ reason: PostgresDecodingError.Reason
    ) -> PostgresDecodingError {
        PostgresDecodingError(
            reason: reason, column: column, columnName: self.result.columnName(column), expected: Format.name)
    }
}

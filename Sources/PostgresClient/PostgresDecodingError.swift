/// A column does not hold what was asked of it.
public struct PostgresDecodingError: Error, Hashable, Sendable {
    /// What is wrong.
    public enum Reason: Hashable, Sendable {
        /// There is no such column.
        case missingColumn

        /// There is no row.
        case missingRow

        /// The column, or an element of its array, is null.
        case unexpectedNull

        /// The column's type, given by its object id, is not the one asked for.
        case wrongType(objectID: UInt32)

        /// The bytes are not a value of the type, or the value is out of range.
        case malformed
    }

    /// What is wrong.
    public let reason: Reason

    /// The column's index, from 0.
    public let column: Int

    /// The column's name; empty when there is no such column.
    public let columnName: String

    /// What was asked for.
    public let expected: String
}

extension PostgresDecodingError: CustomStringConvertible {
    /// The column and what is wrong with it; never its value.
    public var description: String {
        let column = "column \(self.column) \"\(self.columnName)\""
        return switch self.reason {
        case .missingColumn: "there is no column \(self.column)"
        case .missingRow: "there is no row"
        case .unexpectedNull: "\(column) is null, expected \(self.expected)"
        case .wrongType(let objectID): "\(column) is of the type with the id \(objectID), expected \(self.expected)"
        case .malformed: "\(column) does not hold a valid \(self.expected)"
        }
    }
}

/// Something in an input file that could not be used, and where it stands.
public struct RowProblem: Hashable, Sendable, CustomStringConvertible {
    /// What kind of problem it is.
    public enum Kind: Hashable, Sendable {
        /// The line is not CSV: a quote out of place, a bound passed.
        case malformed
        /// The number of fields differs from the header's.
        case wrongFieldCount
        /// A field's text is not what its column holds.
        case invalidValue
        /// The input broke off: nothing after this line could be read.
        case inputBrokeOff
    }

    /// What kind of problem it is.
    public let kind: Kind
    /// Physical line of the file, from 1; a record with line ends inside quotes spans several.
    public let line: Int
    /// Position of the column, from 1; nil where the problem belongs to the whole line.
    public let column: Int?
    /// Name of the column from the header; nil where it is not known.
    public let columnName: String?
    /// The reason, for people.
    public let reason: String

    init(_ kind: Kind, line: Int, column: Int? = nil, columnName: String? = nil, reason: String) {
        self.kind = kind
        self.line = line
        self.column = column
        self.columnName = columnName
        self.reason = reason
    }

    /// Place and reason in one line.
    public var description: String {
        guard let column else { return "line \(line): \(reason)" }
        let name = columnName.map { " (\($0))" } ?? ""
        return "line \(line), column \(column)\(name): \(reason)"
    }

    func naming(_ columnName: String?) -> RowProblem {
        RowProblem(kind, line: line, column: column, columnName: columnName, reason: reason)
    }
}

/// A file does not start like a file of the Online Retail layout, so that no row of it can be read.
public struct RetailFileError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Physical line of the file, from 1.
    public let line: Int
    /// What is wrong with it.
    public let reason: String

    init(line: Int, reason: String) {
        self.line = line
        self.reason = reason
    }

    /// What is wrong and what was expected.
    public var description: String {
        let expected = RetailColumn.allCases.map(\.rawValue).joined(separator: ",")
        return "line \(line): \(reason); expected a header with the columns \(expected), in any order"
    }
}

import Domain
import Replay

/// The fields of one row, checked one by one; every wrong one is noted.
struct ImportFields {
    private let record: CSVRecord
    private let layout: ImportLayout
    /// What is wrong with the row.
    private(set) var problems: [ImportProblem] = []

    /// Looks at a record that has as many fields as the layout has columns.
    init(record: CSVRecord, layout: ImportLayout) {
        self.record = record
        self.layout = layout
    }

    /// Physical line of the row.
    var line: Int { record.line }

    /// The text of a column without outer blanks; nil, and a problem, where its length or its characters are not allowed.
    mutating func text(_ column: String, bytes: ClosedRange<Int>) -> String? {
        guard let raw = String(validating: field(column), as: UTF8.self) else {
            refuse(column, "is not UTF-8")
            return nil
        }
        let text = trimmed(raw)
        guard bytes.contains(text.utf8.count) else {
            refuse(column, text.isEmpty ? "is empty" : "is longer than \(bytes.upperBound) bytes")
            return nil
        }
        guard !text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else {
            refuse(column, "holds a control character")
            return nil
        }
        return text
    }

    /// The whole number of a column, 1 up to the bound of a request line.
    mutating func quantity(_ column: String) -> Int64? {
        guard let text = text(column, bytes: 1...20) else { return nil }
        guard let value = Int64(text) else {
            refuse(column, "\"\(text)\" is not a whole number")
            return nil
        }
        guard (1...Quantity.bound).contains(value) else {
            refuse(column, "\(value) is not 1 to \(Quantity.bound)")
            return nil
        }
        return value
    }

    /// True or false: `true yes 1` and `false no 0`; empty is true.
    mutating func yesOrNo(_ column: String) -> Bool? {
        guard let text = text(column, bytes: 0...5) else { return nil }
        switch text.lowercased() {
        case "", "true", "yes", "1": return true
        case "false", "no", "0": return false
        default:
            refuse(column, "\"\(text)\" is neither true nor false")
            return nil
        }
    }

    /// Notes a problem with a column.
    mutating func refuse(_ column: String, _ reason: String) {
        problems.append(
            ImportProblem(line: line, column: column, position: layout.shownPosition(column), reason: reason))
    }

    private func field(_ column: String) -> ArraySlice<UInt8> {
        guard let position = layout.positions[column] else {
            preconditionFailure("a layout holds every column of its kind")
        }
        return record[position]
    }

    private func trimmed(_ text: String) -> String {
        var rest = text[...]
        while rest.first?.isWhitespace == true { rest.removeFirst() }
        while rest.last?.isWhitespace == true { rest.removeLast() }
        return String(rest)
    }
}

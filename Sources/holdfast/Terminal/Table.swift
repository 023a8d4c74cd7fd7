/// Rows of text in columns, for people.
struct Table {
    /// A column.
    struct Column {
        /// The heading.
        var title: String
        /// True where values are set to the right, as figures are.
        var isNumber: Bool

        /// A column of text.
        static func text(_ title: String) -> Column { Column(title: title, isNumber: false) }
        /// A column of figures.
        static func number(_ title: String) -> Column { Column(title: title, isNumber: true) }
    }

    private let columns: [Column]
    private var rows: [[String]] = []
    private var notes: [String] = []

    /// Makes an empty table.
    init(_ columns: [Column]) {
        self.columns = columns
    }

    /// Makes a list of names and values without headings.
    init(facts: [(String, String)]) {
        columns = [.text(""), .text("")]
        rows = facts.map { [$0.0, $0.1] }
    }

    /// Adds a row; it has one value a column.
    mutating func add(_ values: String...) {
        precondition(values.count == columns.count, "a row has one value a column")
        rows.append(values)
    }

    /// Adds a line below the table.
    mutating func note(_ text: String) {
        notes.append(text)
    }

    /// The lines of the table; control characters in values are shown as `?`, so that data cannot steer a terminal.
    var lines: [String] {
        let hasTitles = columns.contains { !$0.title.isEmpty }
        let cells = (hasTitles ? [columns.map(\.title)] : []) + rows.map { $0.map(Table.visible) }
        let widths = columns.indices.map { column in cells.map { $0[column].count }.max() ?? 0 }
        let table = cells.map { row in
            var line = ""
            for (index, value) in row.enumerated() {
                let blanks = String(repeating: " ", count: widths[index] - value.count)
                line += columns[index].isNumber ? blanks + value : value + blanks
                line += "  "
            }
            while line.last == " " { line.removeLast() }
            return line
        }
        let body = rows.isEmpty && hasTitles ? ["(none)"] : table
        return body + notes.map(Table.visible)
    }

    private static func visible(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else { return text }
        var shown = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            shown.append(scalar.properties.generalCategory == .control ? "?" : scalar)
        }
        return String(shown)
    }
}

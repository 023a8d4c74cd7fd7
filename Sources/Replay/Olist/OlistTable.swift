/// Reads the rows of one file of the Olist layout.
struct OlistTable {
    /// A row: its fields, and where it stands.
    struct Row {
        fileprivate let record: CSVRecord
        fileprivate let positions: [OlistColumn: Int]

        /// Physical line of the file, from 1.
        var line: Int { record.line }

        /// The text of a column.
        subscript(column: OlistColumn) -> ArraySlice<UInt8> {
            guard let position = positions[column] else {
                preconditionFailure("a table holds every column of its file: init refuses headers that do not")
            }
            return record[position]
        }
    }

    let file: OlistFile
    private var records: CSVReader
    private var positions: [OlistColumn: Int] = [:]
    private let count: Int
    private let names: [String]

    /// Reads the header; throws where a column is missing or stands twice.
    init(_ source: any ByteSource, _ file: OlistFile, named name: String) throws(OlistFolderError) {
        self.file = file
        records = CSVReader(source)
        let header: CSVRecord
        switch records.next() {
        case .record(let record): header = record
        case .problem(let problem): throw OlistFolderError("\(name): \(problem)")
        case nil: throw OlistFolderError("\(name) is empty")
        }
        count = header.count
        names = (0..<header.count).map { String(decoding: header[$0], as: UTF8.self) }
        var faults: [String] = []
        for column in file.columns {
            let found = names.indices.filter { column.names.contains(names[$0]) }
            switch found.count {
            case 1: positions[column] = found[0]
            case 0: faults.append("no column \(column.names.joined(separator: " or "))")
            default: faults.append("more than one column \(column.rawValue)")
            }
        }
        guard faults.isEmpty else { throw OlistFolderError("\(name): \(faults.joined(separator: "; "))") }
    }

    /// The next row whose number of fields is right; others are noted.
    mutating func next(_ problems: inout OlistProblems) -> Row? {
        while let item = records.next() {
            switch item {
            case .record(let record):
                if record.count == count { return Row(record: record, positions: positions) }
                let reason = "\(record.count) fields where the header has \(count)"
                problems.add(RowProblem(.wrongFieldCount, line: record.line, reason: reason), in: file)
            case .problem(let problem):
                let named = problem.naming(problem.column.flatMap { $0 <= names.count ? names[$0 - 1] : nil })
                problems.add(named, in: file)
            }
        }
        return nil
    }

    /// Notes that a row cannot be used because of a column's text.
    func refuse(_ row: Row, _ column: OlistColumn, _ fault: String, _ problems: inout OlistProblems) {
        let position = row.positions[column].map { $0 + 1 }
        problems.add(
            RowProblem(
                .invalidValue, line: row.line, column: position, columnName: position.map { names[$0 - 1] },
                reason: "\(Excerpt.quoted(row[column])) \(fault)"),
            in: file)
    }
}

/// Rows that could not be used, by file and line: all are counted, the first ones are kept.
public struct OlistProblems: Sendable {
    /// A problem and the file that it is in.
    public struct Problem: Hashable, Sendable, CustomStringConvertible {
        /// The file.
        public let file: OlistFile
        /// Where it stands in it, and why.
        public let problem: RowProblem

        /// File, place and reason in one line.
        public var description: String { "\(file.rawValue), \(problem)" }
    }

    /// Most problems kept; the rest is only counted.
    public static let kept = 1_000
    /// The first problems, in the order in which the files were read.
    public private(set) var first: [Problem] = []
    /// Number of rows that could not be used.
    public private(set) var count = 0
    /// Files that broke off before their end.
    public private(set) var brokenOff: [OlistFile] = []

    mutating func add(_ problem: RowProblem, in file: OlistFile) {
        count += 1
        if problem.kind == .inputBrokeOff { brokenOff.append(file) }
        if first.count < Self.kept { first.append(Problem(file: file, problem: problem)) }
    }
}

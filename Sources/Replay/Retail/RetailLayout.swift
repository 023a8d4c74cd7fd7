/// Where each column stands in one particular file.
struct RetailLayout {
    private let positions: [RetailColumn: Int]
    /// Number of columns.
    var count: Int { positions.count }

    /// Reads the header; the columns may stand in any order, but all must be there, each once, and no other.
    init(header: CSVRecord) throws(RetailFileError) {
        var positions: [RetailColumn: Int] = [:]
        var faults: [String] = []
        for index in 0..<header.count {
            let name = String(decoding: header[index], as: UTF8.self)
            guard let column = RetailColumn(rawValue: name) else {
                faults.append("column \(index + 1) is \(Excerpt.quoted(header[index])), which is not known")
                continue
            }
            if positions.updateValue(index, forKey: column) != nil {
                faults.append("column \(index + 1) repeats \(name)")
            }
        }
        let missing = RetailColumn.allCases.filter { positions[$0] == nil }.map(\.rawValue)
        if !missing.isEmpty { faults.append("missing: \(missing.joined(separator: ", "))") }
        guard faults.isEmpty else { throw RetailFileError(line: header.line, reason: faults.joined(separator: "; ")) }
        self.positions = positions
    }

    func position(of column: RetailColumn) -> Int {
        guard let position = positions[column] else {
            preconditionFailure("a layout holds every column: init refuses headers that do not")
        }
        return position
    }
}

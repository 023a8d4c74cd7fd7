import Replay

/// Reads an import file row by row; what cannot be used is a problem, and reading goes on.
struct ImportReader {
    /// What reading on found.
    enum Item {
        /// A good row.
        case row(ImportRow)
        /// Everything wrong with one row.
        case problems([ImportProblem])
    }

    /// What the file holds.
    let layout: ImportLayout
    private var records: CSVReader
    /// The line of each sku of a product file.
    private var productLines: [String: Int] = [:]

    /// Reads the header.
    init(_ source: any ByteSource) throws(ImportFileError) {
        records = CSVReader(source)
        switch records.next() {
        case .record(let header): layout = try ImportLayout(header: header)
        case .problem(let problem): throw ImportFileError("\(problem)")
        case nil: throw ImportFileError("the file is empty")
        }
    }

    /// Returns the next row or its problems; nil at the end of what can be read.
    mutating func next() -> Item? {
        switch records.next() {
        case nil: return nil
        case .problem(let problem):
            let position = problem.column
            let name = layout.positions.first { $0.value + 1 == position }?.key
            return .problems([
                ImportProblem(line: problem.line, column: name, position: position, reason: problem.reason)
            ])
        case .record(let record):
            guard record.count == layout.positions.count else {
                let reason = "\(record.count) fields where the header has \(layout.positions.count)"
                return .problems([ImportProblem(line: record.line, column: nil, position: nil, reason: reason)])
            }
            var fields = ImportFields(record: record, layout: layout)
            let row = layout.kind == .products ? product(&fields) : stock(&fields)
            guard let row, fields.problems.isEmpty else { return .problems(fields.problems) }
            return .row(row)
        }
    }

    private mutating func product(_ fields: inout ImportFields) -> ImportRow? {
        let sku = fields.text("sku", bytes: 1...64)
        let name = fields.text("name", bytes: 0...256)
        let barcode = fields.text("barcode", bytes: 0...64)
        let tracked = fields.yesOrNo("tracked")
        guard let sku, let name, let barcode, let tracked else { return nil }
        if let first = productLines[sku] {
            fields.refuse("sku", "repeats the sku of line \(first)")
            return nil
        }
        productLines[sku] = fields.line
        return .product(
            ProductRow(line: fields.line, sku: sku, name: name, barcode: barcode, tracked: tracked))
    }

    private func stock(_ fields: inout ImportFields) -> ImportRow? {
        let sku = fields.text("sku", bytes: 1...64)
        let location = fields.text("location", bytes: 1...64)
        let quantity = fields.quantity("quantity")
        guard let sku, let location, let quantity else { return nil }
        return .stock(StockRow(line: fields.line, sku: sku, location: location, quantity: quantity))
    }
}

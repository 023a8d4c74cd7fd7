/// Reads the rows of an Online Retail file.
///
/// A row that cannot be used is recorded in `problems`, with every bad field of it, and left out; reading goes on.
/// ```swift
/// var reader = try RetailReader(InputFile.open(path: path))
/// while let row = reader.next() { … }
/// for problem in reader.problems.first { print(problem) }
/// ```
public struct RetailReader {
    private var records: CSVReader
    private let layout: RetailLayout
    private var columnNames: [String]
    private var countries: [ArraySlice<UInt8>: String] = [:]

    /// What could not be used so far.
    public private(set) var problems: RowProblems

    /// Countries whose names are shared between rows; more are legal and only cost memory.
    private static let sharedCountries = 1_024

    /// Reads the header of `source`, which holds plain CSV text.
    ///
    /// Throws where there is no header with all columns of the layout, each once and no others. `problemsKept` bounds
    /// the problems that are kept word by word.
    public init(
        _ source: any ByteSource,
        limits: CSVLimits = CSVLimits(),
        problemsKept: Int = 1_000
    ) throws(RetailFileError) {
        records = CSVReader(source, limits: limits)
        problems = RowProblems(kept: problemsKept)
        switch records.next() {
        case .record(let header):
            layout = try RetailLayout(header: header)
            columnNames = (0..<header.count).map { String(decoding: header[$0], as: UTF8.self) }
        case .problem(let problem): throw RetailFileError(line: problem.line, reason: problem.reason)
        case nil: throw RetailFileError(line: 1, reason: "the file is empty")
        }
    }

    /// Returns the next good row; nil at the end of what could be read.
    public mutating func next() -> RetailRow? {
        while let item = records.next() {
            switch item {
            case .record(let record):
                if let row = row(from: record) { return row }
            case .problem(let problem):
                let named = problem.naming(
                    problem.column.flatMap { $0 <= columnNames.count ? columnNames[$0 - 1] : nil })
                if problem.kind == .inputBrokeOff {
                    problems.breakOff(named)
                } else {
                    problems.refuseRow([named])
                }
            }
        }
        return nil
    }

    private mutating func row(from record: CSVRecord) -> RetailRow? {
        guard record.count == layout.count else {
            let reason = "\(record.count) fields where the header has \(layout.count)"
            problems.refuseRow([RowProblem(.wrongFieldCount, line: record.line, reason: reason)])
            return nil
        }
        var fields = RetailFields(record: record, layout: layout)
        let invoice = fields.invoice()
        let stockCode = fields.stockCode()
        let description = fields.description()
        let quantity = fields.quantity()
        let enteredAt = fields.enteredAt()
        let unitPrice = fields.unitPrice()
        let customer = fields.customer()
        let country = country(from: &fields)
        if let invoice, let stockCode, let description, let quantity, let enteredAt, let unitPrice, let customer,
            let country
        {
            if let lineClass = LineClass(invoice: invoice.kind, quantity: quantity, price: unitPrice) {
                return RetailRow(
                    line: record.line,
                    invoice: invoice,
                    lineClass: lineClass,
                    stockCode: stockCode,
                    description: description,
                    quantity: quantity,
                    enteredAt: enteredAt,
                    unitPrice: unitPrice,
                    customer: customer.isEmpty ? nil : customer,
                    country: country
                )
            }
            fields.refuse(.unitPrice, "is negative, which only an adjustment or a cancellation may be")
        }
        problems.refuseRow(fields.problems)
        return nil
    }

    private mutating func country(from fields: inout RetailFields) -> String? {
        let text = fields.text(of: .country)
        if let known = countries[text] { return known }
        guard let country = fields.country() else { return nil }
        if countries.count < Self.sharedCountries { countries[ArraySlice(Array(text))] = country }
        return country
    }
}

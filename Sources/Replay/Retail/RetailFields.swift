/// Turns the fields of one record into values, and collects what is wrong with them.
struct RetailFields {
    private let record: CSVRecord
    private let layout: RetailLayout
    private(set) var problems: [RowProblem] = []

    init(record: CSVRecord, layout: RetailLayout) {
        self.record = record
        self.layout = layout
    }

    func text(of column: RetailColumn) -> ArraySlice<UInt8> {
        record[layout.position(of: column)]
    }

    /// Records that a column's text is no good; `fault` completes the sentence that starts with the text.
    mutating func refuse(_ column: RetailColumn, _ fault: String) {
        problems.append(
            RowProblem(
                .invalidValue,
                line: record.line,
                column: layout.position(of: column) + 1,
                columnName: column.rawValue,
                reason: "\(Excerpt.quoted(text(of: column))) \(fault)"
            )
        )
    }

    mutating func invoice() -> InvoiceNumber? {
        let value = InvoiceNumber(text: text(of: .invoiceNumber))
        if value == nil { refuse(.invoiceNumber, "is not 1 to 12 digits, with C or A in front or not") }
        return value
    }

    mutating func stockCode() -> StockCode? {
        let value = StockCode(text: text(of: .stockCode))
        if value == nil { refuse(.stockCode, "is not a code of 1 to \(StockCode.longest) bytes of plain text") }
        return value
    }

    mutating func description() -> String? {
        let value = String(validating: text(of: .description), as: UTF8.self)
        if value == nil { refuse(.description, "is not UTF-8") }
        return value
    }

    mutating func quantity() -> Int32? {
        let text = text(of: .quantity)
        let digits = text.first == UInt8(ascii: "-") ? text.dropFirst() : text
        guard !digits.isEmpty, digits.allSatisfy(ASCIIText.isDigit) else {
            refuse(.quantity, "is not a whole number")
            return nil
        }
        guard let value = Int32(String(decoding: text, as: UTF8.self)) else {
            refuse(.quantity, "is beyond ±2,147,483,647 units")
            return nil
        }
        if value == 0 {
            refuse(.quantity, "is no quantity: a line must move at least one unit")
            return nil
        }
        return value
    }

    mutating func enteredAt() -> WallClock? {
        let value = WallClock(text: text(of: .invoiceDate))
        if value == nil { refuse(.invoiceDate, "is not a date and time written YYYY-MM-DD HH:MM:SS") }
        return value
    }

    mutating func unitPrice() -> PricePerUnit? {
        let value = PricePerUnit(text: text(of: .unitPrice))
        if value == nil {
            refuse(.unitPrice, "is not a decimal number with up to 9 digits before and 9 behind the point")
        }
        return value
    }

    /// The customer's number; empty where none is given.
    mutating func customer() -> String? {
        let text = text(of: .customer)
        guard text.count <= 20, text.allSatisfy(ASCIIText.isDigit) else {
            refuse(.customer, "is neither empty nor 1 to 20 digits")
            return nil
        }
        return String(decoding: text, as: UTF8.self)
    }

    mutating func country() -> String? {
        let text = text(of: .country)
        guard text.count <= 64, !text.allSatisfy(ASCIIText.isBlank), !text.contains(where: ASCIIText.isControl),
            let value = String(validating: text, as: UTF8.self)
        else {
            refuse(.country, "is not a name of 1 to 64 bytes of plain text")
            return nil
        }
        return value
    }
}

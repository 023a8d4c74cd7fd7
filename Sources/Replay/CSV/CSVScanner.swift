/// Takes one record from the front of a piece of CSV text.
struct CSVScanner {
    enum Outcome {
        case record
        case malformed(reason: String)
        case incomplete(insideQuotes: Bool)
    }

    private enum FieldEnd {
        case comma
        case lineEnd
        case fault(Outcome)
    }

    private let bytes: UnsafeBufferPointer<UInt8>
    private let fieldLimit: Int
    private let fieldCountLimit: Int
    private let endIsLineEnd: Bool
    private let recordStart: Int
    /// Where reading stands; after `.record`, the first byte behind the record.
    private(set) var position: Int
    /// Line at `position`; after `.record`, the line of the next record.
    private(set) var line: Int
    /// Line on which the field being read starts.
    private(set) var faultLine: Int
    private(set) var record: CSVRecord

    /// `endIsLineEnd` says that nothing follows the bytes, so that their end also ends the last line.
    init(
        bytes: UnsafeBufferPointer<UInt8>,
        position: Int,
        line: Int,
        fieldLimit: Int,
        fieldCountLimit: Int,
        endIsLineEnd: Bool
    ) {
        self.bytes = bytes
        self.position = position
        self.line = line
        self.fieldLimit = fieldLimit
        self.fieldCountLimit = fieldCountLimit
        self.endIsLineEnd = endIsLineEnd
        recordStart = position
        faultLine = line
        record = CSVRecord(line: line)
    }

    /// Position of the field being read, from 1.
    var column: Int { record.count + 1 }

    /// True where the record read is a line without a byte on it.
    var isEmptyLine: Bool {
        record.count == 1 && record[0].isEmpty && bytes[recordStart] != UInt8(ascii: "\"")
    }

    mutating func scan() -> Outcome {
        while true {
            faultLine = line
            if record.count == fieldCountLimit {
                return .malformed(reason: "more than \(fieldCountLimit) fields")
            }
            let quoted = position < bytes.count && bytes[position] == UInt8(ascii: "\"")
            switch quoted ? quotedField() : plainField() {
            case .comma: record.endField()
            case .lineEnd:
                record.endField()
                return .record
            case .fault(let outcome): return outcome
            }
        }
    }

    private mutating func plainField() -> FieldEnd {
        let fieldStart = position
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: ","), UInt8(ascii: "\n"), UInt8(ascii: "\r"):
                if let fault = take(fieldStart..<position) { return .fault(fault) }
                return fieldEnd(otherwise: "a carriage return that does not end the line")
            case UInt8(ascii: "\""):
                return .fault(.malformed(reason: "a quote inside a field that does not start with one"))
            default: position += 1
            }
        }
        guard endIsLineEnd else { return .fault(.incomplete(insideQuotes: false)) }
        if let fault = take(fieldStart..<position) { return .fault(fault) }
        return .lineEnd
    }

    private mutating func quotedField() -> FieldEnd {
        position += 1
        var pieceStart = position
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "\n"):
                line += 1
                position += 1
            case UInt8(ascii: "\""):
                if position + 1 == bytes.count && !endIsLineEnd { return .fault(.incomplete(insideQuotes: true)) }
                if position + 1 < bytes.count, bytes[position + 1] == UInt8(ascii: "\"") {
                    if let fault = take(pieceStart..<position + 1) { return .fault(fault) }
                    position += 2
                    pieceStart = position
                } else {
                    if let fault = take(pieceStart..<position) { return .fault(fault) }
                    position += 1
                    return fieldEnd(otherwise: "text behind the quote that closes the field")
                }
            default:
                position += 1
                // Checked on the way, so that a stray quote is noticed after one field's length and not a record's.
                if record.openFieldBytes + position - pieceStart > fieldLimit { return .fault(fieldTooLong) }
            }
        }
        return .fault(.incomplete(insideQuotes: true))
    }

    /// Takes the comma or line end that must stand at `position`.
    private mutating func fieldEnd(otherwise reason: String) -> FieldEnd {
        guard position < bytes.count else {
            return endIsLineEnd ? .lineEnd : .fault(.incomplete(insideQuotes: false))
        }
        switch bytes[position] {
        case UInt8(ascii: ","):
            position += 1
            return .comma
        case UInt8(ascii: "\n"):
            position += 1
            line += 1
            return .lineEnd
        case UInt8(ascii: "\r"):
            guard position + 1 < bytes.count else {
                if !endIsLineEnd { return .fault(.incomplete(insideQuotes: false)) }
                return .fault(.malformed(reason: "a carriage return that does not end the line"))
            }
            guard bytes[position + 1] == UInt8(ascii: "\n") else {
                return .fault(.malformed(reason: "a carriage return that does not end the line"))
            }
            position += 2
            line += 1
            return .lineEnd
        default: return .fault(.malformed(reason: reason))
        }
    }

    private mutating func take(_ range: Range<Int>) -> Outcome? {
        record.append(bytes[range])
        return record.openFieldBytes > fieldLimit ? fieldTooLong : nil
    }

    private var fieldTooLong: Outcome { .malformed(reason: "the field is longer than \(fieldLimit) bytes") }
}

/// What a document is for.
///
/// Raw values are stored.
public enum DocumentKind: Int16, LifecycleWord {
    /// Asks for, and records, the price of goods that were sent.
    case invoice = 1
    /// Says that goods were sold and paid at a till.
    case receipt = 2
    /// Says that an amount was given back.
    case creditMemo = 3

    /// Letters in front of the number.
    public var prefix: String {
        switch self {
        case .invoice: "INV"
        case .receipt: "REC"
        case .creditMemo: "CRN"
        }
    }
}

/// The number of a document: gapless among those of its legal entity, kind and year.
public struct DocumentNumber: Hashable, Sendable, CustomStringConvertible {
    /// Code of the legal entity.
    public var entity: String
    /// What the document is for.
    public var kind: DocumentKind
    /// The series: the year, in UTC.
    public var series: Int32
    /// 1, 2, 3 … without a gap.
    public var number: Int64

    /// Makes a number.
    public init(entity: String, kind: DocumentKind, series: Int32, number: Int64) {
        self.entity = entity
        self.kind = kind
        self.series = series
        self.number = number
    }

    /// As it is printed, `MAIN-INV-2026-000042`; more than six digits where there are that many.
    public var description: String {
        let digits = "\(number)"
        let padded = String(repeating: "0", count: max(0, 6 - digits.count)) + digits
        return "\(entity)-\(kind.prefix)-\(series)-\(padded)"
    }

    /// Reads a number as it is printed; nil for anything else.
    public init?(_ text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count >= 4, let kind = DocumentKind.allCases.first(where: { $0.prefix == parts[parts.count - 3] }),
            let series = Int32(parts[parts.count - 2]), let number = Int64(parts[parts.count - 1]), number > 0
        else { return nil }
        self.init(entity: parts.dropLast(3).joined(separator: "-"), kind: kind, series: series, number: number)
        // One spelling for one number.
        guard description == text else { return nil }
    }

    /// The series of a document that is issued at a moment.
    public static func series(of moment: Instant) -> Int32 {
        let day = Gregorian.floorDivide(moment.microseconds, 86_400_000_000)
        return Int32(clamping: Gregorian.date(ofDay: day).year)
    }
}

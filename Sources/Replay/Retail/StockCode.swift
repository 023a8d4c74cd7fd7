/// The code of an article or of a service, as the shop's books write it.
public struct StockCode: Hashable, Sendable, CustomStringConvertible {
    /// Longest code in bytes.
    public static let longest = 64

    /// The code as written; its case may differ from line to line.
    public let written: String
    /// The code with the letters a to z in capitals: two spellings of one article are equal here.
    public let folded: String

    private static let serviceCodes: Set<String> = [
        "POST", "DOT", "C2", "M", "D", "S", "B", "CRUK", "AMAZONFEE", "BANK CHARGES",
    ]

    /// Accepts a code of 1 to 64 bytes of UTF-8 that is not blank and has no control characters; nil for anything else.
    public init?(text: ArraySlice<UInt8>) {
        guard text.count <= Self.longest, !text.allSatisfy(ASCIIText.isBlank),
            !text.contains(where: ASCIIText.isControl),
            let written = String(validating: text, as: UTF8.self)
        else { return nil }
        self.written = written
        guard text.contains(where: ASCIIText.isLowerCaseLetter) else {
            folded = written
            return
        }
        folded = String(decoding: text.map { ASCIIText.isLowerCaseLetter($0) ? $0 - 0x20 : $0 }, as: UTF8.self)
    }

    /// The SKU of the replay: the folded code without blanks around it.
    public var sku: String { ASCIIText.trimmed(folded) }

    /// True where the code stands for a charge, a fee, a discount or a voucher and not for goods.
    public var isService: Bool {
        // Every service code starts with a letter, and nearly every article with a digit.
        guard let first = folded.utf8.first, !ASCIIText.isDigit(first) else { return false }
        return Self.serviceCodes.contains(sku) || sku.hasPrefix("GIFT_")
    }

    /// The code as written.
    public var description: String { written }
}

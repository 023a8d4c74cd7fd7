/// The number of an invoice; its first letter says what kind of paper it is.
public struct InvoiceNumber: Hashable, Sendable, CustomStringConvertible {
    /// What kind of paper an invoice number belongs to.
    public enum Kind: Hashable, Sendable {
        /// Digits only: goods sold, given away or written off.
        case invoice
        /// `C` and digits: a cancellation or credit.
        case cancellation
        /// `A` and digits: an adjustment of bad debt.
        case adjustment
    }

    /// What kind of paper it is.
    public let kind: Kind
    /// The number as written.
    public let text: String

    /// Reads `C`, `A` or nothing, followed by 1 to 12 digits; nil for anything else.
    public init?(text: ArraySlice<UInt8>) {
        var digits = text
        switch text.first {
        case UInt8(ascii: "C"):
            kind = .cancellation
            digits = text.dropFirst()
        case UInt8(ascii: "A"):
            kind = .adjustment
            digits = text.dropFirst()
        default: kind = .invoice
        }
        guard (1...12).contains(digits.count), digits.allSatisfy(ASCIIText.isDigit) else { return nil }
        self.text = String(decoding: text, as: UTF8.self)
    }

    /// The number as written.
    public var description: String { text }
}

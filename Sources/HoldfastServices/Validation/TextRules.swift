/// What texts of a request may contain.
enum TextRules {
    /// True for what nearly every sku and code is: 1 to 64 visible ASCII characters.
    ///
    /// Everything else is looked at closely.
    static func isPlainShortCode(_ text: String) -> Bool {
        let utf8 = text.utf8
        guard utf8.count <= RequestValidation.codeBound else { return false }
        return utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
    }

    /// True where a control character (U+0000 to U+001F, U+007F to U+009F) is in the text.
    static func hasControlCharacters(_ text: String) -> Bool {
        var previous: UInt8 = 0
        for byte in text.utf8 {
            if byte < 0x20 || byte == 0x7F || (previous == 0xC2 && byte < 0xA0) { return true }
            previous = byte
        }
        return false
    }

    /// True where the text begins or ends with white space.
    static func hasOuterBlanks(_ text: String) -> Bool {
        let scalars = text.unicodeScalars
        return scalars.first?.properties.isWhitespace == true || scalars.last?.properties.isWhitespace == true
    }
}

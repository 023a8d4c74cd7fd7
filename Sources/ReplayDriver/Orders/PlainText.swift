/// Text of the books as the service takes it.
enum PlainText {
    /// The text with a blank in place of each control character, which quoted fields of a file may contain.
    static func of(_ text: String) -> String {
        let isPlain = text.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7f }
        guard !isPlain else { return text }
        var scalars = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            scalars.append(scalar.properties.generalCategory == .control ? " " : scalar)
        }
        return String(scalars)
    }
}

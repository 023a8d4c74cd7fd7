/// Shows a piece of foreign text in a message.
enum Excerpt {
    /// The first 40 bytes in quotes; bytes that are not printable ASCII are shown as `\xHH`.
    static func quoted(_ text: ArraySlice<UInt8>) -> String {
        var shown = "\""
        for byte in text.prefix(40) {
            if byte < 0x20 || byte > 0x7e || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
                let digits = String(byte, radix: 16)
                shown += "\\x" + (digits.count == 1 ? "0" : "") + digits
            } else {
                shown.unicodeScalars.append(Unicode.Scalar(byte))
            }
        }
        return shown + (text.count > 40 ? "…\"" : "\"")
    }
}

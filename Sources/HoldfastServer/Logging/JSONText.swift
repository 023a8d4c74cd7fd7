/// Strings as JSON writes them.
enum JSONText {
    /// The text in quotes.
    ///
    /// Besides what JSON asks for, everything is escaped that a terminal or a reader of lines could take for more than text:
    /// all controls, line and paragraph separators, and marks that turn the direction of writing.
    static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\n": quoted += "\\n"
            case "\r": quoted += "\\r"
            case "\t": quoted += "\\t"
            case _ where LogText.isDangerous(scalar): quoted += "\\u" + LogText.hex(scalar.value, digits: 4)
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}

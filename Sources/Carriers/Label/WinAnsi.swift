/// Texts in the code page of PDF's standard faces (Windows 1252).
enum WinAnsi {
    /// The bytes of a text.
    ///
    /// A letter that the code page lacks is written as its Latin base letter where it has one, as a question mark
    /// elsewhere; control characters become blanks.
    static func bytes(_ text: String) -> [UInt8] {
        text.unicodeScalars.flatMap { scalar -> [UInt8] in
            switch scalar.value {
            case 0..<0x20, 0x7F: return [0x20]
            case 0x20..<0x7F, 0xA0...0xFF: return [UInt8(scalar.value)]
            // Accents of their own have been drawn with the letter before them.
            case 0x300..<0x370: return []
            default:
                if let byte = high[scalar] { return [byte] }
                if let letters = plain[scalar] { return Array(letters.utf8) }
                return [UInt8(ascii: "?")]
            }
        }
    }

    private static let high: [Unicode.Scalar: UInt8] = [
        "€": 0x80, "‚": 0x82, "ƒ": 0x83, "„": 0x84, "…": 0x85, "†": 0x86, "‡": 0x87, "ˆ": 0x88, "‰": 0x89, "Š": 0x8A,
        "‹": 0x8B, "Œ": 0x8C, "Ž": 0x8E, "‘": 0x91, "’": 0x92, "“": 0x93, "”": 0x94, "•": 0x95, "–": 0x96, "—": 0x97,
        "˜": 0x98, "™": 0x99, "š": 0x9A, "›": 0x9B, "œ": 0x9C, "ž": 0x9E, "Ÿ": 0x9F,
    ]

    /// Letters of Latin alphabets that the code page lacks.
    private static let plain: [Unicode.Scalar: String] = {
        let groups: [(String, String)] = [
            ("A", "ĀĂĄǍ"), ("a", "āăąǎ"), ("C", "ĆĈĊČ"), ("c", "ćĉċč"), ("D", "ĎĐ"), ("d", "ďđ"), ("E", "ĒĔĖĘĚ"),
            ("e", "ēĕėęě"), ("G", "ĜĞĠĢ"), ("g", "ĝğġģ"), ("H", "ĤĦ"), ("h", "ĥħ"), ("I", "ĨĪĬĮİ"), ("i", "ĩīĭįı"),
            ("J", "Ĵ"), ("j", "ĵ"), ("K", "Ķ"), ("k", "ķ"), ("L", "ĹĻĽŁ"), ("l", "ĺļľł"), ("N", "ŃŅŇ"), ("n", "ńņň"),
            ("O", "ŌŎŐ"), ("o", "ōŏő"), ("R", "ŔŖŘ"), ("r", "ŕŗř"), ("S", "ŚŜŞȘẞ"), ("s", "śŝşș"), ("T", "ŢŤŦȚ"),
            ("t", "ţťŧț"), ("U", "ŨŪŬŮŰŲ"), ("u", "ũūŭůűų"), ("W", "ŴẀẂẄ"), ("w", "ŵẁẃẅ"), ("Y", "ŶỲ"), ("y", "ŷỳ"),
            ("Z", "ŹŻ"), ("z", "źż"),
        ]
        var table: [Unicode.Scalar: String] = [:]
        for (letter, accented) in groups { for scalar in accented.unicodeScalars { table[scalar] = letter } }
        return table
    }()
}

/// Code 128 (ISO/IEC 15417): texts as bars.
///
/// Runs of four or more digits are written two digits a symbol (code set C), everything else in code set B.
struct Code128 {
    /// Widths in modules of bars and gaps in turn, beginning with a bar; quiet zones are left to who draws them.
    let widths: [UInt8]

    /// Modules of the whole code.
    var modules: Int { widths.reduce(0) { $0 + Int($1) } }

    /// Encodes a text; nil where it is empty or has a character outside of printable ASCII.
    init?(_ text: String) {
        guard let values = Code128.values(Array(text.utf8)) else { return nil }
        widths = values.flatMap { Code128.patterns[$0] } + Code128.stop
    }

    /// Start, symbols and check symbol.
    static func values(_ bytes: [UInt8]) -> [Int]? {
        guard !bytes.isEmpty, bytes.allSatisfy({ (32...126).contains($0) }) else { return nil }
        var values: [Int] = []
        var inC = false
        var position = 0
        func digits(from start: Int) -> Int {
            bytes[start...].prefix { (48...57).contains($0) }.count
        }
        while position < bytes.count {
            let run = digits(from: position)
            if inC {
                if run >= 2 {
                    values.append(Int(bytes[position] - 48) * 10 + Int(bytes[position + 1] - 48))
                    position += 2
                    continue
                }
                values.append(toB)
                inC = false
            } else if run >= 4, run.isMultiple(of: 2) {
                values.append(values.isEmpty ? startC : toC)
                inC = true
                continue
            }
            if values.isEmpty { values.append(startB) }
            values.append(Int(bytes[position]) - 32)
            position += 1
        }
        let sum = values.enumerated().reduce(0) { $0 + $1.element * max(1, $1.offset) }
        return values + [sum % 103]
    }

    private static let toC = 99
    private static let toB = 100
    private static let startB = 104
    private static let startC = 105
    private static let stop: [UInt8] = [2, 3, 3, 1, 1, 1, 2]

    /// Widths of the symbols 0 to 105.
    static let patterns: [[UInt8]] = """
        212222 222122 222221 121223 121322 131222 122213 122312 132212 221213 221312 231212 112232 122132 122231 113222
        123122 123221 223211 221132 221231 213212 223112 312131 311222 321122 321221 312212 322112 322211 212123 212321
        232121 111323 131123 131321 112313 132113 132311 211313 231113 231311 112133 112331 132131 113123 113321 133121
        313121 211331 231131 213113 213311 213131 311123 311321 331121 312113 312311 332111 314111 221411 431111 111224
        111422 121124 121421 141122 141221 112214 112412 122114 122411 142112 142211 241211 221114 413111 241112 134111
        111242 121142 121241 114212 124112 124211 411212 421112 421211 212141 214121 412121 111143 111341 131141 114113
        114311 411113 411311 113141 114131 311141 411131 211412 211214 211232
        """.split(whereSeparator: \.isWhitespace).map { $0.utf8.map { $0 - 48 } }
}

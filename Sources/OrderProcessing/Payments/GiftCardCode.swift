import Crypto

/// The code of a gift card: 20 letters and digits, 100 random bits, written in groups of four.
///
/// Whoever knows it can spend the card. It is told once, when the card is made; what is stored is its SHA-256, which no
/// search can find again.
public struct GiftCardCode: Hashable, Sendable {
    /// Its characters, without dashes.
    private let characters: String

    /// Letters that are easily taken for digits are left out.
    private static let alphabet = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ")
    private static let count = 20

    /// Makes a new code.
    public init(using generator: inout some RandomNumberGenerator) {
        characters = String((0..<Self.count).map { _ in Self.alphabet[Int(generator.next() & 31)] })
    }

    /// Reads a code as people type it: small letters, blanks and dashes are forgiven; nil for anything else.
    public init?(_ text: String) {
        guard text.utf8.count <= 64 else { return nil }
        let typed = text.uppercased().filter { $0 != "-" && $0 != " " }
        guard typed.count == Self.count, typed.allSatisfy({ Self.alphabet.contains($0) }) else { return nil }
        characters = typed
    }

    /// The code for people, `ABCD-EFGH-JKMN-PQRS-TVWX`.
    public var text: String {
        var text = ""
        for (index, character) in characters.enumerated() {
            if index > 0 && index % 4 == 0 { text.append("-") }
            text.append(character)
        }
        return text
    }

    /// The last four characters, by which people tell cards apart.
    public var label: String { String(characters.suffix(4)) }

    /// The SHA-256 of the code, 32 bytes.
    public var hash: [UInt8] { Array(SHA256.hash(data: Array(characters.utf8))) }
}

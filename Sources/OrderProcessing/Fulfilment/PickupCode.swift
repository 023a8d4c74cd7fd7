import Crypto
import Domain

/// The code that a customer shows to collect a pickup.
///
/// Eight characters of 32 that nobody takes for each other, so a trillion codes; five wrong ones may be tried. What is kept is a
/// salted hash.
public struct PickupCode: Hashable, Sendable {
    /// The code as the customer is told.
    public let text: String
    /// The salt of its hash.
    public let salt: [UInt8]
    /// What is kept of it.
    public let hash: [UInt8]

    /// How many wrong ones may be tried.
    public static let tries = 5
    private static let characters = Array("23456789ABCDEFGHJKLMNPQRSTUVWXYZ")
    private static let length = 8

    /// Makes a random code.
    public static func make() -> PickupCode {
        var generator = SystemRandomNumberGenerator()
        return make(using: &generator)
    }

    /// Makes a code of the given generator's numbers.
    static func make(using generator: inout some RandomNumberGenerator) -> PickupCode {
        let text = String((0..<length).map { _ in characters[Int(generator.next() & 31)] })
        let salt = (0..<16).map { _ in UInt8.random(in: 0...255, using: &generator) }
        return PickupCode(text: text, salt: salt, hash: hash(text, salt: salt))
    }

    /// The salted hash of a code as it was typed: capitals, blanks and hyphens do not matter.
    static func hash(_ text: String, salt: [UInt8]) -> [UInt8] {
        Array(SHA256.hash(data: salt + plain(text)))
    }

    /// What stands for a code in a request that is kept: the same for the same code and fulfilment.
    public static func fingerprint(_ text: String, of fulfilment: String) -> String {
        SHA256.hash(data: Array("\(fulfilment) ".utf8) + plain(text)).prefix(16).map { byte in
            (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }.joined()
    }

    /// A code as it is hashed: capitals, without blanks and hyphens.
    static func plain(_ text: String) -> [UInt8] {
        Array(text.uppercased().utf8.filter { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "-") })
    }
}

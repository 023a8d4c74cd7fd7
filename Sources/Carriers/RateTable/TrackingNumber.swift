import Crypto
import Domain

/// Numbers of parcels: two letters of the carrier, 18 digits, and a check digit.
enum TrackingNumber {
    /// The number of a key: always the same for the same key and carrier.
    ///
    /// The digits are the hash of both, so different parcels have different numbers but for one pair in some 10¹⁸.
    static func make(of key: EntityID, carrier: String) -> String {
        let hash = SHA256.hash(data: Array("tracking \(carrier) \(key)".utf8))
        let value = hash.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) } % 1_000_000_000_000_000_000
        let plain = String(value)
        let digits = String(repeating: "0", count: 18 - plain.utf8.count) + plain
        return prefix(carrier) + digits + String(checkDigit(digits))
    }

    /// The digit that makes the weighted sum a multiple of ten: weights 3 and 1 in turn from the right, as GS1 has them.
    static func checkDigit(_ digits: String) -> Int {
        var sum = 0
        for (place, byte) in digits.utf8.reversed().enumerated() {
            sum += Int(byte - UInt8(ascii: "0")) * (place.isMultiple(of: 2) ? 3 : 1)
        }
        return (10 - sum % 10) % 10
    }

    private static func prefix(_ carrier: String) -> String {
        let letters = carrier.uppercased().unicodeScalars.filter { $0.isASCII && $0.properties.isAlphabetic }
        return String((letters.map { Character($0) } + ["X", "X"]).prefix(2))
    }
}

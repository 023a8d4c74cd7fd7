/// Base64 with the standard alphabet, for binary metadata.
package enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    private static let values: [UInt8] = {
        var values = [UInt8](repeating: 0xff, count: 256)
        for (value, character) in alphabet.enumerated() { values[Int(character)] = UInt8(value) }
        return values
    }()

    /// Text for `bytes`, padded.
    package static func encode(_ bytes: [UInt8]) -> String {
        let alphabet = alphabet
        return String(unsafeUninitializedCapacity: (bytes.count + 2) / 3 * 4) { output in
            var written = 0
            var index = 0
            while index < bytes.count {
                let first = bytes[index]
                let second = index + 1 < bytes.count ? bytes[index + 1] : 0
                let third = index + 2 < bytes.count ? bytes[index + 2] : 0
                let left = bytes.count - index
                output[written] = alphabet[Int(first >> 2)]
                output[written + 1] = alphabet[Int((first & 0x03) << 4 | second >> 4)]
                output[written + 2] =
                    left > 1 ? alphabet[Int((second & 0x0f) << 2 | third >> 6)] : UInt8(ascii: "=")
                output[written + 3] = left > 2 ? alphabet[Int(third & 0x3f)] : UInt8(ascii: "=")
                written += 4
                index += 3
            }
            return written
        }
    }

    /// The bytes that `text` stands for, with or without padding; `nil` when it is not base64.
    static func decode(_ text: some BidirectionalCollection<UInt8>) -> [UInt8]? {
        var end = text.endIndex
        var padding = 0
        while padding < 2, end > text.startIndex {
            let before = text.index(before: end)
            guard text[before] == UInt8(ascii: "=") else { break }
            end = before
            padding += 1
        }
        let count = text.distance(from: text.startIndex, to: end)
        let remainder = count % 4
        guard remainder != 1, padding == 0 || (remainder + padding) == 4 else { return nil }
        var output: [UInt8] = []
        output.reserveCapacity(count * 3 / 4)
        let values = values
        var bits: UInt32 = 0
        var bitCount = 0
        for character in text[text.startIndex..<end] {
            let value = values[Int(character)]
            guard value != 0xff else { return nil }
            bits = bits << 6 | UInt32(value)
            bitCount += 6
            if bitCount >= 8 {
                bitCount -= 8
                output.append(UInt8(truncatingIfNeeded: bits >> UInt32(bitCount)))
                bits &= 1 << UInt32(bitCount) - 1
            }
        }
        return bits == 0 ? output : nil
    }
}

import Crypto

/// The text of API keys: `hf_<prefix>_<secret>`.
///
/// The prefix, 12 characters from 60 random bits, is public: keys are found by it. The secret, 52 characters from 256
/// random bits, is known to its owner alone. Servers keep its SHA-256. A slow hash protects passwords, because people
/// choose them from what can be searched; nobody searches 2²⁵⁶ secrets, whatever a single try costs, so a fast one is as
/// safe here, and lets every call be checked anew.
public enum ApiKeySecret {
    /// Characters of a prefix.
    public static let prefixLength = ApiKeyText.prefixLength

    /// Makes a key from the system's randomness.
    public static func mint() -> (prefix: String, text: String, secretHash: [UInt8]) {
        var generator = SystemRandomNumberGenerator()
        func characters(_ count: Int) -> [UInt8] {
            // 32 divides 256: every character is equally likely.
            (0..<count).map { _ in ApiKeyText.alphabet[Int(UInt8.random(in: 0...255, using: &generator) & 31)] }
        }
        let prefix = characters(ApiKeyText.prefixLength)
        let secret = characters(ApiKeyText.secretLength)
        let text = ApiKeyText.joined(prefix: prefix, secret: secret)
        return (
            String(decoding: prefix, as: UTF8.self), String(decoding: text, as: UTF8.self), hash(secret[...])
        )
    }

    /// Whether bytes begin as keys do, so that they are no token.
    public static func isKey(_ bytes: some Collection<UInt8>) -> Bool { bytes.starts(with: ApiKeyText.start) }

    /// The parts of a key; nil for what cannot be one.
    public static func parts(of bytes: [UInt8]) -> (prefix: String, secretHash: [UInt8])? {
        ApiKeyText(bytes).map { (String(decoding: $0.prefix, as: UTF8.self), hash($0.secret)) }
    }

    /// The SHA-256 of bytes.
    public static func hash(_ bytes: ArraySlice<UInt8>) -> [UInt8] { Array(SHA256.hash(data: bytes)) }

    /// Compares two hashes in a time that does not depend on where they differ.
    ///
    /// A missing one is compared all the same, and differs.
    public static func isSame(_ stored: [UInt8]?, _ given: [UInt8]) -> Bool {
        let other = stored?.count == given.count ? stored ?? given : given
        var difference: UInt8 = 0
        for index in given.indices { difference |= other[index] ^ given[index] }
        return difference == 0 && stored?.count == given.count
    }
}

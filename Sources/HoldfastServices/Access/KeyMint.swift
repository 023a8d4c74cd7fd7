/// Makes the secrets of API keys.
///
/// The hash that is stored of them needs a cryptographic library, which this target does without.
public protocol KeyMint: Sendable {
    /// Makes a new key from the system's randomness.
    func mint() -> MintedKey
}

/// A new key: the only place where its secret ever stands.
public struct MintedKey: Sendable {
    /// The public part.
    public var prefix: String
    /// The whole key, as clients send it.
    public var text: String
    /// The SHA-256 of the secret part, 32 bytes.
    public var secretHash: [UInt8]

    /// Makes a description of a new key.
    public init(prefix: String, text: String, secretHash: [UInt8]) {
        self.prefix = prefix
        self.text = text
        self.secretHash = secretHash
    }
}

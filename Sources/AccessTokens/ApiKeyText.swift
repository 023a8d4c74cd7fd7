/// The text of an API key, taken apart and not believed yet: `hf_<prefix>_<secret>`.
struct ApiKeyText {
    /// What every key begins with.
    static let start = Array("hf_".utf8)
    /// Characters of a prefix.
    static let prefixLength = 12
    /// Characters of a secret.
    static let secretLength = 52
    /// The characters of both, five bits each.
    static let alphabet = Array("abcdefghijklmnopqrstuvwxyz234567".utf8)

    /// By what the key is found.
    let prefix: ArraySlice<UInt8>
    /// What only its owner has.
    let secret: ArraySlice<UInt8>

    /// Takes a key apart; nil for what cannot be one.
    init?(_ bytes: [UInt8]) {
        guard bytes.count == Self.start.count + Self.prefixLength + 1 + Self.secretLength,
            bytes.starts(with: Self.start)
        else { return nil }
        let rest = bytes[Self.start.count...]
        prefix = rest.prefix(Self.prefixLength)
        secret = rest.suffix(Self.secretLength)
        guard rest[prefix.endIndex] == UInt8(ascii: "_"), prefix.allSatisfy({ Self.alphabet.contains($0) }),
            secret.allSatisfy({ Self.alphabet.contains($0) })
        else { return nil }
    }

    /// The key that these parts make.
    static func joined(prefix: some Collection<UInt8>, secret: some Collection<UInt8>) -> [UInt8] {
        start + prefix + [UInt8(ascii: "_")] + secret
    }
}

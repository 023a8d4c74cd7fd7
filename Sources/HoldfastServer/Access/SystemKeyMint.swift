import AccessTokens
public import HoldfastServices

/// Makes the secrets of API keys from the system's randomness.
public struct SystemKeyMint: KeyMint {
    /// Makes a mint.
    public init() {}

    /// Makes a new key.
    public func mint() -> MintedKey {
        let minted = ApiKeySecret.mint()
        return MintedKey(prefix: minted.prefix, text: minted.text, secretHash: minted.secretHash)
    }
}

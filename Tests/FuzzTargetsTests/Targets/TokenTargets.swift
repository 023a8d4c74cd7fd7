import Domain

@testable import AccessTokens

/// Reads a credential: the text of an API key, or the token of a single sign-on with its claims as if its signature were
/// good.
///
/// The first byte chooses: after a `k` comes a key, else a whole token, or the claims of one, so that Base64 does not stand
/// in the way.
func readCredential(_ bytes: UnsafeRawBufferPointer) {
    guard let choice = bytes.first else { return }
    let rest = Array(bytes[1...])
    guard choice != UInt8(ascii: "k") else { return readKey(rest) }
    let text =
        choice & 1 == 0
        ? String(decoding: rest, as: UTF8.self)
        : "\(Base64URL.encode(Array(#"{"alg":"ES256"}"#.utf8))).\(Base64URL.encode(rest)).\(Base64URL.encode([1, 2]))"
    let now = Instant(microseconds: 1_700_000_000_000_000)
    do {
        let token = try SignedToken(text)
        precondition(token.signedBytes.count < text.utf8.count, "more was signed than came")
        let (caller, expiresAt) = try TokenRules(issuer: "i", audiences: ["a"]).caller(token.claims(), now: now)
        precondition(!caller.roles.isEmpty, "a caller has no role")
        precondition(expiresAt > now, "an expired token was accepted")
        precondition(caller.id.utf8.count <= 260, "a subject is too long")
    } catch {
        // Refused, as it should be.
    }
}

private func readKey(_ bytes: [UInt8]) {
    guard let key = ApiKeyText(bytes) else { return }
    precondition(ApiKeyText.joined(prefix: key.prefix, secret: key.secret) == bytes, "a key reads as another one")
    precondition(key.prefix.count == 12 && key.secret.count == 52, "a key's parts have other lengths")
    precondition(!(key.prefix + key.secret).contains(UInt8(ascii: "_")), "a key has more than two parts")
}

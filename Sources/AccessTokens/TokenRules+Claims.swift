import Domain

extension TokenRules {
    /// What the claims of a token with a good signature come to.
    ///
    /// - Parameters:
    ///   - claims: the claims.
    ///   - now: the time.
    /// - Returns: who the token speaks for, and until when.
    /// - Throws: ``TokenRefusal``.
    func caller(
        _ claims: [String: TokenClaim], now: Instant
    ) throws(TokenRefusal) -> (caller: Caller, expiresAt: Instant) {
        guard claims["iss"]?.text == issuer else { throw .issuer }
        try checkAudience(claims["aud"])
        let expiresAt = try checkTimes(claims, now: now)
        guard let subject = claims["sub"]?.text, (1...256).contains(subject.utf8.count), TokenRules.isPlain(subject)
        else { throw .subject }
        let roles = try grantedRoles(claims)
        let scope = Scope(
            channels: try codes(claims[channelsClaim]), locations: try codes(claims[locationsClaim]))
        // A person's name stays out of records; the subject tells whom to ask about.
        return (Caller(id: "sso:\(subject)", name: subject, roles: roles, scope: scope), expiresAt)
    }

    private func checkAudience(_ claim: TokenClaim?) throws(TokenRefusal) {
        let named: [String]? =
            switch claim {
            case .string(let audience): [audience]
            case .array: claim?.words
            default: nil
            }
        guard let named, !audiences.isDisjoint(with: named) else { throw .audience }
    }

    private func checkTimes(_ claims: [String: TokenClaim], now: Instant) throws(TokenRefusal) -> Instant {
        guard case .number(let expiry)? = claims["exp"], let expiresAt = instant(expiry, plus: clockSkewSeconds),
            now < expiresAt
        else { throw .expired }
        for name in ["nbf", "iat"] {
            guard let claim = claims[name] else { continue }
            guard case .number(let seconds) = claim, let begin = instant(seconds, plus: -clockSkewSeconds), begin <= now
            else { throw .notYetValid }
        }
        return expiresAt
    }

    private func grantedRoles(_ claims: [String: TokenClaim]) throws(TokenRefusal) -> Set<Role> {
        guard let claim = TokenClaim.find(rolesClaim, in: claims) else { throw .noRole }
        guard let words = claim.words else { throw .claims }
        let granted = words.reduce(into: Set<Role>()) { $0.formUnion(roles[$1] ?? []) }
        guard !granted.isEmpty else { throw .noRole }
        return granted
    }

    /// The codes of a scope; nil, which is everything, only where the claim is absent.
    private func codes(_ claim: TokenClaim?) throws(TokenRefusal) -> Set<String>? {
        guard let claim else { return nil }
        guard let words = claim.words, words.count <= TokenRules.maxCodes else { throw .claims }
        return Set(words)
    }

    private func instant(_ seconds: Double, plus skew: Int64) -> Instant? {
        guard seconds.isFinite, abs(seconds) < 1e11 else { return nil }
        return Instant(microseconds: Int64(seconds * 1_000_000) + skew * 1_000_000)
    }

    private static func isPlain(_ text: String) -> Bool {
        text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7f && !(0x80...0x9f).contains($0.value) }
    }
}

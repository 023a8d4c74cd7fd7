import AccessTokens
import CryptoExtras
import Domain
import JWTKit
import Testing

@Suite("Tokens of a single sign-on")
struct TokenVerifierTests {
    private static func refusal(_ body: () async throws -> VerifiedToken) async throws -> TokenRefusal {
        do {
            let token = try await body()
            Issue.record("accepted: \(token.caller.id)")
            throw TokenRefusal.noKeys
        } catch let refusal as TokenRefusal {
            return refusal
        }
    }

    private static func expect(_ expected: TokenRefusal, _ body: () async throws -> VerifiedToken) async throws {
        let refusal = try await refusal(body)
        #expect(refusal == expected)
    }

    @Test("Every family of keys verifies its own tokens, by the key's type and curve")
    func families() async throws {
        let secret = try _RSA.Signing.PrivateKey(keySize: .bits2048)
        let keys = [
            try await SigningKey.p256("a"), try await SigningKey.p384("b"), try await SigningKey.p521("c"),
            try await SigningKey.ed25519("d"), try await SigningKey.rsa("e", key: secret),
            try await SigningKey.rsa("e", digest: .sha384, key: secret),
            try await SigningKey.rsa("e", digest: .sha512, pss: true, key: secret),
        ]
        try await SignOn.with(keys.prefix(5).map(\.published)) { signOn in
            for key in keys {
                let token = try await signOn.verify(try key.token())
                #expect(token.caller.id == "sso:till-7", "\(key.algorithm.name)")
                #expect(token.caller.roles == [.pos])
                #expect(token.caller.scope == .everything)
                #expect(token.expiresAt == Instant(microseconds: (SignOn.now + 360) * 1_000_000))
            }
        }
    }

    @Test("Roles and scopes come from the claims that the rules name")
    func claims() async throws {
        let key = try await SigningKey.p256("a")
        var rules = SignOn.standard
        rules.rolesClaim = "realm_access.roles"
        rules.roles = ["shop-staff": [.pos, .kiosk], "ops": [.warehouse]]
        try await SignOn.with([key.published], rules: rules) { signOn in
            let token = try await signOn.verify(
                try key.token([
                    "realm_access": "{\"roles\":[\"shop-staff\",\"unknown\"]}", "aud": "[\"other\",\"holdfast\"]",
                    "holdfast_channels": "[\"WEB\"]", "holdfast_locations": "\"NORTH SOUTH\"",
                ]))
            #expect(token.caller.roles == [.pos, .kiosk])
            #expect(token.caller.scope == Scope(channels: ["WEB"], locations: ["NORTH", "SOUTH"]))
        }
    }

    @Test(
        "Claims that do not hold are refused, each for its reason",
        arguments: [
            (["iss": "\"https://evil.example\""], .issuer), (["iss": nil], .issuer),
            (["iss": "[\"https://id.example\"]"], .issuer),
            (["aud": "\"billing\""], .audience), (["aud": nil], .audience), (["aud": "[]"], .audience),
            (["aud": "\"holdfast billing\""], .audience), (["aud": "[\"holdfast\",7]"], .audience),
            (["exp": nil], .expired), (["exp": "\"tomorrow\""], .expired), (["exp": "\(SignOn.now - 61)"], .expired),
            (["exp": "1e300"], .expired), (["nbf": "\(SignOn.now + 61)"], .notYetValid),
            (["iat": "\(SignOn.now + 61)"], .notYetValid), (["nbf": "\"now\""], .notYetValid),
            (["sub": nil], .subject), (["sub": "\"\""], .subject), (["sub": "\"a\\nb\""], .subject),
            (["sub": "\"\(String(repeating: "x", count: 257))\""], .subject), (["roles": nil], .noRole),
            (["roles": "[\"owner\"]"], .noRole), (["roles": "[\"pos\",1]"], .claims), (["roles": "7"], .claims),
            (["holdfast_channels": "{}"], .claims), (["holdfast_locations": "[1]"], .claims),
            (["holdfast_channels": "null"], .claims),
        ] as [([String: String?], TokenRefusal)])
    func refusedClaims(changes: [String: String?], expected: TokenRefusal) async throws {
        let key = try await SigningKey.p256("a")
        try await SignOn.with([key.published]) { signOn in
            let refusal = try await Self.refusal { try await signOn.verify(try key.token(changes)) }
            #expect(refusal == expected)
        }
    }

    @Test("Times are good within the clock skew on either side")
    func skew() async throws {
        let key = try await SigningKey.p256("a")
        try await SignOn.with([key.published]) { signOn in
            for changes in [["exp": "\(SignOn.now - 59)"], ["nbf": "\(SignOn.now + 59)"], ["exp": "\(SignOn.now).5"]] {
                try await signOn.expectGood(try key.token(changes))
            }
        }
    }

    @Test("A token without a signature is refused, however its header spells none")
    func unsigned() async throws {
        let key = try await SigningKey.p256("a")
        try await SignOn.with([key.published]) { signOn in
            for name in ["none", "None", "NONE", "", "HS256", "es256"] {
                let signed = try key.token(alg: name)
                let bare = signed[...(signed.lastIndex(of: ".") ?? signed.startIndex)]
                for token in [signed, String(bare)] {
                    let refusal = try await Self.refusal { try await signOn.verify(token) }
                    #expect(refusal == .algorithm, "\(name)")
                }
            }
        }
    }

    @Test("A token signed with the public key as a shared secret is refused")
    func publicKeyAsSecret() async throws {
        let secret = try _RSA.Signing.PrivateKey(keySize: .bits2048)
        let key = try await SigningKey.rsa("e", key: secret)
        for name in ["HS256", "RS256"] {
            let forger = SigningKey(
                keyID: "e",
                algorithm: try await JWTKeyCollection().add(
                    hmac: HMACKey(from: secret.publicKey.pemRepresentation), digestAlgorithm: .sha256
                ).getKey(), published: [:])
            try await SignOn.with([key.published]) { signOn in
                let refusal = try await Self.refusal { try await signOn.verify(try forger.token(alg: name)) }
                #expect(refusal == (name == "HS256" ? .algorithm : .signature))
            }
        }
    }

    @Test("An algorithm of another family than the key's finds no key")
    func otherFamily() async throws {
        let key = try await SigningKey.p256("a")
        let other = try await SigningKey.ed25519("a")
        try await SignOn.with([key.published]) { signOn in
            try await Self.expect(.unknownKey) { try await signOn.verify(try other.token()) }
        }
    }

    @Test("A signature by another key of the same name is refused, and so is a changed token")
    func forged() async throws {
        let key = try await SigningKey.p256("a")
        let forger = try await SigningKey.p256("a")
        try await SignOn.with([key.published]) { signOn in
            try await Self.expect(.signature) { try await signOn.verify(try forger.token()) }
            let good = try key.token()
            let parts = good.split(separator: ".")
            let claims = Base64URL.encode(Array(SignOn.claims(["roles": "[\"admin\"]"]).utf8))
            let changed = "\(parts[0]).\(claims).\(parts[2])"
            try await Self.expect(.signature) { try await signOn.verify(changed) }
            let truncated = "\(parts[0]).\(parts[1]).\(parts[2].dropLast(6))"
            try await Self.expect(.signature) { try await signOn.verify(truncated) }
        }
    }

    @Test(
        "What is no token is malformed",
        arguments: [
            "", ".", "..", "a.b", "a.b.c.d", "e30.e30.", "e30=.e30.AA", "!!.e30.AA",
            "bnVsbA.e30.AA", String(repeating: "x", count: 17_000),
        ])
    func malformed(text: String) async throws {
        let key = try await SigningKey.p256("a")
        try await SignOn.with([key.published]) { signOn in
            try await Self.expect(.malformed) { try await signOn.verify(text) }
        }
    }

    @Test("Claims that are no object are malformed, and looked at only behind a good signature")
    func claimsOfNoObject() async throws {
        let key = try await SigningKey.p256("a")
        let stranger = try await SigningKey.p256("a")
        try await SignOn.with([key.published]) { signOn in
            for claims in ["[]", "7", "{\"exp\":", String(repeating: "[", count: 4_000)] {
                let header = "{\"alg\":\"ES256\",\"kid\":\"a\"}"
                let signed = try key.sign(header: header, claims: claims)
                try await Self.expect(.malformed) { try await signOn.verify(signed) }
                let forged = try stranger.sign(header: header, claims: claims)
                try await Self.expect(.signature) { try await signOn.verify(forged) }
            }
        }
    }

    @Test("A header with extensions that must be understood is refused")
    func criticalHeader() async throws {
        let key = try await SigningKey.p256("a")
        try await SignOn.with([key.published]) { signOn in
            let token = try key.sign(
                header: "{\"alg\":\"ES256\",\"kid\":\"a\",\"crit\":[\"b64\"],\"b64\":false}", claims: SignOn.claims())
            try await Self.expect(.criticalHeader) { try await signOn.verify(token) }
        }
    }

    @Test("Rules may narrow the algorithms")
    func narrowed() async throws {
        let key = try await SigningKey.p256("a")
        var rules = SignOn.standard
        rules.algorithms = [.edDSA]
        try await SignOn.with([key.published], rules: rules) { signOn in
            try await Self.expect(.algorithm) { try await signOn.verify(try key.token()) }
        }
    }
}

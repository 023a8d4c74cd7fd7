/// Takes out of log events what must not be kept: credentials, and addresses of people.
///
/// Nothing in this program logs such things on purpose; texts of errors, of libraries and of peers may hold them all the same.
enum LogRedaction {
    /// What stands in the place of what was taken out.
    static let mask = "***"

    /// Names of metadata whose values are never written.
    static func isSecret(_ name: String) -> Bool {
        let name = name.lowercased()
        return secretNames.contains { name == $0 || name.hasSuffix("." + $0) || name.hasSuffix("_" + $0) }
    }

    private static let secretNames = [
        "authorization", "x-api-key", "api-key", "api_key", "apikey", "password", "passwd", "secret", "token", "jwt",
        "cookie", "credential", "authentication_data", "email", "e-mail",
    ]

    /// A text without credentials and addresses: passwords in URLs and keywords, what follows `Bearer` and `Basic`, tokens
    /// and keys by their form, and e-mail addresses.
    static func cleaned(_ text: String) -> String {
        guard mayHoldSecrets(text) else { return text }
        var cleaned = ""
        var word = ""
        var previous = ""
        var masksNext = false
        var quoteToMask: Character?
        func announcesSecret() -> Bool {
            isKeyword(word) || ((word == ":" || word == "=") && isSecret(previous))
        }
        func take() {
            guard !word.isEmpty else { return }
            let lowered = word.lowercased()
            if announcesSecret() || lowered.hasSuffix("bearer") || lowered.hasSuffix("basic") {
                // The scheme of a credential is no secret, what follows it is.
                cleaned += word
                masksNext = true
            } else {
                cleaned += masksNext ? mask : clean(word)
                masksNext = false
            }
            previous = word
            word = ""
        }
        for character in text {
            if let quote = quoteToMask {
                guard character == quote else { continue }
                cleaned += mask
                cleaned.append(character)
                quoteToMask = nil
                continue
            }
            if isBoundary(character) {
                let opens = announcesSecret()
                take()
                if (character == "'" || character == "\"") && opens {
                    quoteToMask = character
                    masksNext = false
                }
                cleaned.append(character)
            } else {
                word.append(character)
            }
        }
        if quoteToMask != nil { cleaned += mask }
        take()
        return cleaned
    }

    /// Almost every text is let through by this look at its bytes.
    private static func mayHoldSecrets(_ text: String) -> Bool {
        for byte in text.utf8 {
            if byte == UInt8(ascii: "@") || byte == UInt8(ascii: "=") || byte == UInt8(ascii: "_")
                || byte == UInt8(ascii: ":")
            {
                return true
            }
        }
        let lowered = text.lowercased()
        return lowered.contains("bearer") || lowered.contains("basic ") || lowered.contains("eyj")
    }

    private static func isBoundary(_ character: Character) -> Bool {
        character.isWhitespace || "\"'()<>[]{},;\\".contains(character)
    }

    /// `password=` and the like, at the end of a word: the value follows.
    private static func isKeyword(_ word: String) -> Bool {
        guard word.last == "=" || word.last == ":" else { return false }
        return isSecret(String(word.dropLast().drop { $0 == "?" || $0 == "&" || $0 == "-" }))
    }

    private static func clean(_ word: String) -> String {
        if isToken(word) || isKey(word) { return mask }
        if let mark = word.firstRange(of: "://") { return cleanURL(word, after: mark) }
        if let part = cleanPairs(word) { return part }
        return isAddress(word) ? mask : word
    }

    private static func cleanURL(_ word: String, after mark: Range<String.Index>) -> String {
        var rest = word[mark.upperBound...]
        var start = String(word[..<mark.upperBound])
        let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        if let at = authority.lastIndex(of: "@") {
            start += mask
            rest = rest[at...]
        } else if let at = rest.lastIndex(of: "@") {
            // A password that holds a slash: what stands before the last @ is not shown.
            start += mask
            rest = rest[at...]
        }
        guard let query = rest.firstIndex(of: "?") else { return start + rest }
        let pairs = rest[rest.index(after: query)...].split(separator: "&", omittingEmptySubsequences: false)
        return start + rest[...query] + pairs.map { cleanPairs(String($0)) ?? String($0) }.joined(separator: "&")
    }

    /// `name=value` whose name is that of a secret; nil where it is not.
    private static func cleanPairs(_ word: String) -> String? {
        guard let equals = word.firstIndex(where: { $0 == "=" }), isSecret(String(word[..<equals])) else { return nil }
        let value = word[word.index(after: equals)...]
        return value.isEmpty ? word : "\(word[...equals])\(mask)"
    }

    /// A JSON web token: three parts, of which the first two begin as an object does in base64.
    private static func isToken(_ word: String) -> Bool {
        guard let start = word.firstRange(of: "eyJ"), word[start.lowerBound...].utf8.count >= 20 else { return false }
        return word[start.lowerBound...].utf8.allSatisfy { byte in
            isBase64URL(byte) || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "…")
        }
    }

    /// An API key of this program: `hf_`, a prefix and a secret.
    private static func isKey(_ word: String) -> Bool {
        guard let start = word.firstRange(of: "hf_") ?? word.firstRange(of: "hfk_") else { return false }
        return word[start.upperBound...].utf8.count >= 16
    }

    private static func isBase64URL(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "="):
            true
        default: false
        }
    }

    /// `name@host.domain`.
    private static func isAddress(_ word: String) -> Bool {
        guard let at = word.lastIndex(of: "@"), at != word.startIndex else { return false }
        let host = word[word.index(after: at)...]
        guard let dot = host.lastIndex(of: "."), dot != host.startIndex else { return false }
        return host[host.index(after: dot)...].unicodeScalars.contains { $0.properties.isAlphabetic }
    }
}

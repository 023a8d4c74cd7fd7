/// A value in a token.
enum TokenClaim: Decodable, Sendable {
    case string(String)
    case number(Double)
    case bool(Bool)
    case array([TokenClaim])
    case object([String: TokenClaim])
    case null

    init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        if value.decodeNil() {
            self = .null
            return
        }
        do {
            self = .bool(try value.decode(Bool.self))
            return
        } catch is DecodingError {
            // Of another type.
        }
        do {
            self = .number(try value.decode(Double.self))
            return
        } catch is DecodingError {
            // Of another type.
        }
        do {
            self = .string(try value.decode(String.self))
            return
        } catch is DecodingError {
            // Of another type.
        }
        do {
            self = .array(try value.decode([TokenClaim].self))
            return
        } catch DecodingError.typeMismatch {
            self = .object(try value.decode([String: TokenClaim].self))
        }
    }

    /// The text, if it is one.
    var text: String? {
        if case .string(let text) = self { return text }
        return nil
    }

    /// Texts: an array of nothing else, or one text cut at its blanks; nil for anything else.
    var words: [String]? {
        switch self {
        case .string(let text): return text.split(separator: " ").map(String.init)
        case .array(let elements):
            let texts = elements.compactMap(\.text)
            return texts.count == elements.count ? texts : nil
        case .number, .bool, .object, .null: return nil
        }
    }

    /// What stands at a dotted path below an object; a name with dots of its own is found as it is.
    static func find(_ path: String, in claims: [String: TokenClaim]) -> TokenClaim? {
        if let claim = claims[path] { return claim }
        guard let dot = path.firstIndex(of: "."), case .object(let inner)? = claims[String(path[..<dot])] else {
            return nil
        }
        return find(String(path[path.index(after: dot)...]), in: inner)
    }
}

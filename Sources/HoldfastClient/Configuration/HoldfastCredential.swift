#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// What a client shows to be let in.
///
/// ```swift
/// configuration.credential = .apiKeyFile("/run/secrets/holdfast-key")
/// configuration.credential = .perCall { try await signOn.accessToken(for: "holdfast") }
/// ```
///
/// A key that is shown over a connection without TLS can be read on the way.
public struct HoldfastCredential: Sendable {
    enum Kind: Sendable {
        case none
        case key(String)
        case keyFile(String)
        case perCall(@Sendable () async throws -> String)
    }

    let kind: Kind

    /// Shows nothing, which only servers without access control accept.
    public static let none = HoldfastCredential(kind: .none)

    /// Shows an API key with the first call of every connection.
    public static func apiKey(_ key: String) -> HoldfastCredential { HoldfastCredential(kind: .key(key)) }

    /// Shows the API key that stands in a file.
    ///
    /// The file is read when the client is made; white space around the key does not count.
    public static func apiKeyFile(_ path: String) -> HoldfastCredential { HoldfastCredential(kind: .keyFile(path)) }

    /// Shows a token with every call, for example one of a company's single sign-on.
    ///
    /// The closure is asked before every attempt of a call, so it should keep a token until shortly before its end. A call
    /// that brings its own `authorization` metadata is left as it is. Where the closure throws, the call fails with
    /// UNAUTHENTICATED and is not sent.
    public static func perCall(_ token: @escaping @Sendable () async throws -> String) -> HoldfastCredential {
        HoldfastCredential(kind: .perCall(token))
    }

    /// Bytes for the first call of a connection; none for tokens that each call brings.
    package func connectionCredential() throws(HoldfastConfigurationError) -> [UInt8] {
        switch kind {
        case .none, .perCall: return []
        case .key(let key): return try Self.checked(Array(key.utf8), "the API key")
        case .keyFile(let path): return try Self.checked(Self.read(path), "the API key in \(path)")
        }
    }

    private static let maxBytes = 4_096

    private static func checked(_ bytes: [UInt8], _ name: String) throws(HoldfastConfigurationError) -> [UInt8] {
        let isBlank: (UInt8) -> Bool = { $0 == 0x20 || (0x09...0x0d).contains($0) }
        let key = Array(bytes.drop(while: isBlank).reversed().drop(while: isBlank).reversed())
        guard !key.isEmpty else { throw HoldfastConfigurationError("\(name) is empty") }
        guard key.count <= maxBytes, key.allSatisfy({ (0x21...0x7e).contains($0) }) else {
            throw HoldfastConfigurationError("\(name) is not one word of at most \(maxBytes) printable characters")
        }
        return key
    }

    private static func read(_ path: String) throws(HoldfastConfigurationError) -> [UInt8] {
        guard let file = fopen(path, "rbe") else {
            throw HoldfastConfigurationError("cannot read \(path): \(String(cString: strerror(errno)))")
        }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: maxBytes + 64)
        let count = fread(&bytes, 1, bytes.count, file)
        guard ferror(file) == 0 else {
            throw HoldfastConfigurationError("cannot read \(path): \(String(cString: strerror(errno)))")
        }
        return Array(bytes[..<count])
    }
}

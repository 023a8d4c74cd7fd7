import Crypto

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Shows whoever is called that a call comes from this deployment, is whole, and is not an old one repeated.
///
/// The signature is `t=SECONDS,v1=HEX`: the second of the call since 1970, and the HMAC-SHA256 of `SECONDS.BODY` under a
/// secret that both sides have, in small hexadecimal digits. Whoever is called computes the same, compares in constant time,
/// and refuses a second that is too long ago.
public struct HookSignature: Sendable {
    private let key: SymmetricKey

    /// Shortest secret that is used, in bytes.
    public static let shortestSecret = 16

    /// Makes signatures under a secret; nil where it is shorter than ``shortestSecret``.
    public init?(secret: String) {
        guard secret.utf8.count >= HookSignature.shortestSecret else { return nil }
        key = SymmetricKey(data: Data(secret.utf8))
    }

    /// The signature of a body at a second.
    public func header(second: Int64, body: [UInt8]) -> String {
        var code = HMAC<SHA256>(key: key)
        code.update(data: Data("\(second).".utf8))
        code.update(data: Data(body))
        return "t=\(second),v1=\(HookSignature.hexadecimal(code.finalize()))"
    }

    private static func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
        let digits = Array("0123456789abcdef")
        return String(bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
    }
}

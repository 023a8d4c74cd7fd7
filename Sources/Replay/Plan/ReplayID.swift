/// An identifier that the plan derives from the books, so that every run gives the same thing the same id.
///
/// It is a UUID of version 5 (RFC 9562): the SHA-1 of a namespace and the name `kind/key`, such as `order/536365`. The
/// namespace is itself the version 5 UUID of `holdfast.replay` in the namespace of domain names, so any UUID tool can
/// compute these ids.
public struct ReplayID: Hashable, Sendable, CustomStringConvertible {
    /// What an id stands for; part of the name that is hashed.
    public enum Kind: String, Sendable {
        /// The order made of an invoice; the key is the invoice number.
        case order
        /// The cancellation of an order by a C invoice; the key is `C invoice/invoice`.
        case cancellation
        /// The stock correction of an invoice; the key is the invoice number.
        case correction
        /// A receipt of goods; the key is its reference.
        case receipt
        /// The release of an order's goods, or a step after it; the key is the invoice number, or starts with it.
        case release
        /// What an order is paid with; the key is the order's number and the tender's.
        case tender
        /// The return of goods by a C invoice, or a step of it; the key is, or starts with, `C invoice/invoice`.
        case takeBack = "return"
    }

    /// The first eight bytes, the first byte highest.
    public let high: UInt64
    /// The last eight bytes, the ninth byte highest.
    public let low: UInt64

    /// `6ba7b810-9dad-11d1-80b4-00c04fd430c8`, the namespace of domain names in RFC 9562.
    private static let domainNames = ReplayID(high: 0x6ba7_b810_9dad_11d1, low: 0x80b4_00c0_4fd4_30c8)
    private static let namespace = ReplayID(name: "holdfast.replay", in: domainNames)

    private init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// The id of the thing of a kind that has this key.
    public init(_ kind: Kind, _ key: String) {
        self.init(name: "\(kind.rawValue)/\(key)", in: Self.namespace)
    }

    private init(name: String, in namespace: ReplayID) {
        let digest = SHA1.digest(of: namespace.bytes + Array(name.utf8))
        let words = [digest[0..<8], digest[8..<16]].map { $0.reduce(UInt64(0)) { $0 << 8 | UInt64($1) } }
        high = words[0] & ~0xf000 | 0x5000
        low = words[1] & ~(0b11 << 62) | 0b10 << 62
    }

    /// The 16 bytes in the order in which they are written.
    public var bytes: [UInt8] {
        [high, low].flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> (56 - 8 * UInt64($0))) } }
    }

    /// The id as 36 characters in lower case.
    public var description: String {
        var text = ""
        for (index, byte) in bytes.enumerated() {
            if [4, 6, 8, 10].contains(index) { text += "-" }
            let digits = String(byte, radix: 16)
            text += digits.count == 1 ? "0" + digits : digits
        }
        return text
    }
}

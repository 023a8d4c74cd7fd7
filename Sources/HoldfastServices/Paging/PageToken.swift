import Domain
import SwiftProtobuf

/// Where a list goes on: the key of the last entry of a page, bound to the list it belongs to.
///
/// Opaque to callers. Its bytes are a version, a hash of the method and its filters, and the key.
struct PageToken: Equatable {
    /// Most characters of a token.
    static let bound = 1_024
    private static let version: UInt8 = 1

    /// The hash of the list that the token belongs to.
    var list: UInt64
    /// The key's bytes; see ``PageKey``.
    var key: [UInt8]

    /// The hash of a list: of its method and its request without the page.
    static func list(_ method: String, _ filter: some Message) throws -> UInt64 {
        let encoded: [UInt8] = try filter.serializedBytes()
        return FNV1a.hash(Array(method.utf8) + [0] + encoded)
    }

    /// The text form.
    var text: String {
        var bytes = [PageToken.version]
        for shift in stride(from: 56, through: 0, by: -8) {
            bytes.append(UInt8(truncatingIfNeeded: list >> UInt64(shift)))
        }
        return Base64URL.encode(bytes + key)
    }

    /// Makes a token.
    init(list: UInt64, key: [UInt8]) {
        self.list = list
        self.key = key
    }

    /// Reads the text form; nil for what is none, or of another version.
    init?(_ text: String) {
        guard text.utf8.count <= PageToken.bound, let bytes = Base64URL.decode(text), bytes.count >= 9,
            bytes[0] == PageToken.version
        else { return nil }
        list = bytes[1...8].reduce(0) { $0 << 8 | UInt64($1) }
        key = Array(bytes[9...])
    }
}

/// The key of an entry, by which a list is ordered.
protocol PageKey {
    /// Its bytes.
    var pageKey: [UInt8] { get }
    /// Reads the bytes; nil for what is no such key.
    init?(pageKey bytes: [UInt8])
}

extension String: PageKey {
    var pageKey: [UInt8] { Array(utf8) }

    init?(pageKey bytes: [UInt8]) {
        guard !bytes.contains(0) else { return nil }
        self.init(validating: bytes, as: UTF8.self)
    }
}

extension Int64: PageKey {
    var pageKey: [UInt8] { withUnsafeBytes(of: bigEndian) { Array($0) } }

    init?(pageKey bytes: [UInt8]) {
        guard bytes.count == 8 else { return nil }
        self = Int64(bitPattern: bytes.reduce(0) { $0 << 8 | UInt64($1) })
    }
}

extension RequestValidation {
    /// The key after which a list goes on; nil for its first page.
    mutating func pageKey<Key: PageKey>(
        _ text: String, of list: UInt64, as type: Key.Type, _ field: @autoclosure () -> String
    ) -> Key? {
        guard !text.isEmpty else { return nil }
        guard let token = PageToken(text), let key = Key(pageKey: token.key) else {
            refuse(field(), "is not a token that this server gave")
            return nil
        }
        guard token.list == list else {
            refuse(field(), "belongs to a list with other filters")
            return nil
        }
        return key
    }
}

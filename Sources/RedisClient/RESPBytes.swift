public import NIOCore

/// The bytes of a bulk string.
///
/// Up to 15 bytes lie in the value itself, so numbers and short texts cost no allocation; longer ones are in an array.
public struct RESPBytes: Hashable, Sendable {
    private enum Storage: Hashable, Sendable {
        /// The bytes in memory order, zero padded; the last byte is their number.
        case small(UInt64, UInt64)
        case large([UInt8])
    }

    private static let smallCapacity = 15
    private let storage: Storage

    /// Copies the bytes.
    public init(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count <= Self.smallCapacity else {
            self.storage = .large(Array(bytes))
            return
        }
        var words = (UInt64(0), UInt64(0))
        withUnsafeMutableBytes(of: &words) { target in
            target.copyMemory(from: bytes)
            target[Self.smallCapacity] = UInt8(truncatingIfNeeded: bytes.count)
        }
        self.storage = .small(words.0, words.1)
    }

    /// Copies the text's UTF-8.
    public init(_ text: String) {
        var text = text
        self = text.withUTF8 { RESPBytes(UnsafeRawBufferPointer($0)) }
    }

    /// The number of bytes.
    public var count: Int {
        switch self.storage {
        case .large(let bytes): bytes.count
        case .small: self.withUnsafeBytes { $0.count }
        }
    }

    /// Lends the bytes; the pointer is valid inside the closure only.
    public func withUnsafeBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
        switch self.storage {
        case .large(let bytes):
            return try bytes.withUnsafeBytes(body)
        case .small(let low, let high):
            return try Swift.withUnsafeBytes(of: (low, high)) { pointer in
                try body(UnsafeRawBufferPointer(rebasing: pointer[..<Int(pointer[Self.smallCapacity])]))
            }
        }
    }

    /// The bytes as a decimal integer; nil unless they are an optional `-` and digits that fit in 64 bits.
    public var int64: Int64? {
        self.withUnsafeBytes { bytes in
            guard let first = bytes.first else { return nil }
            let isNegative = first == UInt8(ascii: "-")
            let digits = isNegative ? bytes.dropFirst() : bytes[...]
            guard !digits.isEmpty else { return nil }
            // Collected on the negative side, which holds one number more.
            var value: Int64 = 0
            for byte in digits {
                guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
                let (product, productOverflows) = value.multipliedReportingOverflow(by: 10)
                let (next, overflows) = product.subtractingReportingOverflow(Int64(byte - UInt8(ascii: "0")))
                guard !productOverflows, !overflows else { return nil }
                value = next
            }
            guard !isNegative else { return value }
            return value == Int64.min ? nil : -value
        }
    }

    /// The bytes as text; ill-formed UTF-8 is repaired with U+FFFD.
    public var string: String {
        self.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
    }

    /// A copy of the bytes.
    public var array: [UInt8] {
        switch self.storage {
        case .large(let bytes): bytes
        case .small: self.withUnsafeBytes { Array($0) }
        }
    }
}

extension ByteBuffer {
    /// Appends the bytes and returns their number.
    @discardableResult
    public mutating func writeRESPBytes(_ bytes: RESPBytes) -> Int {
        bytes.withUnsafeBytes { self.writeBytes($0) }
    }
}

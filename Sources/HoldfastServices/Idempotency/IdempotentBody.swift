import Domain
import SwiftProtobuf

/// A request as it is stored beside its effect: its method and its canonical encoding.
///
/// The method stands in front because requests of different methods can have equal encodings. Two bodies are of the same
/// call exactly if their bytes are equal.
struct IdempotentBody {
    /// The bytes to store and compare.
    let bytes: [UInt8]

    /// The body of a request.
    init(_ method: IdempotentMethod, _ request: some Message) throws {
        let tagged: TaggedBytes = try request.serializedBytes()
        bytes = tagged.bytes(tag: method.rawValue)
    }

    /// What differs first: the path of a field, or nil where the bytes are of different methods or not to be read.
    static func firstDifference(_ stored: [UInt8], _ asked: [UInt8]) -> String? {
        guard let tag = asked.first, stored.first == tag, let method = IdempotentMethod(rawValue: tag) else {
            return nil
        }
        return difference(stored.dropFirst(), asked.dropFirst(), method.fields)
    }

    /// The method whose request a body is.
    static func method(of body: [UInt8]) -> IdempotentMethod? {
        body.first.flatMap { IdempotentMethod(rawValue: $0) }
    }

    private static func difference(_ stored: ArraySlice<UInt8>, _ asked: ArraySlice<UInt8>, _ names: FieldNames)
        -> String?
    {
        guard let left = WireField.all(in: stored), let right = WireField.all(in: asked) else { return nil }
        var position = 0
        while position < left.count, position < right.count, left[position] == right[position] { position += 1 }
        let one = position < left.count ? left[position] : nil
        let other = position < right.count ? right[position] : nil
        // Both are in the order of their numbers: the lower one is missing on the other side.
        guard let field = [one, other].compactMap({ $0 }).min(by: { $0.number < $1.number }) else { return nil }
        guard let name = names[field.number] else { return "field \(field.number)" }
        var path = name.name
        if name.isRepeated { path += "[\(left[..<position].count { $0.number == field.number })]" }
        if let one, let other, one.number == other.number, let inner = name.message,
            let rest = difference(one.value, other.value, inner)
        {
            path += "." + rest
        }
        return path
    }
}

/// Serialized bytes behind one that is free for a tag, so that putting it there copies nothing.
private struct TaggedBytes: SwiftProtobufContiguousBytes {
    private var storage: [UInt8]

    init(repeating: UInt8, count: Int) {
        storage = [UInt8](repeating: repeating, count: count + 1)
    }

    init(_ sequence: some Sequence<UInt8>) {
        storage = [0] + sequence
    }

    var count: Int { storage.count - 1 }

    func withUnsafeBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
        try storage.withUnsafeBytes { try body(UnsafeRawBufferPointer(rebasing: $0.dropFirst())) }
    }

    mutating func withUnsafeMutableBytes<R>(_ body: (UnsafeMutableRawBufferPointer) throws -> R) rethrows -> R {
        try storage.withUnsafeMutableBytes { try body(UnsafeMutableRawBufferPointer(rebasing: $0.dropFirst())) }
    }

    consuming func bytes(tag: UInt8) -> [UInt8] {
        storage[0] = tag
        return storage
    }
}

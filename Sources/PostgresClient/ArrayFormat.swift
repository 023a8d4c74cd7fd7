/// An array of one dimension without nulls.
enum ArrayFormat<Element: ElementFormat>: ColumnFormat {
    static var name: String { Element.name + "[]" }

    static func accepts(_ type: PostgresType) -> Bool { Element.elementType(ofArray: type) != nil }

    static func decode(
        _ bytes: UnsafeRawBufferPointer, _ type: PostgresType
    ) -> Result<[Element.Value], ColumnFormatFailure> {
        var values: [Element.Value] = []
        let elementType = Element.elementType(ofArray: type)
        let failure = ArrayElements.read(bytes, elementType) { count in
            values.reserveCapacity(count)
        } element: { (element, type) -> ColumnFormatFailure? in
            guard let element else { return .null }
            switch Element.decode(element, type) {
            case .success(let value):
                values.append(value)
                return nil
            case .failure(let failure): return failure
            }
        }
        return failure.map { .failure($0) } ?? .success(values)
    }
}

/// An array of one dimension whose elements may be null.
enum OptionalArrayFormat<Element: ElementFormat>: ColumnFormat {
    static var name: String { Element.name + "?[]" }

    static func accepts(_ type: PostgresType) -> Bool { Element.elementType(ofArray: type) != nil }

    static func decode(
        _ bytes: UnsafeRawBufferPointer, _ type: PostgresType
    ) -> Result<[Element.Value?], ColumnFormatFailure> {
        var values: [Element.Value?] = []
        let elementType = Element.elementType(ofArray: type)
        let failure = ArrayElements.read(bytes, elementType) { count in
            values.reserveCapacity(count)
        } element: { (element, type) -> ColumnFormatFailure? in
            guard let element else {
                values.append(nil)
                return nil
            }
            switch Element.decode(element, type) {
            case .success(let value):
                values.append(value)
                return nil
            case .failure(let failure): return failure
            }
        }
        return failure.map { .failure($0) } ?? .success(values)
    }
}

/// The binary form of an array: dimensions, a flag, the element type, count and lower bound, then the elements.
private enum ArrayElements {
    private static let headerSize = 12
    private static let dimensionSize = 8

    /// Hands over each element, or nil for a null, and returns the first failure.
    static func read(
        _ bytes: UnsafeRawBufferPointer, _ type: PostgresType?, _ reserve: (Int) -> Void,
        element body: (UnsafeRawBufferPointer?, PostgresType) -> ColumnFormatFailure?
    ) -> ColumnFormatFailure? {
        guard let type, bytes.count >= self.headerSize else { return .malformed }
        let dimensions = bytes.bigEndian(Int32.self)
        guard bytes.bigEndian(UInt32.self, at: 8) == type.rawValue else { return .malformed }
        if dimensions == 0 { return nil }
        guard dimensions == 1, bytes.count >= self.headerSize + self.dimensionSize else { return .malformed }
        let count = Int(bytes.bigEndian(Int32.self, at: self.headerSize))
        var offset = self.headerSize + self.dimensionSize
        // Each element has at least its length.
        guard count >= 0, count <= (bytes.count - offset) / 4 else { return .malformed }
        reserve(count)
        for _ in 0..<count {
            guard offset + 4 <= bytes.count else { return .malformed }
            let length = Int(bytes.bigEndian(Int32.self, at: offset))
            offset += 4
            guard length >= 0 else {
                if let failure = body(nil, type) { return failure }
                continue
            }
            guard offset + length <= bytes.count else { return .malformed }
            let element = UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + length])
            if let failure = body(element, type) { return failure }
            offset += length
        }
        return offset == bytes.count ? nil : .malformed
    }
}

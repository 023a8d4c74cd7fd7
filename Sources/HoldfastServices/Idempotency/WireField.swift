/// One field of an encoded protobuf message: number, wire type and the bytes of its value.
struct WireField: Equatable {
    /// The field's number.
    var number: UInt64
    /// How the value is written: 0 varint, 1 eight bytes, 2 length-delimited, 5 four bytes.
    var wireType: UInt8
    /// The value, without its length.
    var value: ArraySlice<UInt8>

    /// All fields of a message in the order in which they stand; nil for bytes that are no message.
    static func all(in bytes: ArraySlice<UInt8>) -> [WireField]? {
        var fields: [WireField] = []
        var rest = bytes
        while !rest.isEmpty {
            guard let key = varint(&rest), key >> 3 != 0 else { return nil }
            let wireType = UInt8(key & 7)
            let start = rest.startIndex
            let length: Int
            switch wireType {
            case 0:
                guard varint(&rest) != nil else { return nil }
                fields.append(WireField(number: key >> 3, wireType: wireType, value: bytes[start..<rest.startIndex]))
                continue
            case 1: length = 8
            case 2:
                guard let announced = varint(&rest), let count = Int(exactly: announced) else { return nil }
                length = count
            case 5: length = 4
            default: return nil
            }
            guard length <= rest.count else { return nil }
            fields.append(WireField(number: key >> 3, wireType: wireType, value: rest.prefix(length)))
            rest = rest.dropFirst(length)
        }
        return fields
    }

    private static func varint(_ bytes: inout ArraySlice<UInt8>) -> UInt64? {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while shift < 64, let byte = bytes.popFirst() {
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
            shift += 7
        }
        return nil
    }
}

import NIOCore

/// Bytes from a hex dump; white space separates, everything else is a mistake of the test.
func hex(_ text: String) -> [UInt8] {
    var bytes: [UInt8] = []
    var high: UInt8?
    for character in text where !character.isWhitespace {
        guard let digit = character.hexDigitValue else { preconditionFailure("not hex: \(character)") }
        if let first = high {
            bytes.append(first << 4 | UInt8(digit))
            high = nil
        } else {
            high = UInt8(digit)
        }
    }
    precondition(high == nil, "an odd number of digits")
    return bytes
}

/// A packet's header and body.
func packet(_ magic: String, meta: [UInt8], rest: [UInt8] = []) -> [UInt8] {
    var buffer = ByteBuffer(string: magic)
    buffer.writeMultipleIntegers(UInt32(meta.count + rest.count), UInt32(meta.count))
    buffer.writeBytes(meta)
    buffer.writeBytes(rest)
    return Array(buffer: buffer)
}

/// A counted protobuf field.
func field(_ number: UInt8, _ bytes: [UInt8]) -> [UInt8] {
    precondition(bytes.count < 128 && number < 16, "longer than this helper can tell")
    return [number << 3 | 2, UInt8(bytes.count)] + bytes
}

/// A varint field with a small value.
func field(_ number: UInt8, _ value: UInt8) -> [UInt8] {
    precondition(value < 128 && number < 16, "longer than this helper can tell")
    return [number << 3, value]
}

/// The request part of a meta.
func request(_ service: String, _ method: String, _ more: [UInt8] = []) -> [UInt8] {
    field(1, field(1, Array(service.utf8)) + field(2, Array(method.utf8)) + more)
}

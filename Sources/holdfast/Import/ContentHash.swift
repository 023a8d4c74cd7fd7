import Domain

/// FNV-1a with 128 bits: names content, the same on every machine.
///
/// Not for anything that must resist an attacker.
struct ContentHash: Hashable, Sendable {
    private var state: UInt128 = 144_066_263_297_769_815_596_495_629_667_062_367_629
    private static let prime: UInt128 = 309_485_009_821_345_068_724_781_371

    /// Adds bytes.
    mutating func add(_ bytes: some Sequence<UInt8>) {
        for byte in bytes { state = (state ^ UInt128(byte)) &* ContentHash.prime }
    }

    /// Adds a text and its length, so that two texts never read as another pair.
    mutating func add(_ text: String) {
        add(UInt64(text.utf8.count))
        add(text.utf8)
    }

    /// Adds a number.
    mutating func add(_ number: UInt64) {
        add((0..<8).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) })
    }

    /// The hash as an identifier: a UUID of version 8 (RFC 9562), whose content its maker defines.
    var id: EntityID {
        let high = UInt64(truncatingIfNeeded: state >> 64) & 0xFFFF_FFFF_FFFF_0FFF | 0x8000
        let low = UInt64(truncatingIfNeeded: state) & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
        return EntityID(high: high, low: low)
    }
}

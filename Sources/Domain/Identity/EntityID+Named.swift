extension EntityID {
    /// An id that follows from this one and a word: a UUID of version 8, the same on every server and at every repetition.
    public func named(_ word: String) -> EntityID {
        let name = "\(self) \(word)"
        let high = FNV1a.hash("named high \(name)".utf8)
        let low = FNV1a.hash("named low \(name)".utf8)
        return EntityID(
            high: high & 0xFFFF_FFFF_FFFF_0FFF | 0x8000, low: low & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000)
    }
}

import NIOCore

extension CallMeta {
    /// The checksum type of CRC-32C, the only one that is checked.
    static let crc32c: Int32 = 1

    /// Whether the checksum is right, or there is none that could be wrong.
    ///
    /// The attachment must fit the body, which the caller has checked.
    func hasValidChecksum(in frame: Frame) -> Bool {
        guard checksumType == Self.crc32c else { return true }
        return frame.body.withUnsafeReadableBytes { bytes in
            guard checksumValue.length == 4 else { return false }
            let sent = bytes.loadUnaligned(fromByteOffset: checksumValue.start, as: UInt32.self)
            let end = checksumCoversAttachment ? bytes.count : bytes.count - Int(attachmentSize)
            let covered = UnsafeRawBufferPointer(rebasing: bytes[frame.metaLength..<end])
            return UInt32(bigEndian: sent) == CRC32C.masked(CRC32C.checksum(covered))
        }
    }
}

/// One step of a database's schema.
public struct Migration: Hashable, Sendable {
    /// Its place in the order, from 1 up.
    public let version: Int

    /// A name for people.
    public let name: String

    /// What is executed: one or more statements, none of which ends the transaction.
    public let sql: String

    /// Makes a migration.
    public init(version: Int, name: String, sql: String) {
        self.version = version
        self.name = name
        self.sql = sql
    }

    /// A fingerprint of the text (FNV-1a, 64 bits), by which an edit after the fact is noticed.
    public var checksum: UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in self.sql.utf8 {
            hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3
        }
        return hash
    }
}

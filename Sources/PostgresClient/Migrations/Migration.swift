/// One step of a database's schema.
public struct Migration: Hashable, Sendable {
    /// Its place in the order, from 1 up.
    public let version: Int

    /// A name for people.
    public let name: String

    /// What is executed: one or more statements, none of which ends the transaction.
    public let sql: String

    /// The oldest version whose programs go on working when this one has been applied.
    ///
    /// It is the migration's own version where every program must know it: then older ones are refused from the moment on
    /// in which it is applied. Anything lower is a promise that such programs neither read nor write anything wrongly.
    public let oldestProgram: Int

    /// Makes a migration.
    ///
    /// - Parameters:
    ///   - version: its place in the order, from 1 up.
    ///   - name: a name for people.
    ///   - sql: the statements.
    ///   - oldestProgram: the oldest version whose programs go on working; `nil` is the version itself.
    public init(version: Int, name: String, sql: String, oldestProgram: Int? = nil) {
        self.version = version
        self.name = name
        self.sql = sql
        self.oldestProgram = oldestProgram ?? version
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

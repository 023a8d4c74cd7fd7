/// What a database has of a list of migrations.
public struct MigrationStatus: Hashable, Sendable {
    /// A migration that the database has.
    public struct Applied: Hashable, Sendable {
        /// The version.
        public let version: Int

        /// The name at that time.
        public let name: String

        /// The fingerprint of the text at that time.
        public let checksum: UInt64

        /// When it was applied.
        public let appliedAtMicrosecondsSinceEpoch: Int64
    }

    /// What the database has, in order.
    public let applied: [Applied]

    /// What it lacks, in order.
    public let pending: [Migration]
}

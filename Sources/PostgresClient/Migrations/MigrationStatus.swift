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

        /// The oldest version whose programs go on working with it.
        public let oldestProgram: Int

        /// When it was applied.
        public let appliedAtMicrosecondsSinceEpoch: Int64
    }

    /// What the database has, in order.
    public let applied: [Applied]

    /// What it lacks, in order.
    ///
    /// Empty too where the database has more than the program knows and every further step lets such programs go on.
    public let pending: [Migration]
}

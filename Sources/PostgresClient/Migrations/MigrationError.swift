/// Why migrations were not applied.
///
/// Nothing is left half done: what was applied before stays applied.
public struct MigrationError: Error, Hashable, Sendable {
    /// The kind of a failure.
    public enum Code: Hashable, Sendable {
        /// The list of migrations itself is wrong.
        case invalidList

        /// A migration was edited after it had been applied.
        case edited

        /// The database was migrated by a newer program.
        case databaseIsNewer

        /// The database lacks a migration that lies before one that it has, or has one that the list does not know.
        case outOfOrder

        /// A migration ended the transaction in which it runs.
        case endsTransaction
    }

    /// The kind of the failure.
    public let code: Code

    /// The version that the failure is about.
    public let version: Int

    /// What happened and what to do, for an operator.
    public let message: String
}

extension MigrationError: CustomStringConvertible {
    /// The message.
    public var description: String { self.message }
}

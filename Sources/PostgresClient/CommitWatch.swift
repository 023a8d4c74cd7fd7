/// Keeps the answer to "may something have become durable without our knowing?" during one round trip.
struct CommitWatch {
    private var isInTransaction: Bool
    private var unconfirmedCommits = 0
    private var hasImplicitWrite = false

    /// - Parameter isInTransaction: whether an explicit transaction is open before the first statement.
    init(isInTransaction: Bool) {
        self.isInTransaction = isInTransaction
    }

    /// Whether a lost connection leaves the outcome unknown now.
    var isOutcomeUnknown: Bool { self.unconfirmedCommits > 0 || self.hasImplicitWrite }

    /// A statement is about to be sent.
    mutating func willSend(_ statement: PostgresStatement) {
        switch statement.role {
        case .begin:
            self.isInTransaction = true
        case .commit:
            if statement.access == .mayWrite { self.unconfirmedCommits += 1 }
            self.isInTransaction = false
        case .rollback:
            self.isInTransaction = false
        case .ordinary:
            // Outside a transaction the statement commits itself, at the latest with the end of the round trip.
            if !self.isInTransaction, statement.access == .mayWrite { self.hasImplicitWrite = true }
        }
    }

    /// The server confirmed a statement.
    mutating func didConfirm(_ statement: PostgresStatement) {
        if statement.role == .commit, statement.access == .mayWrite { self.unconfirmedCommits -= 1 }
    }

    /// The server refused a statement: it skips all that follows and rolls an implicit transaction back.
    mutating func didRefuse() {
        self.unconfirmedCommits = 0
        self.hasImplicitWrite = false
    }
}

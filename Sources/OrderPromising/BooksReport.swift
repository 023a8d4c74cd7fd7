public import Ledger

/// What the books of both stores say.
public struct BooksReport: Sendable {
    /// A cell where the two stores differ.
    public struct Difference: Sendable, Hashable {
        /// The article.
        public var sku: String
        /// The location.
        public var location: String
        /// Available to promise in PostgreSQL.
        public var ledger: Int64
        /// What Redis would admit; nil where it has not heard of the cell.
        public var admission: Int64?
    }

    /// The ledger's own sums.
    public var ledger: LedgerBooks
    /// Cells where Redis differs from PostgreSQL.
    public var differing: [Difference]

    /// True where everything adds up and nothing is oversold.
    public var agree: Bool {
        differing.isEmpty && ledger.foldMismatches == 0 && ledger.allocationMismatches == 0
            && ledger.lineMismatches == 0 && ledger.moneyMismatches == 0 && ledger.capacityMismatches == 0
            && ledger.eventGaps == 0 && ledger.oversold == 0
    }
}

public import Domain

/// A change of stock, planned on figures read before: what Redis must give up first, and what the transaction expects.
public struct StockPlan: Sendable {
    /// The effect on one cell.
    public struct Effect: Sendable, Hashable {
        /// The cell.
        public var cell: CellID
        /// The article, for the answer.
        public var sku: String
        /// The location, for the answer.
        public var location: String
        /// What happened.
        public var kind: MovementKind
        /// Change of units on hand.
        public var onHandDelta: Int64
        /// Change of safety stock.
        public var safetyDelta: Int64
        /// Units on hand that the plan was made on; nil where the effect does not depend on them.
        public var expectedOnHand: Int64?
        /// Safety stock that the plan was made on; nil where the effect does not depend on it.
        public var expectedSafety: Int64?
        /// Units that are away at stores that the plan was made on; nil where the effect does not depend on them.
        public var expectedAway: Int64?

        /// Change of what can be promised.
        public var baseDelta: Int64 { onHandDelta - safetyDelta }

        /// Makes an effect.
        public init(
            cell: CellID, sku: String, location: String, kind: MovementKind, onHandDelta: Int64, safetyDelta: Int64,
            expectedOnHand: Int64?, expectedSafety: Int64?, expectedAway: Int64? = nil
        ) {
            self.cell = cell
            self.sku = sku
            self.location = location
            self.kind = kind
            self.onHandDelta = onHandDelta
            self.safetyDelta = safetyDelta
            self.expectedOnHand = expectedOnHand
            self.expectedSafety = expectedSafety
            self.expectedAway = expectedAway
        }
    }

    /// The change asked for.
    public var change: StockChange
    /// Effects in the order of their first line; one per cell and kind.
    public var effects: [Effect]

    /// Makes a plan.
    public init(change: StockChange, effects: [Effect]) {
        self.change = change
        self.effects = effects
    }

    /// Units by cell that Redis must give up before the transaction, for cells whose base falls.
    public var givenUp: [(cell: CellID, quantity: Int64)] {
        var deltas: [CellID: Int64] = [:]
        for effect in effects { deltas[effect.cell, default: 0] += effect.baseDelta }
        return deltas.filter { $0.value < 0 }.map { ($0.key, -$0.value) }.sorted { $0.cell < $1.cell }
    }
}

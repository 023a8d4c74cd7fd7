/// What a return gave back, in one way.
public struct PaidReturn: Hashable, Sendable {
    /// The return.
    public var id: EntityID
    /// Its number.
    public var number: Int64
    /// In which way.
    public var settlement: ReturnSettlement
    /// How much, in minor units.
    public var amount: Int64
    /// Whether it was given before the goods were inspected.
    public var isAhead: Bool

    /// Makes one.
    public init(id: EntityID, number: Int64, settlement: ReturnSettlement, amount: Int64, isAhead: Bool) {
        self.id = id
        self.number = number
        self.settlement = settlement
        self.amount = amount
        self.isAhead = isAhead
    }
}

/// How far an accepted order of the plan has come.
package struct OrderStanding: Hashable, Sendable {
    /// The order as it was accepted.
    package let placed: PlacedOrder
    /// Units of goods that are set aside and have not left.
    package internal(set) var openGoods: Int64
    /// True where its goods have reached the customer.
    package internal(set) var hasLeft: Bool
}

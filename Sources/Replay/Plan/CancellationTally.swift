/// What became of the cancellation lines of the books.
public struct CancellationTally: Hashable, Sendable {
    /// Lines of which every unit was found on earlier orders.
    public internal(set) var linesFound = 0
    /// Lines of which some units were found.
    public internal(set) var linesFoundInPart = 0
    /// Lines with a customer of which no unit was found.
    public internal(set) var linesNotFound = 0
    /// Lines without a customer.
    public internal(set) var linesWithoutCustomer = 0
    /// Units found on earlier orders, which the plan cancels.
    public internal(set) var unitsCancelled: Int64 = 0
    /// Units of goods not found, which the plan receives as returned goods.
    public internal(set) var unitsReturned: Int64 = 0
    /// Units of services not found, which have no operation.
    public internal(set) var unitsOfServices: Int64 = 0
}

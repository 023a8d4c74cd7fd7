/// What a client asks for: one unit of each of its cells.
package struct Operation: Sendable, Equatable {
    /// The kinds of operations.
    package enum Kind: Sendable {
        /// Held until it is confirmed, expires or is released.
        case reservation
        /// An order without a reservation: its hold is closed from the start.
        case order
        /// Goods that are gone: a forced take, then the base falls.
        case adjustment
        /// From the first cell to the second.
        case transfer
    }

    /// What it is.
    package var kind: Kind
    /// The cells that it takes from, in order.
    ///
    /// A transfer takes from its source only.
    package var cells: [Int]
    /// For a transfer, where the unit goes.
    package var target: Int?
    /// For an order, the reservation that it uses besides what it takes.
    package var reservation: Int?

    static func reservation(_ cells: Int...) -> Operation { Operation(kind: .reservation, cells: cells) }
    static func order(_ cells: Int..., using reservation: Int? = nil) -> Operation {
        Operation(kind: .order, cells: cells, reservation: reservation)
    }
    static func adjustment(_ cell: Int) -> Operation { Operation(kind: .adjustment, cells: [cell]) }
    static func transfer(from source: Int, to target: Int) -> Operation {
        Operation(kind: .transfer, cells: [source], target: target)
    }

    /// The place of a cell among its parts, or nil.
    @inline(__always)
    func part(of cell: Int) -> Int? {
        if cells[0] == cell { return 0 }
        return cells.count > 1 && cells[1] == cell ? 1 : nil
    }
}

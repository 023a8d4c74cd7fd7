/// Orders whose goods are still to leave, in the order of leaving; those of one moment in the order of their placing.
struct LeavingOrders {
    private var orders: [(order: Int, fulfilment: OrderFulfilment)] = []
    private var first = 0

    /// Orders that wait.
    var count: Int { orders.count - first }

    /// Adds an order; `order` is the index of the operation that places it.
    mutating func add(order: Int, _ fulfilment: OrderFulfilment) {
        // Orders come in the order of time and leave in nearly the same one, so the place is at or near the end.
        var place = orders.count
        while place > first, orders[place - 1].fulfilment.leavesAt > fulfilment.leavesAt { place -= 1 }
        orders.insert((order, fulfilment), at: place)
    }

    /// Removes and returns the next order that leaves before a moment.
    mutating func next(before moment: WallClock) -> (order: Int, fulfilment: OrderFulfilment)? {
        guard first < orders.count, orders[first].fulfilment.leavesAt < moment else { return nil }
        defer {
            first += 1
            if first > 1_024, first * 2 > orders.count {
                orders.removeFirst(first)
                first = 0
            }
        }
        return orders[first]
    }
}

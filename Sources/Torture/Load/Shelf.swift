import Synchronization

/// What clients of a run have acknowledged and others may work on: reservations to release, orders to cancel.
final class Shelf: Sendable {
    /// A reservation that was acknowledged.
    struct Reservation: Sendable {
        var id: String
        var channel: String
        var lines: [(sku: String, location: String, quantity: Int64)]
    }

    /// An order that was acknowledged.
    struct Order: Sendable {
        var id: String
        var channel: String
        var lines: [Int64]
    }

    private struct Contents {
        var reservations: [Reservation] = []
        var orders: [Order] = []
    }

    /// The most of each that are remembered.
    private static let bound = 2_000

    private let contents = Mutex(Contents())

    func put(_ reservation: Reservation, using random: inout SeededGenerator) {
        let place = Int.random(in: 0..<Self.bound, using: &random)
        contents.withLock { Self.put(reservation, in: &$0.reservations, place: place) }
    }

    func put(_ order: Order, using random: inout SeededGenerator) {
        let place = Int.random(in: 0..<Self.bound, using: &random)
        contents.withLock { Self.put(order, in: &$0.orders, place: place) }
    }

    private static func put<Item>(_ item: Item, in items: inout [Item], place: Int) {
        if items.count < bound { items.append(item) } else { items[place] = item }
    }

    /// Any reservation; `removing` keeps others from finding it, which they mostly do not.
    func reservation(removing: Bool, using random: inout SeededGenerator) -> Reservation? {
        let draw = random.next()
        return contents.withLock { Self.pick(from: &$0.reservations, draw: draw, removing: removing) }
    }

    /// Any order.
    func order(removing: Bool, using random: inout SeededGenerator) -> Order? {
        let draw = random.next()
        return contents.withLock { Self.pick(from: &$0.orders, draw: draw, removing: removing) }
    }

    private static func pick<Item>(from items: inout [Item], draw: UInt64, removing: Bool) -> Item? {
        guard !items.isEmpty else { return nil }
        let index = Int(draw % UInt64(items.count))
        guard removing else { return items[index] }
        items.swapAt(index, items.count - 1)
        return items.removeLast()
    }
}

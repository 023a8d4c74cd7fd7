import HoldfastAPI
import Synchronization

/// What clients of a run have acknowledged and others may work on: reservations to release, orders to cancel, goods to pick and
/// send, goods to take back.
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

    /// A fulfilment as some answer told it.
    struct Parcel: Sendable {
        var id: String
        var order: String
        /// The word of its state.
        var state: String
        /// Its lines and the units that it still has of each.
        var lines: [(number: Int32, sku: String, open: Int64)]
    }

    /// Units of an order that the customer has.
    struct Delivered: Sendable {
        var order: String
        var lines: [(number: Int32, sku: String, quantity: Int64)]
    }

    /// A return as some answer told it.
    struct Coming: Sendable {
        var id: String
        var state: Holdfast_V1_ReturnState
        /// Whether a carrier brings it, and no label was made for that.
        var needsLabel: Bool
        /// Whether neither money nor goods were given for it ahead.
        var isWhole: Bool
        /// Its lines, units that are to come and that came.
        var lines: [(number: Int32, sku: String, quantity: Int64, received: Int64)]
    }

    private struct Contents {
        var reservations: [Reservation] = []
        var orders: [Order] = []
        /// Ids of orders that were just placed.
        var fresh: [String] = []
        var parcels: [Parcel] = []
        var delivered: [Delivered] = []
        var returns: [Coming] = []
        var paid: [String] = []
        var areTendered: Set<String> = []
        var due: [String] = []
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
        contents.withLock {
            Self.put(order, in: &$0.orders, place: place)
            if !order.lines.isEmpty { Self.put(order.id, in: &$0.fresh, place: place) }
        }
    }

    func put(_ parcel: Parcel, using random: inout SeededGenerator) {
        let place = Int.random(in: 0..<Self.bound, using: &random)
        contents.withLock { Self.put(parcel, in: &$0.parcels, place: place) }
    }

    func put(_ delivered: Delivered, using random: inout SeededGenerator) {
        let place = Int.random(in: 0..<Self.bound, using: &random)
        contents.withLock { Self.put(delivered, in: &$0.delivered, place: place) }
    }

    func put(_ coming: Coming, using random: inout SeededGenerator) {
        let place = Int.random(in: 0..<Self.bound, using: &random)
        contents.withLock { Self.put(coming, in: &$0.returns, place: place) }
    }

    /// Remembers an order of goods that the customer has, which is to be paid.
    func put(sold order: String, using random: inout SeededGenerator) {
        let place = Int.random(in: 0..<Self.bound, using: &random)
        contents.withLock { Self.put(order, in: &$0.fresh, place: place) }
    }

    /// Remembers an order that has a tender.
    func put(paid order: String, using random: inout SeededGenerator) {
        let place = Int.random(in: 0..<Self.bound, using: &random)
        contents.withLock {
            Self.put(order, in: &$0.paid, place: place)
            $0.areTendered.insert(order)
        }
    }

    /// Remembers an order that something came back of, or was lost of; nothing is due back where it has no tender.
    func put(due order: String, using random: inout SeededGenerator) {
        let place = Int.random(in: 0..<Self.bound, using: &random)
        contents.withLock { if $0.areTendered.contains(order) { Self.put(order, in: &$0.due, place: place) } }
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

    /// Any fulfilment.
    func parcel(removing: Bool, using random: inout SeededGenerator) -> Parcel? {
        let draw = random.next()
        return contents.withLock { Self.pick(from: &$0.parcels, draw: draw, removing: removing) }
    }

    /// Any units that a customer has.
    func delivered(removing: Bool, using random: inout SeededGenerator) -> Delivered? {
        let draw = random.next()
        return contents.withLock { Self.pick(from: &$0.delivered, draw: draw, removing: removing) }
    }

    /// Any return.
    func coming(removing: Bool, using random: inout SeededGenerator) -> Coming? {
        let draw = random.next()
        return contents.withLock { Self.pick(from: &$0.returns, draw: draw, removing: removing) }
    }

    /// Any order that has a tender.
    func paid(using random: inout SeededGenerator) -> String? {
        let draw = random.next()
        return contents.withLock { Self.pick(from: &$0.paid, draw: draw, removing: false) }
    }

    /// The order that was placed last, of those that were not asked for yet.
    func fresh() -> String? {
        contents.withLock { $0.fresh.popLast() }
    }

    /// Any order that something came back of, or was lost of.
    func due(removing: Bool, using random: inout SeededGenerator) -> String? {
        let draw = random.next()
        return contents.withLock { Self.pick(from: &$0.due, draw: draw, removing: removing) }
    }

    private static func pick<Item>(from items: inout [Item], draw: UInt64, removing: Bool) -> Item? {
        guard !items.isEmpty else { return nil }
        let index = Int(draw % UInt64(items.count))
        guard removing else { return items[index] }
        items.swapAt(index, items.count - 1)
        return items.removeLast()
    }
}

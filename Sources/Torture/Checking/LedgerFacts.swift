/// What a deployment says at the end of a run, in the words of its interface.
package struct LedgerFacts: Sendable {
    /// Units of an article somewhere.
    package struct Units: Hashable, Sendable {
        package var location: String
        package var quantity: Int64

        /// Makes units.
        package init(location: String, quantity: Int64) {
            self.location = location
            self.quantity = quantity
        }
    }

    /// A reservation.
    package struct Reservation: Sendable {
        /// Where it stands.
        package enum State: String, Sendable { case held, confirmed, released, expired, voided }
        package var state: State
        package var channel: String
        /// Articles, quantities and where they are held, in request order.
        package var lines: [(sku: String, quantity: Int64, units: [Units])]
        /// The order that took it; empty for none.
        package var order: String
        /// True where it was closed as expired before its time by PostgreSQL's own clock.
        package var expiredEarly: Bool

        /// Makes a reservation.
        package init(
            state: State, channel: String, lines: [(sku: String, quantity: Int64, units: [Units])], order: String = "",
            expiredEarly: Bool = false
        ) {
            self.state = state
            self.channel = channel
            self.lines = lines
            self.order = order
            self.expiredEarly = expiredEarly
        }
    }

    /// An order.
    package struct Order: Sendable {
        /// One line.
        package struct Line: Sendable {
            package var sku: String
            package var quantity: Int64
            package var amountMinor: Int64
            package var allocated: Int64
            package var delivered: Int64
            package var cancelled: Int64
            /// Units in every other status, by its number.
            package var later: [Int16: Int64]
            /// What the capture took, and where; nil where that cannot be asked.
            package var captured: [Units]?

            /// Makes a line.
            package init(
                sku: String, quantity: Int64, amountMinor: Int64, allocated: Int64, delivered: Int64,
                cancelled: Int64, later: [Int16: Int64] = [:], captured: [Units]?
            ) {
                self.sku = sku
                self.quantity = quantity
                self.amountMinor = amountMinor
                self.allocated = allocated
                self.delivered = delivered
                self.cancelled = cancelled
                self.later = later
                self.captured = captured
            }

            /// Units by the number of their status.
            var units: [Int16: Int64] {
                later.merging([1: allocated, 2: delivered, 3: cancelled]) { $1 }.filter { $0.value != 0 }
            }
        }

        /// What an event after the capture did.
        package struct Advance: Sendable {
            /// Units of a line that moved together; a status is a number, 0 none.
            package struct Move: Sendable, Hashable {
                package var line: Int
                package var from: Int16
                package var to: Int16
                package var quantity: Int64
                /// Their part of the line's amount; 0 where no money moved.
                package var amountMinor: Int64

                /// Makes a move.
                package init(line: Int, from: Int16, to: Int16, quantity: Int64, amountMinor: Int64 = 0) {
                    self.line = line
                    self.from = from
                    self.to = to
                    self.quantity = quantity
                    self.amountMinor = amountMinor
                }
            }

            /// The id of what else changed its state; empty for nothing.
            package var thing: String
            /// The units that moved.
            package var moves: [Move]

            /// Makes one.
            package init(thing: String = "", moves: [Move] = []) {
                self.thing = thing
                self.moves = moves
            }
        }

        package var channel: String
        package var externalID: String
        package var lines: [Line]
        package var subtotalMinor: Int64
        package var addedTaxMinor: Int64
        package var reservation: String
        /// Events in their order: their numbers and causes.
        package var events: [(sequence: Int, type: String, cause: String)]
        /// What events after the capture did, by their numbers; nil where that cannot be asked.
        package var advances: [Int: Advance]?
        /// Whether the customer had the goods when it was captured.
        package var goodsInHand: Bool

        /// Makes an order.
        package init(
            channel: String, externalID: String, lines: [Line], subtotalMinor: Int64, addedTaxMinor: Int64,
            reservation: String = "", events: [(sequence: Int, type: String, cause: String)],
            advances: [Int: Advance]? = nil, goodsInHand: Bool = false
        ) {
            self.channel = channel
            self.externalID = externalID
            self.lines = lines
            self.subtotalMinor = subtotalMinor
            self.addedTaxMinor = addedTaxMinor
            self.reservation = reservation
            self.events = events
            self.advances = advances
            self.goodsInHand = goodsInHand
        }
    }

    /// One movement of stock.
    package struct Movement: Sendable {
        package var sku: String
        package var location: String
        package var onHand: Int64
        package var safety: Int64
        package var allocated: Int64
        /// Its place among all movements; those of one article and location became durable in this order.
        package var sequence: Int64

        /// Makes a movement.
        package init(
            sku: String, location: String, onHand: Int64, safety: Int64 = 0, allocated: Int64 = 0, sequence: Int64 = 0
        ) {
            self.sku = sku
            self.location = location
            self.onHand = onHand
            self.safety = safety
            self.allocated = allocated
            self.sequence = sequence
        }
    }

    /// Reservations by id, tombstones among them.
    package var reservations: [String: Reservation] = [:]
    /// Orders by id.
    package var orders: [String: Order] = [:]
    /// Movements by what caused them, in order.
    package var movements: [String: [Movement]] = [:]
    /// Requests that have made refunds, at a gateway or at once; nil where that cannot be asked.
    package var refunds: Set<String>?
    /// Ids of changes, cancellations and extensions whose answers are stored; nil where that cannot be asked.
    package var storedAnswers: [Mutation.Space: Set<String>]?

    /// Makes empty facts.
    package init() {}
}

package import Replay

/// The part of a cancellation that finds an accepted line, and the part that does not.
package struct CancellationFill: Hashable, Sendable {
    /// Units to cancel of one line.
    package struct Line: Hashable, Sendable {
        /// Number of the line in the plan's order, from 1.
        package let planned: Int
        /// Number of the line in the placed order, from 1.
        package let number: Int32
        /// Units, at least 1.
        package let quantity: Int64
    }

    /// Lines that the service has.
    package let accepted: [Line]
    /// Lines of which nothing was ever accepted: there is nothing to cancel.
    package let neverAccepted: [OrderCancellation.Line]

    /// Sorts the lines; without an order none was accepted.
    package init(_ cancellation: OrderCancellation, of order: PlacedOrder?) {
        var accepted: [Line] = []
        var neverAccepted: [OrderCancellation.Line] = []
        for line in cancellation.lines {
            if let number = order?.number(ofPlanned: line.number) {
                accepted.append(Line(planned: line.number, number: number, quantity: line.quantity))
            } else {
                neverAccepted.append(line)
            }
        }
        self.accepted = accepted
        self.neverAccepted = neverAccepted
    }
}

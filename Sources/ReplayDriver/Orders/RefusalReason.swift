/// Why lines of the plan were not accepted; the text is what a report counts them under.
package struct RefusalReason: Hashable, Sendable {
    /// The name in reports.
    package let name: String

    init(_ name: String) {
        self.name = name
    }

    /// Stock did not suffice for the line.
    package static let shortage = RefusalReason("shortage")
    /// The order's number stands for an order that this plan did not make.
    package static let numberTaken = RefusalReason("number_taken")
    /// An earlier run refused the line; its reason is not kept.
    package static let refusedBefore = RefusalReason("refused_before")
    /// A cancellation of a line that was never accepted.
    package static let neverAccepted = RefusalReason("cancellation_never_accepted")
    /// A cancellation of units that are no longer open.
    package static let notOpen = RefusalReason("cancellation_not_open")
    /// A stock correction of more than is on hand.
    package static let notOnHand = RefusalReason("correction_not_on_hand")

    /// The return of units that are not with the customer.
    package static let notReturnable = RefusalReason("return_not_possible")
    /// The fulfilment of an order that cannot be released.
    package static let notReleased = RefusalReason("order_not_released")

    /// Refused with a status, given by its name.
    static func status(_ name: String) -> RefusalReason { RefusalReason(name) }
}

/// Something that happened to an order.
///
/// Raw values are stored, words are the names in the contract.
public enum OrderEventKind: Int16, LifecycleWord {
    /// It was captured.
    case placed = 1
    /// Units were cancelled.
    case cancelled = 2

    // Review: 20 to 39.
    /// Something holds it from now on.
    case held = 20
    /// Something no longer holds it.
    case holdLifted = 21
    /// Nothing holds it: it is released when the remorse period is over.
    case validated = 22
    /// It was changed.
    case amended = 23
    /// A location was asked to give up what it has.
    case cancellationRequested = 24
    /// It does: those units are cancelled.
    case cancellationAccepted = 25
    /// It does not.
    case cancellationRefused = 26
    /// The wish was taken back.
    case cancellationWithdrawn = 27

    // Fulfilment: 40 to 59.
    /// Units were given to a location or a supplier to be fulfilled.
    case released = 40
    /// Somebody goes to the shelves for a fulfilment.
    case pickingStarted = 41
    /// A fulfilment is picked; units that were not found moved with it.
    case picked = 42
    /// Nothing of a fulfilment was found.
    case foundNothing = 43
    /// A fulfilment is packed.
    case packed = 44
    /// A fulfilment has left.
    case shipped = 45
    /// A fulfilment is with the customer.
    case delivered = 46
    /// A fulfilment was lost on the way.
    case lost = 47
    /// A location gave a fulfilment up.
    case declined = 48
    /// A fulfilment is on its way to the store where it is collected.
    case sentToStore = 49
    /// A fulfilment is at the counter.
    case readyForPickup = 50
    /// The customer was reminded of a fulfilment at the counter.
    case pickupReminded = 51
    /// The customer was given more time.
    case pickupExtended = 52
    /// The customer has collected a fulfilment.
    case collected = 53
    /// The time to collect a fulfilment is over.
    case pickupExpired = 54
    /// A fulfilment that was not collected is back on the shelf.
    case restocked = 55
    /// A supplier will send an order.
    case supplierAcknowledged = 56
    /// A supplier will not send an order.
    case supplierRejected = 57
    /// A fulfilment was cancelled where it was.
    case fulfilmentCancelled = 58
    /// A fulfilment could not be delivered, and its goods are back.
    case cameBack = 59

    // Payment: 60 to 79.

    /// A tender was named for it.
    case paymentAdded = 60
    /// A gateway holds an amount for it.
    case paymentAuthorized = 61
    /// A gateway refused what it was asked.
    case paymentDeclined = 62
    /// An amount was taken.
    case paymentCaptured = 63
    /// What was held was let go.
    case paymentVoided = 64
    /// An amount was given back.
    case paymentRefunded = 65
    /// It is not known what became of what a gateway was asked.
    case paymentUnknown = 66
    /// What is owed beyond the lines has changed: a fee, or goodwill.
    case paymentAdjusted = 67
    /// A hold lapsed.
    case paymentExpired = 68
    /// An invoice, a receipt or a credit memo was issued.
    case documentIssued = 69
    /// Somebody said that what a gateway was asked, and never answered, was not done.
    case paymentAbandoned = 70

    // Returns: 80 to 99.
    /// Somebody wants to give units back.
    case returnRequested = 80
    /// They may.
    case returnApproved = 81
    /// They may not.
    case returnDeclined = 82
    /// A carrier has the goods of a return.
    case returnHandedIn = 83
    /// Goods of a return came, or are not waited for any longer.
    case returnReceived = 84
    /// Goods that came were looked at.
    case returnInspected = 85
    /// It was said what becomes of goods, and what is refunded.
    case returnDecided = 86
    /// A return was settled.
    case returnSettled = 87
    /// The wish was taken back.
    case returnCancelled = 88
    /// Goods did not come in time.
    case returnExpired = 89
    /// Goods that came were not accepted.
    case returnRefused = 90
    /// Another order takes the place of a return's goods.
    case returnExchanged = 91
    /// A label was made for a return.
    case returnLabelIssued = 92
    /// Money of a return was given back before its goods were inspected.
    case returnRefundedAhead = 93

    // Supply: 100 to 119.
    /// Units of it wait for supply.
    case backordered = 100
    /// Units that waited have supply set aside.
    case backorderFilled = 101
    /// Other locations serve units of it now.
    case resourced = 102
}

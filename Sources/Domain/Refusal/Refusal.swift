/// Why a call was refused.
///
/// Nothing was applied, except where `outcomeUnknown` says that this is not known.
public enum Refusal: Error, Hashable, Sendable {
    /// Fields of the request are wrong.
    case invalid([FieldViolation])
    /// Something named in the request does not exist.
    case notFound(Subject, String)
    /// The id was used before with another body: the one stored, in its canonical encoding.
    case differentBody(Subject, EntityID, stored: [UInt8])
    /// The channel's number already stands under another order.
    case externalIDTaken(channel: String, externalID: String, order: EntityID)
    /// Stock does not suffice.
    case shortage([LineShortage])
    /// Something stands in a state that does not allow the call.
    case wrongState(Subject, String, state: String, explanation: String)
    /// Something stands in a state in which the event is not known; these are.
    case eventNotKnown(Subject, String, state: String, event: String, allowed: [String])
    /// None of the caller's roles may cause the event.
    case eventNotGranted(Subject, event: String)
    /// A store cannot be reached or is being rebuilt; nothing was promised. A retry with the same id is safe.
    case unavailable(String, retryAfterMilliseconds: Int64)
    /// Whether the effect took place is not known. A retry with the same id finds out.
    case outcomeUnknown(String)
    /// A bound was reached before work began.
    case exhausted(String)
    /// The deadline passed before work began.
    case deadlineExceeded
    /// A place in something that goes on is not one to begin at; `oldest` is the first one that is.
    case outOfRange(FieldViolation, OutOfRange, oldest: String)
    /// What the call names lies outside the caller's scope, or does not exist: the two are told in the same words.
    case outOfScope
    /// A code that is shown is not the right one; so many tries are left.
    case wrongCode(Subject, String, triesLeft: Int)
    /// None of the caller's roles may call the method.
    case roleMissing(method: String)

    /// Refuses what is not there: by its name to who may see every channel, as out of scope to anybody else.
    public static func missing(_ subject: Subject, _ name: String, for caller: Caller) -> Refusal {
        caller.scope.channels == nil ? .notFound(subject, name) : .outOfScope
    }

    /// Why a place is not one to begin at.
    public enum OutOfRange: String, Sendable {
        /// Some of what came behind it is no longer kept.
        case tooOld = "CURSOR_TOO_OLD"
        /// A restore of the database has undone it.
        case undone = "CURSOR_UNDONE"
    }

    /// What a refusal speaks of.
    public enum Subject: String, Sendable {
        /// A product, by sku.
        case product
        /// A location, by code.
        case location
        /// A channel, by code.
        case channel
        /// A reservation, by id.
        case reservation
        /// An order, by id or external id.
        case order
        /// A line of an order, by number.
        case orderLine = "order_line"
        /// A cancellation, by id.
        case cancellation
        /// An extension of a reservation, by id.
        case extension_ = "extension"
        /// A stock movement, by id.
        case movement
        /// A change of the catalogue, by request id.
        case catalogChange = "catalog_change"
        /// Units on hand, by sku and location.
        case stock
        /// What one location sends to the customer of an order, by id.
        case fulfilment
        /// What the customer of an order collects, by id.
        case pickup
        /// A step of a fulfilment, by request id.
        case fulfilmentStep = "fulfilment_step"
        /// Fulfilments that are picked together, by id.
        case wave
        /// A carrier, by code.
        case carrier
        /// An order to a supplier, by id.
        case supplierOrder = "supplier_order"
        /// A tender of an order, by id.
        case payment
        /// A call to a gateway, by id.
        case paymentAttempt = "payment_attempt"
        /// An account of stored value, by id.
        case storedValue = "stored_value"
        /// A document, by id or number.
        case document
        /// A return, by id.
        case returnOrder = "return"
        /// A version of the rules about returns, by number.
        case returnRules = "return_rules"
        /// An exchange of a return's goods, by id.
        case exchange
        /// A step of a return, by id.
        case returnChange = "return_change"
        /// A wish to cancel what is being fulfilled, by id.
        case lateCancel = "late_cancel"
        /// The review of an order, by the order's id.
        case review
        /// A hold of an order, by the order's id and the reason.
        case orderHold = "order_hold"
        /// A change of an order after its capture, by id.
        case amendment
        /// An order that is being written, or a quote, by id.
        case draft
        /// A change of caps of waiting units, by request id.
        case backorderPolicy = "backorder_policy"
        /// A customer, by id, or a change of customers by request id.
        case customer
        /// A configuration of sourcing, by version or name, or a change of it by request id.
        case sourcingConfig = "sourcing_config"
        /// A plan of sourcing, by id.
        case sourcingPlan = "sourcing_plan"
        /// An API key, by id or prefix.
        case apiKey = "api_key"
    }
}

/// One wrong field.
public struct FieldViolation: Hashable, Sendable {
    /// Path of the field, e.g.
    ///
    /// `lines[3].quantity`.
    public var field: String
    /// What is wrong with it.
    public var description: String

    /// Makes a violation.
    public init(_ field: String, _ description: String) {
        self.field = field
        self.description = description
    }
}

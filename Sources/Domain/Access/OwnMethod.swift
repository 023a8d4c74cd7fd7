/// What Holdfast does by itself: its number stands for the method where a change has no request, and the audit log tells it so.
///
/// Raw values are stored.
public enum OwnMethod: UInt8, CaseIterable, Sendable {
    /// Looks at an order by its channel's rules.
    case reviewOrder = 24
    /// Ends a wish to cancel that came too late.
    case endCancellation = 32
    /// Records what a gateway says.
    case recordPayment = 78
    /// Asks for what is due of an order's payments.
    case settlePayments = 79
    /// Ends a return whose goods did not come: a change of a return like others.
    case changeReturn = 84

    /// What stands for the request.
    public var body: [UInt8] { [rawValue] }
}

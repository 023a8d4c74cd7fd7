/// What kind of work a caller does; each role may call a fixed set of methods.
public enum Role: String, CaseIterable, Hashable, Sendable {
    /// A till: reserves and sells.
    case pos
    /// A screen for shoppers: looks, and reserves.
    case kiosk
    /// A shop's or an app's own service: reserves, places, cancels and reads orders.
    case backend
    /// Those who receive, count and move goods.
    case warehouse
    /// Those who help customers: read everything about orders, cancel.
    case support
    /// Those who read the books.
    case finance
    /// May do everything, and decides who else may do what.
    case admin
}

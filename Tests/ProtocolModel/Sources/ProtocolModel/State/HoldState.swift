/// Where a hold's row stands in PostgreSQL; `none` is no row.
package enum HoldState: Int, Sendable {
    case none
    case held
    case confirmed
    case expired
    case released
    case voided

    /// True for the states that a row never leaves.
    package var isFinal: Bool { rawValue > HoldState.held.rawValue }
}

/// Points at which a test can end a server, hold it up, or swallow an answer that it has just got.
///
/// Only debug builds have them: in a release build ``pass()`` is empty and inlined away. A server process is told by the
/// environment, see ``FailpointTable``; a test may arm points of its own process with ``armed(_:at:_:_:)``.
package enum Failpoint: String, CaseIterable, Sendable {
    /// Redis has not been asked for units yet.
    case beforeTake = "before-take"
    /// Redis has answered a take; dropped, the answer looks lost.
    case takeAnswered = "take-answered"
    /// A reservation's units are taken, and PostgreSQL knows nothing of it.
    case taken = "taken"
    /// The transaction of a reservation has its connection, and has sent nothing.
    case journalling = "journalling"
    /// A reservation is committed, and nobody was told; dropped, the commit looks unconfirmed.
    case journalled = "journalled"
    /// An order's units are taken or reserved, and PostgreSQL knows nothing of the order.
    case orderTaken = "order-taken"
    /// An order's rows are locked and judged, and nothing is committed.
    case captureUncommitted = "capture-uncommitted"
    /// An order is committed, and nobody was told; dropped, the commit looks unconfirmed.
    case captured = "captured"
    /// An order is committed and answered, and Redis was not told.
    case captureAnswered = "capture-answered"
    /// A release is committed, and Redis was not told.
    case released = "released"
    /// Expiries are committed, and Redis was not told.
    case expired = "expired"
    /// An order's cancellation is committed, and Redis was not told.
    case cancelled = "cancelled"
    /// A step of a return is written and not committed.
    case returnUncommitted = "return-uncommitted"
    /// A step of a return is committed, and nobody was told.
    case returnCommitted = "return-committed"
    /// An exchange is asked for, and its order is not placed.
    case exchangeAsked = "exchange-asked"
    /// The order of an exchange is placed, and its return was not told.
    case exchangePlaced = "exchange-placed"
    /// What a change of stock gives up is taken in Redis, and PostgreSQL knows nothing of it.
    case movementTaken = "movement-taken"
    /// An order has taken over supply for its waiting lines, and Redis was not told.
    case backorderFilled = "backorder-filled"
    /// A change of stock is committed, and Redis was not told.
    case stockChanged = "stock-changed"
    /// A settlement is about to be sent to Redis; dropped, it is lost on the way.
    case settling = "settling"
    /// The epoch of the vshard to load has risen, and Redis was not told.
    case epochRaised = "epoch-raised"
    /// The vshard is wiped in Redis.
    case loadBegun = "load-begun"
    /// The live reservations are sent, and no base is.
    case loadHalfDone = "load-half-done"
    /// Everything is loaded, and the vshard is not armed.
    case beforeArm = "before-arm"
    /// The vshard is armed, and nobody was told.
    case armed = "armed"
    /// PostgreSQL is about to become the decider.
    case beforeLedgerMode = "before-ledger-mode"
    /// Epochs, modes and sums of PostgreSQL's own admission are written and not committed.
    case ledgerModeUncommitted = "ledger-mode-uncommitted"
    /// PostgreSQL is the decider, and nobody was told.
    case ledgerModeBegun = "ledger-mode-begun"
    /// An orphan has its tombstone, and its units are still taken in Redis.
    case buried = "buried"
    /// Payment attempts are committed as prepared, and the gateway has heard nothing.
    case paymentPrepared = "payment-prepared"
    /// The gateway has answered, and nothing of it is recorded; dropped, the answer looks lost.
    case paymentAnswered = "payment-answered"
    /// What the gateway did is committed, and nobody was told.
    case paymentRecorded = "payment-recorded"
    /// What follows by itself for an order's payments is committed as prepared, and nobody was told.
    case paymentSettled = "payment-settled"

    /// A server has taken a review, and has done nothing of it.
    case reviewClaimed = "review-claimed"
    /// The fraud check has been asked about an order, and nothing of its review is written.
    case reviewAsked = "review-asked"
    /// A validated order was released, and its review does not say so.
    case reviewReleased = "review-released"

    /// Labels are recorded as wanted, and no carrier was asked.
    case labelWanted = "label-wanted"
    /// A carrier has made a label, and nobody has recorded it.
    case labelMade = "label-made"
    /// Stock of another location is set aside for units that are short, and nothing is changed of the order.
    case standInHeld = "stand-in-held"
    /// A step of a fulfilment is committed, and Redis was not told.
    case fulfilmentAdvanced = "fulfilment-advanced"
    /// Units are served by another location, and are not released there yet.
    case resourced = "resourced"
    /// Stock is set aside for an amendment, and nothing of the amendment is written.
    case amendmentHeld = "amendment-held"
    /// An amendment is committed, and nobody was told.
    case amended = "amended"
    /// An answer to a wish to cancel is committed, and nobody was told.
    case recalled = "recalled"

    /// Does here what a test asked for; true where the caller must act as if the answer it has were lost.
    @discardableResult
    @inlinable
    package func pass() -> Bool {
        #if HOLDFAST_FAILPOINTS
            FailpointTable.shared.reach(self)
        #else
            false
        #endif
    }
}

#if HOLDFAST_FAILPOINTS
    extension Failpoint {
        /// Runs a body while a point of this process is armed.
        ///
        /// - Parameters:
        ///   - point: the point.
        ///   - pass: which passing of it counts, from 1.
        ///   - action: what happens then, once.
        ///   - body: what passes it.
        /// - Returns: what the body returns.
        /// - Throws: what the body throws.
        package static func armed<R>(
            _ point: Failpoint, at pass: Int = 1, _ action: FailpointAction,
            _ body: () async throws -> R
        ) async throws -> R {
            FailpointTable.shared.arm(point, at: pass, action)
            defer { FailpointTable.shared.disarm(point) }
            return try await body()
        }
    }
#endif

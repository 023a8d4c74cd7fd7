import Domain
import PostgresClient

/// What kind of call an idempotency row belongs to.
///
/// Raw values are stored.
public enum IdempotencyKind: Int16, Sendable {
    /// A change of the catalogue.
    case catalogue = 1
    /// A change of stock.
    case stockChange = 2
    /// A cancellation.
    case cancellation = 3
    /// An extension of a reservation.
    case extension_ = 4
    // Review: 20 to 39.
    /// A hold, an approval or a validation.
    case review = 20
    /// A step of Holdfast itself in the review of an order.
    case reviewStep = 21
    /// A wish to cancel what is being fulfilled, or what is said to it.
    case lateCancel = 22
    /// A change of an order after its capture.
    case amendment = 23
    /// A change of a draft.
    case draft = 24
    /// A draft that becomes an order.
    case draftPlacing = 25

    // Fulfilment: 40 to 59.
    /// A release or a step of a fulfilment.
    case fulfilment = 40
    /// A wave.
    case wave = 41

    // Payment: 60 to 79.

    /// A change of an order's tenders.
    case payment = 60
    /// What became of an attempt.
    case paymentOutcome = 61
    /// What follows by itself for an order's tenders.
    case settlement = 62
    /// A change of an account of stored value.
    case storedValue = 63

    // Returns: 80 to 99.
    /// A version of the rules about returns.
    case returnRules = 80
    /// A return, or a claim, or a return without an order.
    case returnCreation = 81
    /// A step of a return.
    case returnChange = 82
    /// An exchange that is asked for.
    case exchangeIntent = 83
    /// How an exchange ended.
    case exchangeEnd = 84
    /// What became of an order whose exchange was given up before it was placed.
    case exchangeCalledOff = 85

    // Supply: 100 to 119.
    /// A change of caps of waiting units.
    case backorderPolicies = 100
    /// A configuration of sourcing.
    case sourcing = 101
    /// A change of customers.
    case customers = 102
    /// Waiting units of an order got supply.
    case backorderFill = 103
    /// A plan of sourcing was carried out.
    case sourcingCommit = 104
    /// A plan of sourcing was made.
    case sourcingPlan = 105

    var subject: Refusal.Subject {
        switch self {
        case .catalogue: .catalogChange
        case .stockChange: .movement
        case .cancellation: .cancellation
        case .extension_: .extension_
        case .review, .reviewStep: .review
        case .backorderPolicies: .backorderPolicy
        case .sourcing: .sourcingConfig
        case .customers: .customer
        case .backorderFill: .order
        case .sourcingCommit, .sourcingPlan: .sourcingPlan
        case .payment, .settlement: .payment
        case .paymentOutcome: .paymentAttempt
        case .storedValue: .storedValue
        case .returnRules: .returnRules
        case .returnCreation: .returnOrder
        case .returnChange: .returnChange
        case .exchangeIntent, .exchangeEnd, .exchangeCalledOff: .exchange
        case .fulfilment: .fulfilmentStep
        case .wave: .wave
        case .lateCancel: .lateCancel
        case .amendment: .amendment
        case .draft, .draftPlacing: .draft
        }
    }
}

extension Ledger {
    private static let storedReply = PostgresStatement(
        "stored_reply", "SELECT request, reply, caller FROM idempotency WHERE id = $1::uuid AND kind = $2::int2",
        access: .readOnly)
    static let storeReply = PostgresStatement(
        "store_reply",
        """
        INSERT INTO idempotency (id, kind, request, reply, caller, subject_id)
        VALUES ($1::uuid, $2::int2, $3::bytea, $4::bytea, $5::text, $6::uuid)
        """)

    /// The reply stored for an id, or nil where the call has not taken effect.
    ///
    /// Throws where the body was another; what differs is told to who made that call, and to callers without limits.
    static func storedReply(
        _ id: EntityID, _ kind: IdempotencyKind, body: [UInt8], caller: Caller, on connection: PostgresConnection
    ) throws -> [UInt8]? {
        try storedReply(
            connection.pipeline([readingReply(of: id, kind)])[0], to: id, kind, body: body, caller: caller)
    }

    /// The step that looks for the reply stored for an id.
    static func readingReply(of id: EntityID, _ kind: IdempotencyKind) -> LedgerStep {
        (storedReply, [.uuid(PostgresUUID(id)), .int16(kind.rawValue)])
    }

    /// The reply that ``readingReply(of:_:)`` found, or nil.
    static func storedReply(
        _ rows: PostgresRows, to id: EntityID, _ kind: IdempotencyKind, body: [UInt8], caller: Caller
    ) throws -> [UInt8]? {
        guard let row = rows.first else { return nil }
        let stored = try row.bytes(0)
        guard stored == body else {
            let isTold = try caller.scope.isEverything || row.text(2) == caller.id
            throw Refusal.differentBody(kind.subject, id, stored: isTold ? stored : [])
        }
        return try row.bytes(1)
    }

    /// The step that stores a reply with its effect.
    ///
    /// A concurrent duplicate fails on the primary key and runs again.
    static func storing(
        _ id: EntityID, _ kind: IdempotencyKind, body: [UInt8], reply: [UInt8], caller: Caller,
        subject: EntityID? = nil
    ) -> LedgerStep {
        (
            storeReply,
            [
                .uuid(PostgresUUID(id)), .int16(kind.rawValue), .bytes(body), .bytes(reply), .text(caller.id),
                .optional(subject) { .uuid(PostgresUUID($0)) },
            ]
        )
    }

    /// Runs a transaction that stores its reply, again where a duplicate of the call was faster, and where PostgreSQL has ended
    /// it because it and another one waited for each other.
    func onceOnly<R: Sendable>(_ body: @escaping @Sendable (PostgresConnection) throws -> R) async throws -> R {
        do {
            return try await pool.withConnection { connection in try Ledger.tidily(connection, body) }
        } catch let error as PostgresError where error.isUniqueViolation || error.kind == .server(.deadlockDetected) {
            // Of the reply's key, or of one that the same call has written before it. Of a deadlock one is ended, and nothing of
            // it is committed.
            return try await onConnection(body)
        } catch {
            throw Ledger.refusal(of: error)
        }
    }

    /// Runs a body and ends the transaction that it leaves open: one that a stored reply or a refusal cut short.
    static func tidily<R>(_ connection: PostgresConnection, _ body: (PostgresConnection) throws -> R) throws -> R {
        let outcome = Result { try body(connection) }
        if connection.isInTransaction {
            do {
                try connection.execute(.rollback)
            } catch {
                // Nothing of it was committed; the pool replaces the connection.
                return try outcome.get()
            }
        }
        return try outcome.get()
    }
}

import Domain
import PostgresClient

/// A return within the transaction that changes it: its row, or that of its order, is locked.
///
/// What is done is done in memory first; ``save()`` writes the difference. A refusal before leaves nothing.
struct ReturnWork {
    /// The return as it stands.
    private(set) var order: ReturnOrder
    /// What was done, in order.
    private(set) var done: [Done] = []
    /// The location that received last.
    private var location: Int32?
    /// When goods must be here, as days from now.
    private var arrivalDays: Int32?
    private let before: ReturnOrder
    private let cause: EntityID
    private let caller: Caller
    private let actors: Set<LifecycleActor>
    private let reason: String
    private let connection: PostgresConnection

    /// One step along the table.
    struct Done {
        var event: ReturnEvent
        /// Where it stood; nil where it came into being.
        var before: ReturnState?
        var after: ReturnState
    }

    /// Goes on with a return that is stored.
    init(
        _ order: ReturnOrder, cause: EntityID, caller: Caller, actors: Set<LifecycleActor>, reason: String,
        on connection: PostgresConnection
    ) {
        self.order = order
        before = order
        self.cause = cause
        self.caller = caller
        self.actors = actors
        self.reason = reason
        self.connection = connection
    }

    /// What an exchange has taken by this change; nil where it has not.
    private var credited: Int64?

    /// Its name in refusals.
    private var name: String { "R\(order.number)" }

    // MARK: - Steps

    /// Takes a step that the table knows; `system` where Holdfast itself decides.
    mutating func step(_ event: ReturnEvent, bySystem: Bool = false) throws(Refusal) {
        let transition = try Lifecycle.returnOrder.decide(
            event, in: order.state, by: bySystem ? .systemAlone : actors, naming: name)
        done.append(Done(event: event, before: order.state, after: transition.to))
        order.state = transition.to
        switch event {
        case .approve: arrivalDays = order.lines.map(\.terms.arrivalDays).min() ?? 30
        case .decline, .cancel, .expire, .refuse:
            for index in order.lines.indices { order.lines[index].reserved = 0 }
        default: break
        }
    }

    /// Refuses a step that the table does not know, before anything is done for it.
    func check(_ event: ReturnEvent) throws(Refusal) {
        _ = try Lifecycle.returnOrder.decide(event, in: order.state, by: actors, naming: name)
    }

    /// Takes in goods that came to a location.
    ///
    /// Units go to the lines of their article in the lines' order. What is beyond, or was not announced, is recorded as a
    /// variance and belongs to no line.
    mutating func receive(_ scans: [ReturnChange.Scan], at location: (id: Int32, code: String), last: Bool)
        throws(Refusal)
    {
        for scan in scans {
            var rest = scan.quantity
            for index in order.lines.indices where order.lines[index].sku == scan.sku && rest > 0 {
                let part = min(rest, order.lines[index].quantity - order.lines[index].received)
                guard part > 0 else { continue }
                order.lines[index].received += part
                order.receipts.append(.init(line: order.lines[index].number, location: location.id, quantity: part))
                rest -= part
            }
            guard rest > 0 else { continue }
            let kind: ReturnVariance = order.lines.contains { $0.sku == scan.sku } ? .more : .wrongItem
            order.variances.append(.init(kind: kind, sku: scan.sku, quantity: rest, location: location.code))
        }
        self.location = location.id
        order.location = location.code
        if last || order.lines.allSatisfy({ $0.received == $0.quantity }) {
            try step(.receive)
            endReceipt()
        } else {
            try step(.receivePart)
        }
    }

    /// Waits no longer for what has not come: it is the customer's to return, or to keep.
    mutating func closeReceipt() throws(Refusal) {
        try step(.closeReceipt)
        endReceipt()
    }

    private mutating func endReceipt() {
        for index in order.lines.indices {
            let line = order.lines[index]
            order.lines[index].reserved = line.received
            guard line.received < line.quantity else { continue }
            order.variances.append(
                .init(kind: .less, sku: line.sku, quantity: line.quantity - line.received, location: ""))
        }
    }

    /// Reserves the units of an expired return anew: its goods came late.
    mutating func reserveAnew() {
        for index in order.lines.indices { order.lines[index].reserved = order.lines[index].quantity }
    }

    /// Says what becomes of every unit that came, and what is refunded.
    ///
    /// Findings are of each line as many units as came; `value` takes units of a line back and says what they are worth.
    mutating func inspect(
        _ findings: [ReturnChange.Finding], value: (ReturnOrder.Line, Int64) throws -> Int64
    ) throws {
        var found: [Int32: Int64] = [:]
        let numbers = Set(order.lines.map(\.number))
        for (index, finding) in findings.enumerated() {
            guard numbers.contains(finding.line) else {
                throw Refusal.invalid([FieldViolation("lines[\(index)].line_number", "the return has no such line")])
            }
            found[finding.line, default: 0] += finding.quantity
        }
        try step(.inspect)
        for line in order.lines where found[line.number, default: 0] != line.received {
            throw Refusal.wrongState(
                .returnOrder, "\(name) line \(line.number)", state: "received=\(line.received)",
                explanation: "\(found[line.number, default: 0]) units were inspected, \(line.received) came")
        }
        try step(.dispose)
        try decide(findings, value: value)
    }

    /// Grants a claim: every unit is left with the customer and paid back.
    mutating func waive(value: (ReturnOrder.Line, Int64) throws -> Int64) throws {
        try step(.waive, bySystem: actors == .systemAlone)
        try decide(
            order.lines.map {
                .init(
                    line: $0.number, quantity: $0.quantity, condition: $0.condition, disposition: .keep, note: "")
            }, value: value, keepsReserved: true)
    }

    /// Values the findings in their order; the fixed fee is taken from the first that are worth it.
    private mutating func decide(
        _ findings: [ReturnChange.Finding], value: (ReturnOrder.Line, Int64) throws -> Int64,
        keepsReserved: Bool = false
    ) throws {
        var refund = ReturnRefund(fee: order.deductions)
        let places = Dictionary(uniqueKeysWithValues: zip(order.lines.map(\.number), order.lines.indices))
        for finding in findings {
            guard let index = places[finding.line] else { continue }
            let worth = try value(order.lines[index], finding.quantity)
            let given = refund.add(
                value: worth, disposition: finding.disposition, terms: order.lines[index].terms)
            order.lines[index].value += worth
            order.lines[index].refund += given
            order.inspections.append(
                .init(
                    line: finding.line, quantity: finding.quantity, condition: finding.condition,
                    disposition: finding.disposition, value: worth, refund: given, note: finding.note))
        }
        order.refund = refund.amount
        if !keepsReserved {
            for index in order.lines.indices { order.lines[index].reserved = 0 }
        }
    }

    /// Settles a decided return of which nothing remains to be given.
    ///
    /// Its refund is 0, went into other goods whole, was given ahead, or was set off. Else nothing is done.
    mutating func settleWhereNothingRemains() throws(Refusal) {
        guard order.state == .decided, order.remaining == 0 else { return }
        if let exchange = order.exchange, exchange.credited > 0 {
            try settle(.exchange, reference: exchange.order.description, bySystem: true)
        } else {
            try settle(
                order.aheadSettlement ?? .nothingDue, reference: order.settlementReference, bySystem: true)
        }
    }

    /// Records how it was settled, and what that gave.
    mutating func settle(
        _ settlement: ReturnSettlement, reference: String, giving amount: Int64 = 0, bySystem: Bool = false
    ) throws(Refusal) {
        try step(.settle, bySystem: bySystem)
        order.settlement = settlement
        order.settlementReference = reference
        order.settled = amount
    }

    /// Records what was given before the goods were inspected.
    mutating func refund(ahead amount: Int64, by settlement: ReturnSettlement, reference: String) throws(Refusal) {
        try step(.refundAhead)
        order.ahead = amount
        order.aheadSettlement = settlement
        order.settlementReference = reference
    }

    /// Counts less as given before the goods were inspected: so much of it was declined.
    mutating func lower(aheadBy amount: Int64) {
        guard amount > 0 else { return }
        order.ahead -= amount
        guard order.ahead == 0 else { return }
        order.aheadSettlement = nil
        order.settlementReference = ""
    }

    /// Records what of its refund was set off against what other returns left owed.
    mutating func setOff(_ amount: Int64) { order.setOff += amount }

    /// Records what the order that takes the place of its goods has taken of its refund, and what it is to be paid with yet.
    mutating func exchange(taken amount: Int64, in other: OrderWork) {
        if amount > 0 { credited = (order.exchange?.credited ?? 0) + amount }
        order.exchange?.credited += amount
        order.exchange?.toPay = other.toPay
        order.exchange?.stands = other.stands
    }

    /// Records the label that was made for it.
    mutating func issue(_ label: ReturnLabel) throws(Refusal) {
        try step(.issueLabel)
        order.label = label
    }

    // MARK: - Writing

    private static let updateHead = PostgresStatement(
        "update_return",
        """
        UPDATE return_order SET state = $2::int2, refund = $3::int8, settlement = $4::int2, settlement_reference = $5::text,
            location_id = coalesce($6::int4, location_id), events = $7::int4,
            expires_at = CASE WHEN $8::int4 IS NULL THEN expires_at ELSE now() + make_interval(days => $8::int4) END,
            ahead = $9::int8, ahead_settlement = $10::int2, settled = $11::int8, set_off = $12::int8
        WHERE id = $1::uuid
        RETURNING CASE WHEN state IN (2, 3) AND isfinite(expires_at) THEN expires_at END, now()
        """)
    private static let creditExchange = PostgresStatement(
        "credit_return_exchange", "UPDATE return_exchange SET credited = $2::int8 WHERE id = $1::uuid")
    private static let updateLines = PostgresStatement(
        "update_return_lines",
        """
        UPDATE return_line l SET reserved = n.reserved, received = n.received, value = n.value, refund = n.refund
        FROM unnest($2::int2[], $3::int8[], $4::int8[], $5::int8[], $6::int8[])
            AS n(line, reserved, received, value, refund)
        WHERE l.return_id = $1::uuid AND l.line_number = n.line
        """)
    private static let insertReceipts = PostgresStatement(
        "insert_return_receipts",
        """
        INSERT INTO return_receipt (return_id, number, line_number, location_id, quantity, cause_id)
        SELECT $1::uuid, $2::int4 + n.place::int4, n.line, n.location, n.quantity, $6::uuid
        FROM unnest($3::int2[], $4::int4[], $5::int8[]) WITH ORDINALITY AS n(line, location, quantity, place)
        """)
    private static let insertVariances = PostgresStatement(
        "insert_return_variances",
        """
        INSERT INTO return_variance (return_id, number, kind, sku, quantity, location_id, cause_id)
        SELECT $1::uuid, $2::int4 + n.place::int4, n.kind, n.sku, n.quantity,
            (SELECT l.id FROM location l WHERE l.code = n.location), $7::uuid
        FROM unnest($3::int2[], $4::text[], $5::int8[], $6::text[])
            WITH ORDINALITY AS n(kind, sku, quantity, location, place)
        """)
    private static let insertInspections = PostgresStatement(
        "insert_return_inspections",
        """
        INSERT INTO return_inspection (return_id, number, line_number, quantity, condition, disposition, value, refund, note,
            cause_id)
        SELECT $1::uuid, n.place, n.line, n.quantity, n.condition, n.disposition, n.value, n.refund, n.note, $9::uuid
        FROM unnest($2::int2[], $3::int8[], $4::int2[], $5::int2[], $6::int8[], $7::int8[], $8::text[])
            WITH ORDINALITY AS n(line, quantity, condition, disposition, value, refund, note, place)
        """)
    private static let insertEvents = PostgresStatement(
        "insert_return_events",
        """
        INSERT INTO return_event (return_id, sequence, event, state, reason, cause_id, caller)
        SELECT $1::uuid, $2::int4 + n.place::int4, n.event, n.state, $5::text, $6::uuid, $7::text
        FROM unnest($3::int2[], $4::int2[]) WITH ORDINALITY AS n(event, state, place)
        """)

    /// Writes what was done, and returns the return as it stands then.
    ///
    /// What a new order is paid with by it is written with that, before the commit.
    mutating func save() throws -> ReturnOrder {
        let id = PostgresValue.uuid(PostgresUUID(order.id))
        let cause = PostgresValue.uuid(PostgresUUID(cause))
        let events = Int32(before.events.count)
        var steps: [LedgerStep] = [
            (
                ReturnWork.updateHead,
                [
                    id, .int16(order.state.rawValue), .int64(order.refund), .int16(order.settlement?.rawValue ?? 0),
                    .text(order.settlementReference), .optional(location) { .int32($0) },
                    .int32(events + Int32(done.count)), .optional(arrivalDays) { .int32($0) }, .int64(order.ahead),
                    .int16(order.aheadSettlement?.rawValue ?? 0), .int64(order.settled), .int64(order.setOff),
                ]
            ),
            (
                ReturnWork.insertEvents,
                [
                    id, .int32(events), .int16s(done.map(\.event.rawValue)), .int16s(done.map(\.after.rawValue)),
                    .text(reason), cause, .text(caller.id),
                ]
            ),
        ]
        if order.lines != before.lines {
            steps.append(
                (
                    ReturnWork.updateLines,
                    [
                        id, .int16s(order.lines.map { Int16($0.number) }), .int64s(order.lines.map(\.reserved)),
                        .int64s(order.lines.map(\.received)), .int64s(order.lines.map(\.value)),
                        .int64s(order.lines.map(\.refund)),
                    ]
                ))
        }
        let receipts = order.receipts.dropFirst(before.receipts.count)
        if !receipts.isEmpty {
            steps.append(
                (
                    ReturnWork.insertReceipts,
                    [
                        id, .int32(Int32(before.receipts.count)), .int16s(receipts.map { Int16($0.line) }),
                        .int32s(receipts.map(\.location)), .int64s(receipts.map(\.quantity)), cause,
                    ]
                ))
        }
        let variances = order.variances.dropFirst(before.variances.count)
        if !variances.isEmpty {
            steps.append(
                (
                    ReturnWork.insertVariances,
                    [
                        id, .int32(Int32(before.variances.count)), .int16s(variances.map(\.kind.rawValue)),
                        .texts(variances.map(\.sku)), .int64s(variances.map(\.quantity)),
                        .texts(variances.map(\.location)), cause,
                    ]
                ))
        }
        if !order.inspections.isEmpty && before.inspections.isEmpty {
            let found = order.inspections
            steps.append(
                (
                    ReturnWork.insertInspections,
                    [
                        id, .int16s(found.map { Int16($0.line) }), .int64s(found.map(\.quantity)),
                        .int16s(found.map(\.condition.rawValue)), .int16s(found.map(\.disposition.rawValue)),
                        .int64s(found.map(\.value)), .int64s(found.map(\.refund)), .texts(found.map(\.note)), cause,
                    ]
                ))
        }
        if let credited, let exchange = order.exchange {
            steps.append((ReturnWork.creditExchange, [.uuid(PostgresUUID(exchange.order)), .int64(credited)]))
        }
        if let label = order.label, label != before.label { steps.append(Ledger.using(label)) }
        if order.state == .cancelled, order.label != nil {
            steps.append(Ledger.loosening(of: order.id))
            order.label = nil
        }
        let head = try connection.pipeline(steps)[0].single
        let now = Instant(microseconds: try head.timestamp(1))
        order.expiresAt = try head.timestampOrNil(0).map { Instant(microseconds: $0) }
        for (place, done) in done.enumerated() {
            order.events.append(
                .init(
                    sequence: events + Int32(place) + 1, event: done.event, state: done.after, at: now,
                    cause: self.cause)
            )
        }
        return order
    }
}

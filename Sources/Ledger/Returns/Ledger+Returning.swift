public import Domain
import Failpoints
import PostgresClient

extension Ledger {
    private static let reservedUnits = PostgresStatement(
        "return_reserved_units",
        """
        SELECT order_line, sum(reserved)::int8 FROM return_line WHERE order_id = $1::uuid AND return_id <> $2::uuid
        GROUP BY order_line
        """, access: .readOnly)
    // A till's sale was handed over when it was made, however late it was captured.
    private static let deliveryDays = PostgresStatement(
        "return_delivery_days",
        """
        WITH d AS MATERIALIZED (
            SELECT t.line, max(e.at) AS at FROM order_advance a
            CROSS JOIN LATERAL unnest(a.lines, a.afters) AS t(line, after)
            JOIN order_event e ON e.order_id = a.order_id AND e.sequence = a.sequence
            WHERE a.order_id = $1::uuid AND t.after = 2 AND t.line = ANY($3::int2[]) GROUP BY t.line
        )
        SELECT n.line,
            ((coalesce(d.at, CASE WHEN o.goods_in_hand THEN o.ordered_at ELSE o.placed_at END)
                AT TIME ZONE $2::text)::date - DATE '1970-01-01')::int8,
            ((now() AT TIME ZONE $2::text)::date - DATE '1970-01-01')::int8
        FROM orders o CROSS JOIN unnest($3::int2[]) AS n(line) LEFT JOIN d ON d.line = n.line WHERE o.id = $1::uuid
        """, access: .readOnly)
    private static let placeOfReturn = PostgresStatement(
        "place_of_return",
        "SELECT r.order_id, c.code FROM return_order r JOIN channel c ON c.id = r.channel_id WHERE r.id = $1::uuid",
        access: .readOnly)
    private static let lockReturn = PostgresStatement(
        "lock_return", "SELECT 1 FROM return_order WHERE id = $1::uuid FOR UPDATE")
    private static let locationByCode = PostgresStatement(
        "return_location", "SELECT id FROM location WHERE code = $1::text", access: .readOnly)
    private static let placesOfReceipts = PostgresStatement(
        "places_of_return_receipts",
        "SELECT code FROM location WHERE id IN (SELECT location_id FROM return_receipt WHERE return_id = $1::uuid)",
        access: .readOnly)
    private static let dueReturns = PostgresStatement(
        "due_returns",
        """
        SELECT r.id, r.events FROM return_order r WHERE r.state IN (2, 3) AND r.expires_at <= now()
            AND NOT EXISTS (SELECT FROM return_exchange x WHERE x.return_id = r.id AND \(exchangeStands))
        ORDER BY r.expires_at LIMIT $1::int4
        """, access: .readOnly)

    // MARK: - Granting

    /// Grants a return of delivered units, or a claim without goods; the reply is stored with the effect.
    ///
    /// The order's row is locked, so that of two returns of the same units one is granted and the other finds them taken.
    ///
    /// - Parameters:
    ///   - request: what is asked.
    ///   - encodeReply: makes the reply of the return.
    /// - Returns: the reply, the stored one for a repetition, and what Redis must be told.
    /// - Throws: `Refusal`.
    public func createReturn(
        _ request: ReturnRequest, encodeReply: @escaping @Sendable (ReturnOrder) throws -> [UInt8]
    ) async throws -> (reply: [UInt8], settlement: Settlement) {
        let change = OrderChange(
            id: request.id, order: request.order, kind: .returnCreation, body: request.body, caller: request.caller,
            reason: request.note)
        return try await changeOrder(change) { work in
            try Ledger.checkFree(
                request.lines.map { ($0.orderLine, $0.quantity) }, apartFrom: request.id, in: work)
            let made = try Ledger.newReturn(request, in: work).insert(on: work.connection)
            if request.claimBasisPoints == nil { work.openReturns.insert(made.id) }
            work.tell(
                .returnRequested, thing: .init(.returnOrder, made.id, from: ReturnState?.none, to: made.state),
                details: ["return": "R\(made.number)"])
            var returned = ReturnWork(
                made, cause: request.id, caller: request.caller, actors: request.caller.actors, reason: request.note,
                on: work.connection)
            if request.claimBasisPoints != nil {
                try returned.step(.approve, bySystem: true)
                try returned.waive { line, quantity in
                    try work.giveBack(quantity, line: line.orderLine ?? 0)
                }
                try Ledger.withhold(returned, in: &work)
                let setOff = try work.recover(from: &returned)
                try work.adjust(setOff)
                try returned.settleWhereNothingRemains()
            } else if !made.lines.contains(where: \.terms.needsApproval) {
                try returned.step(.approve, bySystem: true)
            }
            try Ledger.tell(returned, moved: [], in: &work)
            let reply = try encodeReply(returned.save())
            Failpoint.returnUncommitted.pass()
            return reply
        }
    }

    /// Refuses units that are not delivered, or that another return has.
    private static func checkFree(
        _ wanted: [(line: Int32, quantity: Int64)], apartFrom id: EntityID, in work: OrderWork
    ) throws {
        var reserved: [Int32: Int64] = [:]
        let rows = try work.connection.execute(
            reservedUnits, [.uuid(PostgresUUID(work.head.id)), .uuid(PostgresUUID(id))])
        for row in rows { reserved[Int32(try row.int16(0))] = try row.int64(1) }
        for (number, quantity) in wanted {
            let line = work.lines[try work.place(ofLine: number)]
            let free = max(0, line.units[.delivered] - (reserved[number] ?? 0))
            guard quantity <= free else {
                throw Refusal.wrongState(
                    .orderLine, "\(work.head.id) line \(number)", state: "returnable=\(free)",
                    explanation:
                        "\(quantity) units were asked to come back, \(free) are delivered and in no other return")
            }
        }
    }

    /// The return that is asked for, on the terms of the rules in force.
    private static func newReturn(_ request: ReturnRequest, in work: OrderWork) throws -> NewReturn {
        let lines = try request.lines.map { asked in (asked, work.lines[try work.place(ofLine: asked.orderLine)]) }
        var new = NewReturn(
            id: request.id, order: request.order, channel: work.head.channelID, currency: work.head.currency.code,
            event: .request, method: request.method, rulesVersion: 0, claimBasisPoints: request.claimBasisPoints,
            fee: 0, refundWay: request.refundWay ?? .original, location: nil, note: request.note,
            lines: lines.map { asked, line in
                NewReturn.Line(
                    orderLine: asked.orderLine, product: line.product, quantity: asked.quantity, received: 0,
                    reason: asked.reason, condition: asked.condition, rule: nil)
            }, caller: request.caller)
        guard request.claimBasisPoints == nil else { return new }
        guard let rules = try returnRules(0, on: work.connection)?.rules else {
            throw Refusal.returnRefused("\(request.order) line \(request.lines[0].orderLine)", .noRule)
        }
        var days: [Int32: ReturnQuestion.Delivery] = [:]
        let zone = rules.timeZone.isEmpty ? "UTC" : rules.timeZone
        for row in try work.connection.execute(
            deliveryDays,
            [.uuid(PostgresUUID(request.order)), .text(zone), .int16s(request.lines.map { Int16($0.orderLine) })])
        {
            days[Int32(try row.int16(0))] = .init(day: try row.int64(1), today: try row.int64(2))
        }
        for (index, (asked, line)) in lines.enumerated() {
            guard let delivery = days[asked.orderLine] else { throw UnreadableValue(column: "order_line.line_number") }
            let granted = try rules.grant(
                ReturnQuestion(
                    channel: work.head.channel, sku: line.sku, currency: work.head.currency, reason: asked.reason,
                    condition: asked.condition, method: request.method, delivery: delivery),
                naming: "\(request.order) line \(asked.orderLine)")
            new.lines[index].rule = granted.rule
            new.fee = max(new.fee, granted.terms.feeMinor)
            guard granted.terms.refundWay == .storeCredit else { continue }
            guard request.refundWay != .original else {
                throw Refusal.invalid([
                    FieldViolation(
                        "refund_way", "the rule \(rules.rules[Int(granted.rule) - 1].name) gives store credit")
                ])
            }
            new.refundWay = .storeCredit
        }
        new.rulesVersion = rules.version
        return new
    }

    // MARK: - Steps

    /// Takes a step of a return; the reply is stored with the effect.
    ///
    /// A return of an order changes under the lock of the order's row, one without an order under that of its own. Goods that
    /// are restocked can be promised with the commit, and Redis learns of them by the settlement.
    ///
    /// - Parameters:
    ///   - change: what is done.
    ///   - encodeReply: makes the reply of the return.
    /// - Returns: the reply, the stored one for a repetition, and what Redis must be told.
    /// - Throws: `Refusal`, and ``LedgerFault/planOutdated`` where a cell is missing: try again.
    public func changeReturn(
        _ change: ReturnChange, encodeReply: @escaping @Sendable (ReturnOrder) throws -> [UInt8]
    ) async throws -> (reply: [UInt8], settlement: Settlement) {
        guard let place = try await placeOfReturn(change) else {
            throw Refusal.missing(.returnOrder, change.returnOrder.description, for: change.caller)
        }
        try change.caller.scope.admit(channel: place.channel)
        guard let order = place.order else { return try await changeBlindReturn(change, encodeReply: encodeReply) }
        do {
            return try await changeReturn(change, of: order, encodeReply: encodeReply)
        } catch LedgerFault.planOutdated {
            guard case .inspect(let findings) = change.action else { throw LedgerFault.planOutdated }
            try await makeCells(for: change.returnOrder, findings)
            return try await changeReturn(change, of: order, encodeReply: encodeReply)
        }
    }

    private func changeReturn(
        _ change: ReturnChange, of order: EntityID, encodeReply: @escaping @Sendable (ReturnOrder) throws -> [UInt8]
    ) async throws -> (reply: [UInt8], settlement: Settlement) {
        let orderChange = OrderChange(
            id: change.id, order: order, kind: .returnChange, body: change.body, caller: change.caller,
            reason: change.reason)
        return try await changeOrder(orderChange) { work in
            guard let found = try Ledger.returnOrder(change.returnOrder, on: work.connection) else {
                throw UnreadableValue(column: "return_order.id")
            }
            var returned = ReturnWork(
                found, cause: change.id, caller: change.caller, actors: change.actors, reason: change.reason,
                on: work.connection)
            var moved: [UnitsMoved] = []
            switch change.action {
            case .step(let event):
                try returned.take(event)
                if event.keepsGoods {
                    try Ledger.refuseWhileExchanged(found, in: work)
                    let undone = try work.ahead(of: found).undone
                    returned.lower(aheadBy: undone)
                    if event == .cancel || event == .decline { try returned.order.refuseWhileAhead() }
                    try work.adjust(undone)
                }
            case .receive(let scans, let location, let last):
                guard let row = try work.connection.execute(Ledger.locationByCode, [.text(location)]).first else {
                    throw Refusal.notFound(.location, location)
                }
                if found.state == .expired {
                    try Ledger.checkFree(
                        found.lines.map { ($0.orderLine ?? 0, $0.quantity) }, apartFrom: found.id, in: work)
                    returned.reserveAnew()
                }
                try returned.receive(scans, at: (try row.int32(0), location), last: last)
            case .inspect(let findings):
                try Ledger.admitInspection(of: found, to: change.caller.scope, on: work.connection)
                let (undone, isOpen) = try work.ahead(of: found)
                returned.lower(aheadBy: undone)
                try returned.inspect(findings) { line, quantity in
                    let units = try work.move(
                        .takeBack, quantity, line: line.orderLine ?? 0, from: .delivered)
                    moved.append(units)
                    return units.valueMinor
                }
                let rules = try Ledger.returnRules(found.rulesVersion, on: work.connection)?.rules
                let stock = ReturnStock(returned.order, secondGradeSuffix: rules?.secondGradeSuffix ?? "")
                for movement in try stock.movements(on: work.connection) {
                    work.book(movement.kind, movement.cell, onHand: movement.onHand)
                }
                try Ledger.withhold(returned, in: &work)
                var setOff = undone + min(returned.order.aheadLeft, returned.order.refund)
                setOff += try work.recover(from: &returned)
                try Ledger.credit(&returned, settingOff: setOff, in: &work)
                // What a gateway may still decline is not settled by it: that is done when it is known.
                if !isOpen { try returned.settleWhereNothingRemains() }
            case .settle(let settlement, let reference, let ahead):
                try found.checkSettlement(settlement)
                guard ahead else {
                    try returned.check(.settle)
                    guard try !work.ahead(of: found).isOpen else {
                        throw Refusal.wrongState(
                            .returnOrder, "R\(found.number)", state: "refunding_ahead",
                            explanation: "it is not known yet whether a gateway gives what went ahead: settle it later")
                    }
                    // What others left owed may have become known since it was decided.
                    let setOff = try work.recover(from: &returned, isSettled: true)
                    let given = try work.payBack(
                        returned.order.remaining, settingOff: setOff, by: settlement, reference: reference)
                    try returned.settle(settlement, reference: reference, giving: given)
                    break
                }
                try returned.check(.refundAhead)
                try found.checkAhead()
                try work.refuseWhileOwed(to: found)
                let wanted = try work.expectedRefund(of: found)
                guard wanted > 0 else {
                    throw Refusal.wrongState(
                        .returnOrder, "R\(found.number)", state: "nothing_due",
                        explanation: "fees are as much as the units are worth")
                }
                try returned.refund(
                    ahead: try work.payBack(wanted, by: settlement, reference: reference, ahead: true), by: settlement,
                    reference: reference)
            case .label(let label):
                // A return has one label, whoever asks for another one.
                guard found.label == nil else { return try encodeReply(found) }
                try returned.check(.issueLabel)
                try found.checkLabel()
                guard let label else { throw LedgerFault.planOutdated }
                try returned.issue(label)
            }
            if ReturnStanding.open.contains(returned.order.state) {
                work.openReturns.insert(found.id)
            } else {
                work.openReturns.remove(found.id)
            }
            try Ledger.tell(returned, moved: moved, in: &work)
            let reply = try encodeReply(returned.save())
            Failpoint.returnUncommitted.pass()
            return reply
        }
    }

    /// Refuses an inspection to whoever may not change the stock of each location that has goods of the return.
    ///
    /// An inspection is of all that came, so that it draws from every receipt.
    private static func admitInspection(
        of order: ReturnOrder, to scope: Scope, on connection: PostgresConnection
    ) throws {
        guard scope.locations != nil else { return }
        guard !order.receipts.isEmpty else { return try scope.admit(location: order.location) }
        for row in try connection.execute(placesOfReceipts, [.uuid(PostgresUUID(order.id))]) {
            try scope.admit(location: try row.text(0))
        }
    }

    /// Notes with the order's lines what is kept of the value of a return's units, where it was just decided.
    private static func withhold(_ returned: ReturnWork, in work: inout OrderWork) throws {
        for line in returned.order.lines where line.value > 0 {
            guard let number = line.orderLine else { continue }
            work.lines[try work.place(ofLine: number)].books.withhold(line.value - line.refund)
        }
    }

    /// Moves the refund of a return that was just decided into the order that takes the place of its goods, if one does, and
    /// notes that the order owes no more what was set off.
    private static func credit(
        _ returned: inout ReturnWork, settingOff setOff: Int64, in work: inout OrderWork
    ) throws {
        guard let exchange = returned.order.exchange, exchange.isPlaced else { return try work.adjust(setOff) }
        var other = try companion(exchange.order, of: work)
        guard other.stands else {
            try work.adjust(setOff)
            return returned.exchange(taken: 0, in: other)
        }
        let taken = try work.move(
            returned.order.remaining, settingOff: setOff, of: exchange.order, into: &other)
        returned.exchange(taken: taken, in: other)
        work.add(other)
    }

    /// Refuses to end a return without its goods while an order takes the place of them.
    private static func refuseWhileExchanged(_ order: ReturnOrder, in work: OrderWork) throws {
        guard let exchange = order.exchange else { return }
        guard exchange.isPlaced else {
            throw Refusal.wrongState(
                .returnOrder, "R\(order.number)", state: "exchanging",
                explanation: "an order takes the place of its goods and is not placed yet")
        }
        guard try companion(exchange.order, of: work).stands else { return }
        throw Refusal.wrongState(
            .returnOrder, "R\(order.number)", state: "exchanged",
            explanation: "the order \(exchange.order) takes the place of its goods: cancel that first")
    }

    /// Tells what was done with a return in its order's history.
    static func tell(_ returned: ReturnWork, moved: [UnitsMoved], in work: inout OrderWork) throws {
        let order = returned.order
        for done in returned.done {
            guard let kind = done.event.told else { continue }
            let isDecision = done.after == .decided
            var details = ["return": "R\(order.number)"]
            if !order.location.isEmpty { details["location"] = order.location }
            if isDecision || done.after == .settled { details["refund_way"] = order.refundWay.word }
            if let settlement = order.settlement, done.after == .settled { details["settlement"] = settlement.word }
            var amount = isDecision || done.after == .settled ? order.refund : nil
            switch done.event {
            case .refundAhead:
                amount = order.ahead
                details["settlement"] = order.aheadSettlement?.word
            case .issueLabel:
                amount = order.label?.withheldMinor
                details["carrier"] = order.label?.carrier
                details["tracking"] = order.label?.tracking
                details["location"] = order.label?.location
            default: break
            }
            if isDecision || done.after == .settled, order.setOff > 0 { details["set_off_minor"] = "\(order.setOff)" }
            if order.customerOwes > 0 { details["customer_owes_minor"] = "\(order.customerOwes)" }
            work.tell(
                kind, moved: isDecision ? moved : [],
                thing: .init(.returnOrder, order.id, from: done.before, to: done.after),
                amountMinor: amount, details: details)
        }
    }

    /// Where a return belongs.
    private func placeOfReturn(_ change: ReturnChange) async throws -> (order: EntityID?, channel: String)? {
        try await onConnection { connection in
            try connection.execute(Ledger.placeOfReturn, [.uuid(PostgresUUID(change.returnOrder))]).first.map {
                (try $0.uuidOrNil(0).map { EntityID($0) }, try $0.text(1))
            }
        }
    }

    /// Makes the cells that the goods of a return go to, before the transaction that books them locks any.
    private func makeCells(for id: EntityID, _ findings: [ReturnChange.Finding]) async throws {
        try await onConnection { connection in
            guard let order = try Ledger.returnOrder(id, on: connection) else { return }
            let suffix = try Ledger.returnRules(order.rulesVersion, on: connection)?.rules.secondGradeSuffix ?? ""
            var places: Set<ReturnStock.Place> = []
            for finding in findings where finding.disposition != .keep {
                guard let line = order.lines.first(where: { $0.number == finding.line }) else { continue }
                for receipt in order.receipts where receipt.line == line.number {
                    places.insert(ReturnStock.place(line.sku, receipt.location, finding.disposition, suffix))
                }
            }
            try ReturnStock.ensure(places, on: connection)
        }
    }

    /// A step of a return without an order: all that is left of it is to be settled.
    private func changeBlindReturn(
        _ change: ReturnChange, encodeReply: @escaping @Sendable (ReturnOrder) throws -> [UInt8]
    ) async throws -> (reply: [UInt8], settlement: Settlement) {
        try await onceOnly { connection in
            let key = PostgresValue.uuid(PostgresUUID(change.returnOrder))
            _ = try connection.pipeline([(.begin, []), (Ledger.lockReturn, [key])])
            if let reply = try Ledger.storedReply(
                change.id, .returnChange, body: change.body, caller: change.caller, on: connection)
            {
                return (reply, Settlement())
            }
            guard let found = try Ledger.returnOrder(change.returnOrder, on: connection) else {
                throw UnreadableValue(column: "return_order.id")
            }
            var returned = ReturnWork(
                found, cause: change.id, caller: change.caller, actors: change.actors, reason: change.reason,
                on: connection)
            switch change.action {
            case .step(let event): try returned.take(event)
            // Its goods were received and decided when it was made, so the table refuses both.
            case .receive: try returned.step(.receivePart)
            case .inspect: try returned.step(.inspect)
            case .label: try returned.step(.issueLabel)
            case .settle(_, _, ahead: true): try returned.step(.refundAhead)
            case .settle(let settlement, let reference, _):
                // There is no order whose tenders or customer could get it.
                guard settlement == .outside else {
                    throw Refusal.wrongState(
                        .returnOrder, "R\(found.number)", state: found.state.word,
                        explanation: "a return without an order is settled outside")
                }
                try returned.settle(settlement, reference: reference, giving: found.refund)
            }
            let reply = try encodeReply(returned.save())
            Failpoint.returnUncommitted.pass()
            _ = try connection.pipeline([
                Ledger.storing(
                    change.id, .returnChange, body: change.body, reply: reply, caller: change.caller,
                    subject: change.returnOrder), (.commit, []),
            ])
            return (reply, Settlement())
        }
    }

    // MARK: - Ageing

    /// Returns whose goods did not come in time, the longest overdue first, with the number of their events.
    public func dueReturns(limit: Int32) async throws -> [(id: EntityID, events: Int32)] {
        try await onConnection { connection in
            try connection.execute(Ledger.dueReturns, [.int32(limit)]).map {
                (EntityID(try $0.uuid(0)), try $0.int32(1))
            }
        }
    }
}

extension OrderWork {
    /// Pays units back that stay with the customer; returns their value.
    fileprivate mutating func giveBack(_ quantity: Int64, line number: Int32) throws -> Int64 {
        let place = try place(ofLine: number)
        guard let value = lines[place].books.giveBack(quantity) else {
            throw UnreadableValue(column: "order_line_money.refund_units")
        }
        return value
    }
}

extension ReturnWork {
    /// Takes a step that names nothing else.
    fileprivate mutating func take(_ event: ReturnEvent) throws(Refusal) {
        switch event {
        case .closeReceipt: try closeReceipt()
        case .refuse where order.state == .received:
            try step(.inspect)
            try step(.refuse)
        default: try step(event)
        }
    }
}

extension ReturnEvent {
    /// Whether the return ends and its goods stay with the customer.
    fileprivate var keepsGoods: Bool {
        switch self {
        case .decline, .refuse, .cancel, .expire: true
        default: false
        }
    }

    /// The event of the order that tells it; nil where nothing is told.
    fileprivate var told: OrderEventKind? {
        switch self {
        case .request: .returnRequested
        case .approve: .returnApproved
        case .decline: .returnDeclined
        case .handIn: .returnHandedIn
        case .receivePart, .receive, .closeReceipt: .returnReceived
        case .inspect: .returnInspected
        case .dispose, .waive: .returnDecided
        case .settle: .returnSettled
        case .refuse: .returnRefused
        case .cancel: .returnCancelled
        case .expire: .returnExpired
        case .issueLabel: .returnLabelIssued
        case .refundAhead: .returnRefundedAhead
        }
    }
}

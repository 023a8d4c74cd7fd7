public import Domain
import PostgresClient

extension Ledger {
    /// What an amendment needs of an order as it stands now; see ``AmendmentPlan``.
    ///
    /// - Throws: `Refusal` where the order does not allow it, or outside of the caller's scope.
    public func plan(_ request: AmendmentRequest) async throws -> AmendmentPlan {
        try await readingOrder(request.amended) { work in try work.plan(request) }
    }

    /// Amends an order, with the stock that was set aside for it; the reply is stored with the effect.
    ///
    /// - Parameters:
    ///   - request: what is asked.
    ///   - reservation: what holds the stock of the plan; nil where it needs none.
    ///   - planned: what the reservation was made for.
    ///   - encodeReply: makes the reply.
    /// - Returns: the reply and what Redis must be told.
    /// - Throws: `Refusal`, and ``LedgerFault/planOutdated`` where the order, or the reservation, is no longer what was planned
    ///   with. Nothing is changed then.
    public func amend(
        _ request: AmendmentRequest, reservation: EntityID?, planned: [Demand],
        encodeReply: @escaping @Sendable (Amendment) throws -> [UInt8]
    ) async throws -> (reply: [UInt8], settlement: Settlement) {
        try await changeOrder(request.amended) { work in
            let plan = try work.plan(request)
            guard plan.demands == planned else { throw LedgerFault.planOutdated }
            let before = work.owedMinor
            var moved: [UnitsMoved] = []
            if !plan.cancelled.isEmpty { moved += try work.cancel(plan.cancelled) }
            let cancelled = moved
            let sequence = work.nextSequence
            moved += try work.add(plan.added, reservation: reservation, sequence: sequence)
            var details = ["old_total": "\(before)"]
            if let delivery = request.delivery {
                var columns = DeliveryColumns()
                columns.append(delivery, of: work.head.id, sequence: sequence)
                work.write(columns.inserting)
                details["delivery"] = "changed"
            }
            let after = work.owedMinor
            details["new_total"] = "\(after)"
            work.tell(.amended, moved: moved, amountMinor: after - before, details: details)
            var book = try ReviewBook(work.head.id, channel: work.head.channelID, on: work.connection)
            try book.beginAnew(in: &work)
            return try encodeReply(
                Amendment(
                    added: plan.added.map { line in
                        Amendment.Line(
                            number: line.number, extends: line.extends, amountMinor: line.amountMinor,
                            allocations: work.served(line: line.number))
                    },
                    cancelled: Ledger.byLine(cancelled), currency: work.head.currency, oldTotal: before,
                    newTotal: after, status: work.status, sequence: sequence,
                    review: book.review.map { OrderReview($0) }))
        }
    }

    /// Units by line, in the order in which they were moved.
    static func byLine(_ moved: [UnitsMoved]) -> [Cancellation.Line] {
        var lines: [Cancellation.Line] = []
        for units in moved {
            if let last = lines.indices.last, lines[last].number == units.line {
                lines[last].quantity += units.quantity
                lines[last].amountMinor += units.amountMinor
            } else {
                lines.append(.init(number: units.line, quantity: units.quantity, amountMinor: units.amountMinor))
            }
        }
        return lines
    }
}

extension AmendmentRequest {
    /// Who asks for what change of which order.
    var amended: OrderChange {
        OrderChange(id: id, order: order, kind: .amendment, body: body, caller: caller, reason: reason)
    }
}

extension OrderWork {
    private static let insertLines = PostgresStatement(
        "insert_amended_lines",
        """
        INSERT INTO order_line (order_id, line_number, product_id, description, quantity, price_units, price_nanos, amount,
            since_event)
        SELECT $1::uuid, n.number, n.product, n.description, n.quantity, n.units, n.nanos, n.amount, $9::int4
        FROM unnest($2::int2[], $3::int4[], $4::text[], $5::int8[], $6::int8[], $7::int4[], $8::int8[])
            AS n(number, product, description, quantity, units, nanos, amount)
        """)
    private static let insertTaxes = PostgresStatement(
        "insert_amended_taxes",
        """
        INSERT INTO order_line_tax (order_id, line_number, tax_number, name, amount, included)
        SELECT $1::uuid, * FROM unnest($2::int2[], $3::int2[], $4::text[], $5::int8[], $6::bool[])
        """)
    private static let raiseTotals = PostgresStatement(
        "raise_order_totals",
        """
        UPDATE orders SET amended_subtotal = amended_subtotal + $2::int8, amended_tax = amended_tax + $3::int8
        WHERE id = $1::uuid
        """)

    /// What the customer owes, in minor units with added taxes: the value of units that are neither cancelled nor given back.
    var owedMinor: Int64 { money.value - money.notOwed - money.refundDue }

    /// Locations that serve a line.
    func served(line number: Int32) -> [Allocation] {
        allocations.filter { $0.line == number && $0.open > 0 }.map {
            Allocation(location: $0.location, quantity: $0.open)
        }
    }

    /// Adds lines with their units: tracked ones take what the reservation holds, in the order of its demands.
    mutating func add(
        _ added: [AmendmentPlan.NewLine], reservation: EntityID?, sequence: Int32
    ) throws -> [UnitsMoved] {
        guard !added.isEmpty else { return [] }
        let subtotal = added.reduce(Int128(0)) { $0 + Int128($1.amountMinor) }
        let tax = added.reduce(Int128(0)) { $0 + Int128($1.addedTaxMinor) }
        guard Int64(exactly: Int128(money.value) + subtotal + tax) != nil else {
            throw Refusal.invalid([FieldViolation("add", "the lines add up to too large an amount")])
        }
        var moved: [UnitsMoved] = []
        for line in added {
            lines.append(
                LineUnits(
                    number: line.number, product: line.product, sku: line.sku, isTracked: line.isTracked,
                    amountMinor: line.amountMinor, addedTaxMinor: line.addedTaxMinor))
            guard !line.isTracked, let place = lines.indices.last else { continue }
            do {
                let transition = try lines[place].books.add(.allocate, line.quantity)
                moved.append(
                    UnitsMoved(
                        line: line.number, sku: line.sku, transition: transition, quantity: line.quantity,
                        amountMinor: line.amountMinor, valueMinor: line.amountMinor + line.addedTaxMinor, parts: [],
                        location: ""))
            } catch {
                throw error.refusal(naming: "\(head.id) line \(line.number)")
            }
        }
        let tracked = added.filter(\.isTracked)
        if !tracked.isEmpty {
            guard let reservation else { throw LedgerFault.planOutdated }
            let taken = try take(reserved: reservation, for: tracked.map { ($0.number, nil, []) })
            moved += taken.map { units in
                var units = units
                if let line = tracked.first(where: { $0.number == units.line }) {
                    units.amountMinor = line.amountMinor
                    units.valueMinor = line.amountMinor + line.addedTaxMinor
                }
                return units
            }
            for line in tracked where lines[try place(ofLine: line.number)].units.ordered != line.quantity {
                throw LedgerFault.planOutdated
            }
        }
        writeLines(added, sequence: sequence)
        if !tracked.isEmpty {
            write(UnfoundStock.inheriting(tracked.map { ($0.number, $0.product) }, of: head.id))
        }
        write(
            (
                Self.raiseTotals,
                [.uuid(PostgresUUID(head.id)), .int64(Int64(clamping: subtotal)), .int64(Int64(clamping: tax))]
            ))
        return moved.sorted { $0.line < $1.line }
    }

    private mutating func writeLines(_ added: [AmendmentPlan.NewLine], sequence: Int32) {
        let order = PostgresValue.uuid(PostgresUUID(head.id))
        write(
            (
                Self.insertLines,
                [
                    order, .int16s(added.map { Int16($0.number) }), .int32s(added.map(\.product)),
                    .texts(added.map(\.description)), .int64s(added.map(\.quantity)),
                    .int64s(added.map(\.price.units)), .int32s(added.map(\.price.nanos)),
                    .int64s(added.map(\.amountMinor)), .int32(sequence),
                ]
            ))
        let taxes = added.flatMap { line in line.taxes.enumerated().map { (line.number, $0.offset + 1, $0.element) } }
        guard !taxes.isEmpty else { return }
        write(
            (
                Self.insertTaxes,
                [
                    order, .int16s(taxes.map { Int16($0.0) }), .int16s(taxes.map { Int16($0.1) }),
                    .texts(taxes.map(\.2.name)), .int64s(taxes.map(\.2.amountMinor)), .bools(taxes.map(\.2.included)),
                ]
            ))
    }
}

extension ReviewBook {
    /// Has the order looked at again because it was changed: what was approved and said before is of another order.
    mutating func beginAnew(in work: inout OrderWork) throws {
        guard let review, review.state != .ended else { return }
        guard work.unreleased > 0 || review.state != .released else { return }
        try advance(.recheck, by: [.system])
        beginRound()
        lookNext(at: now.microseconds)
        for step in steps(cause: work.change.id) { work.write(step) }
    }
}

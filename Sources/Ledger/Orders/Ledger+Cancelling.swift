public import Domain
import PostgresClient

extension Ledger {
    private static let insertCancellation = PostgresStatement(
        "insert_cancellation",
        """
        INSERT INTO order_cancellation (order_id, sequence, reason, status, lines, quantities, amounts)
        VALUES ($1::uuid, $2::int4, $3::text, $4::int2, $5::int2[], $6::int8[], $7::int8[])
        """)

    /// Cancels open units of an order; the reply is stored with the effect.
    ///
    /// Returns it with what Redis must be told. Throws `Refusal`.
    public func cancel(
        _ request: CancellationRequest, encodeReply: @escaping @Sendable (Cancellation) throws -> [UInt8]
    ) async throws -> (reply: [UInt8], settlement: Settlement) {
        let change = OrderChange(
            id: request.id, order: request.order, kind: .cancellation, body: request.body, caller: request.caller,
            reason: request.reason)
        return try await changeOrder(change) { work in
            let cancelled = try work.cancel(request.lines)
            let reply = try encodeReply(work.tellCancellation(of: cancelled))
            try work.reviewRest()
            return reply
        }
    }
}

extension OrderWork {
    /// Moves units that can be cancelled; no lines means all of them.
    ///
    /// Who may is decided by the table before anything else.
    mutating func cancel(_ wanted: [(number: Int32, quantity: Int64)]) throws -> [UnitsMoved] {
        guard
            change.caller == .system || !Lifecycle.line.roles(for: .cancel).isDisjoint(with: change.caller.roles)
        else {
            throw Refusal.eventNotGranted(.orderLine, event: LineEvent.cancel.word)
        }
        var wanted = wanted
        if wanted.isEmpty {
            wanted = lines.map { ($0.number, $0.units.movable(by: .cancel)) }.filter { $0.1 > 0 }
            if wanted.isEmpty {
                throw Refusal.wrongState(
                    .order, head.id.description, state: status.word, explanation: "no unit of the order is open")
            }
        }
        for line in wanted { _ = try place(ofLine: line.number) }
        var cancelled: [UnitsMoved] = []
        for (number, quantity) in wanted.sorted(by: { $0.number < $1.number }) {
            let units = lines[try place(ofLine: number)].units
            let open = units.movable(by: .cancel)
            guard quantity <= open else {
                throw Refusal.wrongState(
                    .orderLine, "\(head.id) line \(number)", state: "open=\(open)",
                    explanation: "\(quantity) units were asked to be cancelled, \(open) are open")
            }
            var rest = quantity
            for status in Lifecycle.line.states(knowing: .cancel) where rest > 0 {
                let part = min(rest, units[status])
                guard part > 0 else { continue }
                cancelled.append(try move(.cancel, part, line: number, from: status))
                rest -= part
            }
        }
        return cancelled
    }

    /// Tells what was cancelled as one event.
    mutating func tellCancellation(of cancelled: [UnitsMoved]) -> Cancellation {
        var lines: [Cancellation.Line] = []
        for moved in cancelled {
            if let last = lines.indices.last, lines[last].number == moved.line {
                lines[last].quantity += moved.quantity
                lines[last].amountMinor += moved.amountMinor
            } else {
                lines.append(
                    .init(number: moved.line, quantity: moved.quantity, amountMinor: moved.amountMinor))
            }
        }
        let cancellation = Cancellation(
            lines: lines, currency: head.currency, status: status, sequence: nextSequence)
        tellBare(.cancelled)
        write(Ledger.recording(cancellation, of: head.id, reason: change.reason))
        return cancellation
    }
}

extension Ledger {
    fileprivate static func recording(_ cancellation: Cancellation, of order: EntityID, reason: String) -> LedgerStep {
        (
            insertCancellation,
            [
                .uuid(PostgresUUID(order)), .int32(cancellation.sequence), .text(reason),
                .int16(cancellation.status.rawValue), .int16s(cancellation.lines.map { Int16($0.number) }),
                .int64s(cancellation.lines.map(\.quantity)), .int64s(cancellation.lines.map(\.amountMinor)),
            ]
        )
    }
}

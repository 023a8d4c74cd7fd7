public import Domain
import Failpoints
import PostgresClient

extension Ledger {
    private static let blindHead = PostgresStatement(
        "blind_return_head",
        """
        SELECT (SELECT id FROM location WHERE code = $2::text), c.id, c.currency FROM channel c WHERE c.code = $1::text
        """, access: .readOnly)
    private static let blindProducts = PostgresStatement(
        "blind_return_products", "SELECT sku, id FROM product WHERE sku = ANY($1::text[])", access: .readOnly)

    /// Takes goods back of which no order is known: received, inspected and decided in one transaction, all lines or none.
    ///
    /// The units are on the shelf, or gone, with the commit, and Redis learns of them by the settlement. A crash before the
    /// commit leaves at most empty cells, one after it what a repetition answers; what Redis did not hear it learns when the
    /// stores are compared.
    ///
    /// - Parameters:
    ///   - request: what was brought.
    ///   - encodeReply: makes the reply of the return.
    /// - Returns: the reply, the stored one for a repetition, and what Redis must be told.
    /// - Throws: `Refusal`.
    public func createBlindReturn(
        _ request: BlindReturnRequest, encodeReply: @escaping @Sendable (ReturnOrder) throws -> [UInt8]
    ) async throws -> (reply: [UInt8], settlement: Settlement) {
        try await prepareCells(for: request)
        return try await onceOnly { connection in
            _ = try connection.pipeline([
                (.begin, []), (Ledger.joinFence, [.int32(LedgerLock.epochFence)]), NewReturn.locking(request.id),
            ])
            if let reply = try Ledger.storedReply(
                request.id, .returnCreation, body: request.body, caller: request.caller, on: connection)
            {
                return (reply, Settlement())
            }
            let (made, rules) = try Ledger.blindReturn(request, on: connection)
            var work = ReturnWork(
                made, cause: request.id, caller: request.caller, actors: request.caller.actors, reason: request.note,
                on: connection)
            try work.inspect(
                zip(made.lines, request.lines).map { line, asked in
                    .init(
                        line: line.number, quantity: asked.quantity, condition: asked.condition,
                        disposition: asked.disposition, note: "")
                }
            ) { line, _ in request.lines[Int(line.number) - 1].amountMinor }
            try work.settleWhereNothingRemains()
            let stock = ReturnStock(work.order, secondGradeSuffix: rules.secondGradeSuffix)
            var (cells, movements) = try Ledger.book(
                stock.movements(on: connection), cause: request.id, reason: request.note, on: connection)
            // What can be promised again goes to the lines that wait for it, before anybody else.
            let (lock, values) = BackorderServing.locking(cells.keys.sorted())
            let serving = try BackorderServing.serve(
                connection.execute(lock, values), &cells, movements: &movements, on: connection)
            let reply = try encodeReply(work.save())
            Failpoint.returnUncommitted.pass()
            var steps: [LedgerStep] = []
            if !movements.isEmpty {
                steps += [
                    movements.inserting, LockedCell.writing(cells.values),
                    (Ledger.publishStock, [.uuid(PostgresUUID(request.id))]),
                ]
            }
            steps += serving
            steps.append(
                Ledger.storing(
                    request.id, .returnCreation, body: request.body, reply: reply, caller: request.caller,
                    subject: request.id))
            _ = try connection.pipeline(steps + [(.commit, [])])
            return (reply, Settlement(bases: cells.values.filter(\.changed).map(\.settlementBase)))
        }
    }

    /// Locks the cells of movements by number and makes these.
    private static func book(
        _ movements: [ReturnStock.Movement], cause: EntityID, reason: String, on connection: PostgresConnection
    ) throws -> (cells: [CellID: LockedCell], columns: MovementColumns) {
        let ids = Set(movements.map(\.cell.rawValue)).sorted()
        guard !ids.isEmpty else { return ([:], MovementColumns()) }
        var cells = try LockedCell.byID(connection.execute(lockCells, [.int64s(ids)]))
        var columns = MovementColumns()
        for movement in movements {
            guard var cell = cells[movement.cell] else { throw LedgerFault.planOutdated }
            guard cell.onHand + movement.onHand <= Quantity.cellBound else {
                throw Refusal.invalid([
                    FieldViolation("lines", "stock on hand would exceed \(Quantity.cellBound) units")
                ])
            }
            cell.apply(onHand: movement.onHand)
            cells[movement.cell] = cell
            columns.append(movement.kind, movement.cell, onHand: movement.onHand, cause: cause, reason: reason)
        }
        return (cells, columns)
    }

    /// Creates the cells that the goods go to, so that the transaction of the return only locks cells that exist.
    private func prepareCells(for request: BlindReturnRequest) async throws {
        try await onConnection { connection in
            let head = try connection.execute(
                Ledger.blindHead, [.text(request.channel), .text(request.location)])
            guard let location = try head.first?.int32OrNil(0) else { return }
            let suffix = try Ledger.returnRules(0, on: connection)?.rules.secondGradeSuffix ?? ""
            try ReturnStock.ensure(
                Set(
                    request.lines.filter { $0.disposition != .keep }.map {
                        ReturnStock.place($0.sku, location, $0.disposition, suffix)
                    }), on: connection)
        }
    }

    /// Writes a blind return as received, on the terms of the rules in force.
    private static func blindReturn(_ request: BlindReturnRequest, on connection: PostgresConnection) throws
        -> (made: ReturnOrder, rules: ReturnRules)
    {
        let head = try connection.execute(blindHead, [.text(request.channel), .text(request.location)])
        guard let row = head.first else { throw Refusal.notFound(.channel, request.channel) }
        guard let location = try row.int32OrNil(0) else { throw Refusal.notFound(.location, request.location) }
        guard try row.text(2) == request.currency.code else {
            throw Refusal.invalid([
                FieldViolation(
                    "lines[0].unit_value.currency_code", "must be the channel's currency, \(try row.text(2))")
            ])
        }
        var products: [String: Int32] = [:]
        for row in try connection.execute(blindProducts, [.texts(request.lines.map(\.sku))]) {
            products[try row.text(0)] = try row.int32(1)
        }
        let unknown = request.lines.indices.filter { products[request.lines[$0].sku] == nil }
        guard unknown.isEmpty else {
            throw Refusal.invalid(
                unknown.map { FieldViolation("lines[\($0)].sku", "no product has this sku") })
        }
        guard let rules = try returnRules(0, on: connection)?.rules else {
            throw Refusal.returnRefused("\(request.id) line 1", ReturnRefusal.noRule)
        }
        var granted: [(rule: Int16, terms: ReturnTerms)] = []
        for (index, line) in request.lines.enumerated() {
            let question = ReturnQuestion(
                channel: request.channel, sku: line.sku, currency: request.currency, reason: line.reason,
                condition: line.condition, method: .store, delivery: nil)
            granted.append(try rules.grant(question, naming: "\(request.id) line \(index + 1)"))
        }
        let isCredit = granted.contains { $0.terms.refundWay == .storeCredit }
        let made = try NewReturn(
            id: request.id, order: nil, channel: try row.int32(1), currency: request.currency.code, event: .receive,
            method: .store, rulesVersion: rules.version, claimBasisPoints: nil,
            fee: granted.map(\.terms.feeMinor).max() ?? 0, refundWay: isCredit ? .storeCredit : .original,
            location: location, note: request.note,
            lines: zip(request.lines, granted).map { line, granted in
                NewReturn.Line(
                    orderLine: nil, product: products[line.sku] ?? 0, quantity: line.quantity,
                    received: line.quantity, reason: line.reason, condition: line.condition, rule: granted.rule)
            }, caller: request.caller
        ).insert(on: connection)
        return (made, rules)
    }
}

extension ReturnRules {
    /// What the rules grant: the number of the rule in its version, and its terms.
    ///
    /// - Throws: `Refusal.wrongState` with the reason's code as state.
    func grant(_ question: ReturnQuestion, naming name: String) throws(Refusal) -> (rule: Int16, terms: ReturnTerms) {
        do {
            let (rule, terms) = try self.terms(for: question)
            let place = rules.firstIndex { $0.name == rule } ?? 0
            return (Int16(place + 1), terms)
        } catch {
            throw Refusal.returnRefused(name, error)
        }
    }
}

extension Refusal {
    /// What is told where the rules do not take goods back.
    static func returnRefused(_ name: String, _ refusal: ReturnRefusal) -> Refusal {
        .wrongState(.orderLine, name, state: refusal.code, explanation: refusal.explanation)
    }
}

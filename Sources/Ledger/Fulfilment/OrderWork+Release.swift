public import Domain
import PostgresClient

extension Ledger {
    /// Gives units of an order to the locations that have them; the reply is stored with the effect.
    ///
    /// What no plan has booked of the released units uses up the day on which their location sends them, however full it is.
    ///
    /// - Parameters:
    ///   - request: what is to be released.
    ///   - dispatch: the day since 1970-01-01 on which a location sends what it is given at a moment; nil where that is not
    ///     known, and nothing is booked then.
    ///   - encodeReply: encodes what was released.
    /// - Returns: the reply, and what Redis must be told: nothing.
    /// - Throws: `Refusal` where the order is held, where no unit waits to be released or fewer than asked, and where the
    ///   caller may not release or not at one of the locations.
    public func release(
        _ request: ReleaseRequest, dispatch: @escaping @Sendable (SourcingLocationFacts, Instant) -> Int?,
        encodeReply: @escaping @Sendable (ReleasedOrder) throws -> [UInt8]
    ) async throws -> (reply: [UInt8], settlement: Settlement) {
        let change = OrderChange(
            id: request.id, order: request.order, kind: .fulfilment, body: request.body, caller: request.caller)
        return try await changeOrder(change) { work in
            let released = try work.release(request.lines, dispatch: dispatch)
            // What people release last ends the wait of a review, which notes its own releases itself.
            if work.unreleased == 0, !change.caller.actors.contains(.system) {
                work.write(OrderWork.lookingSoon(at: work.head.id))
            }
            return try encodeReply(released)
        }
    }
}

extension OrderWork {
    private static let openReview = PostgresStatement(
        "open_review", "SELECT 1 FROM order_review WHERE order_id = $1::uuid AND state IN (1, 2)", access: .readOnly)
    private static let openHolds = PostgresStatement(
        "open_order_holds",
        "SELECT reason FROM order_hold WHERE order_id = $1::uuid AND released_at IS NULL ORDER BY number",
        access: .readOnly)
    private static let fulfilmentCount = PostgresStatement(
        "fulfilment_count",
        "SELECT coalesce(max(number), 0)::int4, now() FROM fulfilment WHERE order_id = $1::uuid", access: .readOnly)
    private static let releasedLocations = PostgresStatement(
        "released_locations",
        """
        SELECT l.code, l.name, l.kind, l.rank, l.time_zone, s.document
        FROM location l LEFT JOIN location_sourcing s ON s.location_id = l.id WHERE l.code = ANY($1::text[])
        """, access: .readOnly)
    private static let pickupPlace = PostgresStatement(
        "pickup_place",
        """
        SELECT coalesce(l.code, '') FROM order_delivery d LEFT JOIN location l ON l.id = d.pickup_location_id
        WHERE d.order_id = $1::uuid ORDER BY d.sequence DESC LIMIT 1
        """, access: .readOnly)

    /// Units of a line that one location is to fulfil.
    fileprivate struct Share {
        var location: String
        var line: LineUnits
        var parts: [CellPart]
        /// Units without stock.
        var untracked: Int64

        var quantity: Int64 { parts.reduce(untracked) { $0 + $1.quantity } }
    }

    /// Makes a fulfilment for each location from units that are set aside; no lines means all of them.
    fileprivate mutating func release(
        _ wanted: [(number: Int32, quantity: Int64)], dispatch: (SourcingLocationFacts, Instant) -> Int?
    ) throws -> ReleasedOrder {
        let order = PostgresValue.uuid(PostgresUUID(head.id))
        let holds = try connection.execute(Self.openHolds, [order]).map { try $0.text(0) }
        guard holds.isEmpty else {
            throw Refusal.wrongState(
                .order, head.id.description, state: "held",
                explanation: "holds are open: \(holds.joined(separator: ", "))")
        }
        let isReviewed = try connection.execute(Self.openReview, [order]).isEmpty
        guard isReviewed else {
            throw Refusal.wrongState(
                .order, head.id.description, state: "held", explanation: "its review has not let it pass yet")
        }
        if let alone = try untrackedAlone(wanted) { return try fulfil(alone) }
        let shares = try shares(wanted)
        let codes = shares.reduce(into: [String]()) { if !$0.contains($1.location) { $0.append($1.location) } }
        for code in codes { try change.caller.scope.admit(location: code) }
        var locations: [String: (kind: Location.Kind, sourcing: SourcingLocationFacts?)] = [:]
        for row in try connection.execute(Self.releasedLocations, [.texts(codes)]) {
            let location = try Location(row: row)
            locations[location.code] = (
                location.kind,
                try row.textOrNil(5).map { SourcingLocationFacts(location: location, document: $0, booked: [:]) }
            )
        }
        let pickup = try connection.execute(Self.pickupPlace, [order]).first.map { try $0.text(0) } ?? ""
        guard let count = try connection.execute(Self.fulfilmentCount, [order]).first else {
            throw LedgerFault.planOutdated
        }
        var number = try count.int32(0)
        let now = Instant(microseconds: try count.timestamp(1))
        var fulfilments: [Fulfilment] = []
        for code in codes {
            number += 1
            let kind: FulfilmentKind =
                if !pickup.isEmpty { .pickup } else if locations[code]?.kind == .supplier { .dropShip } else { .ship }
            let id = change.id.named("fulfilment \(number)")
            if let facts = locations[code]?.sourcing, let day = dispatch(facts, now) {
                dispatches[code] = (id, Int32(clamping: day))
            }
            let standing = try FulfilmentStanding.released(
                kind, by: change.caller.actors, naming: "of order \(head.id)")
            var fulfilment = Fulfilment(
                id: id, order: head.id, number: number, standing: standing, location: code, collectAt: pickup,
                releasedAt: now)
            var moved: [UnitsMoved] = []
            for share in shares where share.location == code {
                moved.append(
                    try move(.release, share.quantity, line: share.line.number, from: .allocated, parts: share.parts))
                fulfilment.lines += share.fulfilmentLines
            }
            tell(
                .released, moved: moved, thing: fulfilment.standing.thing(id, from: nil),
                details: fulfilment.eventDetails)
            fulfilments.append(fulfilment)
        }
        for step in Ledger.inserting(fulfilments, of: head.id) { write(step) }
        fulfilments = try described(fulfilments)
        return ReleasedOrder(fulfilments: fulfilments, status: status, sequence: nextSequence - 1)
    }

    /// The units that are to be released, where only articles without stock wait; nil where goods do, or nothing.
    private func untrackedAlone(
        _ wanted: [(number: Int32, quantity: Int64)]
    ) throws -> [(line: Int32, quantity: Int64)]? {
        for line in wanted { _ = try place(ofLine: line.number) }
        guard goods.isOver else { return nil }
        // Of an order whose goods were all cancelled people say whether its postage is charged.
        guard goods.wereSent || !change.caller.actors.contains(.system) else { return nil }
        var units: [(line: Int32, quantity: Int64)] = []
        for line in lines where !line.isTracked {
            let asked = wanted.first { $0.number == line.number }?.quantity
            let quantity = wanted.isEmpty ? line.units[.allocated] : asked ?? 0
            guard quantity <= line.units[.allocated] else { return nil }
            if quantity > 0 { units.append((line.number, quantity)) }
        }
        guard !units.isEmpty, wanted.isEmpty || wanted.count == units.count else { return nil }
        return units
    }

    /// Fulfils units without stock that nothing is left to go with: no location has to do anything, so they pass all that goods
    /// pass in the one transaction, and their value is earned.
    private mutating func fulfil(_ units: [(line: Int32, quantity: Int64)]) throws -> ReleasedOrder {
        _ = try FulfilmentStanding.released(.ship, by: change.caller.actors, naming: "of order \(head.id)")
        // Who acts at some locations only has no part in what no location does.
        guard change.caller.scope.locations == nil else { throw Refusal.outOfScope }
        let steps: [(event: LineEvent, from: LineStatus, kind: OrderEventKind)] = [
            (.release, .allocated, .released), (.dropShip, .released, .shipped), (.deliver, .shipped, .delivered),
        ]
        for step in steps {
            let moved = try units.map { try move(step.event, $0.quantity, line: $0.line, from: step.from) }
            tell(step.kind, moved: moved)
        }
        return ReleasedOrder(fulfilments: [], status: status, sequence: nextSequence - 1)
    }

    /// Which location fulfils how much of which line.
    private func shares(_ wanted: [(number: Int32, quantity: Int64)]) throws -> [Share] {
        for line in wanted { _ = try place(ofLine: line.number) }
        var shares: [Share] = []
        var untracked: [(line: LineUnits, quantity: Int64)] = []
        for line in lines {
            let ready = line.units[.allocated]
            let asked = wanted.first { $0.number == line.number }?.quantity
            guard let quantity = wanted.isEmpty ? ready : asked, quantity > 0 else { continue }
            guard quantity <= ready else {
                throw Refusal.wrongState(
                    .orderLine, "\(head.id) line \(line.number)", state: "allocated=\(ready)",
                    explanation: "\(quantity) units were asked to be released, \(ready) are set aside and free")
            }
            guard line.isTracked else {
                untracked.append((line, quantity))
                continue
            }
            var rest = quantity
            for allocation in allocations where allocation.line == line.number && rest > 0 {
                let part = CellPart(cell: allocation.cell, quantity: min(rest, allocation.free))
                guard part.quantity > 0 else { continue }
                rest -= part.quantity
                let place = shares.firstIndex { $0.location == allocation.location && $0.line.number == line.number }
                if let place {
                    shares[place].parts.append(part)
                } else {
                    shares.append(Share(location: allocation.location, line: line, parts: [part], untracked: 0))
                }
            }
            guard rest == 0 else { throw UnreadableValue(column: "order_allocation.open") }
        }
        guard let first = shares.first?.location else {
            throw Refusal.wrongState(
                .order, head.id.description, state: status.word,
                explanation: untracked.isEmpty
                    ? "no unit of it is set aside and waits to be released"
                    : goods.isOver
                        ? "its goods were all cancelled: somebody releases what has no stock, or cancels it"
                        : "articles without stock go with the first fulfilment of those that have, and none of these is "
                            + "to be released now")
        }
        shares += untracked.map { Share(location: first, line: $0.line, parts: [], untracked: $0.quantity) }
        return shares
    }

    private static let products = PostgresStatement(
        "fulfilled_products",
        """
        SELECT l.line_number, p.barcode, CASE WHEN l.description = '' THEN p.name ELSE l.description END
        FROM order_line l JOIN product p ON p.id = l.product_id WHERE l.order_id = $1::uuid
        """, access: .readOnly)

    /// The fulfilments with what people and scanners know the articles by.
    private func described(_ fulfilments: [Fulfilment]) throws -> [Fulfilment] {
        var known: [Int32: (barcode: String, name: String)] = [:]
        for row in try connection.execute(Self.products, [.uuid(PostgresUUID(head.id))]) {
            known[Int32(try row.int16(0))] = (try row.text(1), try row.text(2))
        }
        var fulfilments = fulfilments
        for place in fulfilments.indices {
            for index in fulfilments[place].lines.indices {
                guard let product = known[fulfilments[place].lines[index].number] else { continue }
                fulfilments[place].lines[index].barcode = product.barcode
                fulfilments[place].lines[index].name = product.name
            }
        }
        return fulfilments
    }
}

extension OrderWork.Share {
    /// What the fulfilment has of it, by cell.
    fileprivate var fulfilmentLines: [Fulfilment.Line] {
        let cells = parts.map { (cell: CellID?.some($0.cell), quantity: $0.quantity) }
        let all = untracked > 0 ? cells + [(nil, untracked)] : cells
        return all.map { part in
            Fulfilment.Line(
                number: line.number, sku: line.sku, barcode: "", name: "", tracked: line.isTracked, cell: part.cell,
                quantity: part.quantity, open: part.quantity)
        }
    }
}

extension FulfilmentStanding {
    /// What an event tells of it.
    func thing(_ id: EntityID, from before: FulfilmentStanding?) -> OrderAdvance.Thing {
        let kind: OrderAdvance.Kind =
            switch self {
            case .ship: .fulfilment
            case .pickup: .pickup
            case .dropShip: .dropShip
            }
        return OrderAdvance.Thing(kind: kind, id: id, before: before?.stored, after: stored)
    }
}

extension Fulfilment {
    /// What every event of it tells by name.
    var eventDetails: [String: String] {
        var details = ["fulfilment": "\(number)", "location": location]
        if !collectAt.isEmpty { details["collect_at"] = collectAt }
        return details
    }
}

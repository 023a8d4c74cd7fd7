import Domain
import PostgresClient

/// A fulfilment while one step of it is made.
private struct FulfilmentTurn {
    /// As it stands so far.
    var fulfilment: Fulfilment
    /// Its lines as they were read.
    let linesBefore: [Fulfilment.Line]
    /// The transaction's time.
    let now: Instant
    /// Units that moved.
    var moved: [UnitsMoved] = []
    /// What became of units that were not there.
    var short = FulfilmentOutcome.Short()
    /// What the event tells by name.
    var details: [String: String]

    init(_ fulfilment: Fulfilment, now: Instant) {
        self.fulfilment = fulfilment
        linesBefore = fulfilment.lines
        self.now = now
        details = fulfilment.eventDetails
    }

    var name: String { fulfilment.id.description }
    var subject: Refusal.Subject { fulfilment.standing.kind.subject }

    /// Open units by line, with their cells.
    var open: [(line: Int32, quantity: Int64, parts: [CellPart])] {
        var open: [(line: Int32, quantity: Int64, parts: [CellPart])] = []
        for line in fulfilment.lines where line.open > 0 {
            if open.last?.line != line.number { open.append((line.number, 0, [])) }
            let last = open.count - 1
            open[last].quantity += line.open
            if let cell = line.cell { open[last].parts.append(CellPart(cell: cell, quantity: line.open)) }
        }
        return open
    }

    mutating func letGo() {
        for index in fulfilment.lines.indices { fulfilment.lines[index].open = 0 }
    }

    func later(seconds: Int64) -> Instant { Instant(microseconds: now.microseconds + seconds * 1_000_000) }
}

extension OrderWork {
    /// Makes one step of a fulfilment of this order, with all that its table says of it.
    mutating func advance(_ id: EntityID, _ advance: FulfilmentAdvance) throws -> FulfilmentOutcome {
        guard let found = try Ledger.fulfilment(id, on: connection), found.fulfilment.order == head.id else {
            throw Refusal.notFound(.fulfilment, id.description)
        }
        stepping = id
        var turn = FulfilmentTurn(found.fulfilment, now: found.now)
        switch advance {
        case .startPicking: try step(.startPicking, .pickingStarted, &turn)
        case .pick(let scans, let rule, let corrects, let standIn):
            try pick(scans, rule, corrects: corrects, standIn, &turn)
        case .pack(let packages): try pack(packages, &turn)
        case .ship(let labels): try ship(labels, &turn)
        case .shipElsewhere(let carrier, let service, let numbers): try ship(carrier, service, numbers, &turn)
        case .deliver:
            turn.fulfilment.deliveredAt = turn.now
            try step(.deliver, .delivered, &turn)
        case .lose(let rule, let standIn): try lose(rule, standIn, &turn)
        case .decline: try step(.decline, .declined, &turn, keeps: false)
        case .cancel: try step(.cancel, .fulfilmentCancelled, &turn, keeps: false)
        case .acknowledge(let reference, let expected):
            turn.fulfilment.reference = reference
            turn.fulfilment.expectedAt = expected
            turn.details["reference"] = reference
            try step(.acknowledge, .supplierAcknowledged, &turn)
        case .reject(let rule, let corrects, let standIn): try reject(rule, corrects: corrects, standIn, &turn)
        case .notify(let notice): try notify(notice, &turn)
        case .comeBack(let goods): try comeBack(goods, &turn)
        case .sendToStore, .makeReady, .remind, .extend, .collect, .expire, .restock:
            try counter(advance, &turn)
        }
        releaseWhatIsLeft()
        // What a location gives up of an order whose review still waits for other units is released with them.
        if turn.moved.contains(where: { $0.transition.to == .allocated }) {
            write(OrderWork.lookingSoon(at: head.id))
        }
        return FulfilmentOutcome(
            fulfilment: turn.fulfilment, status: status, sequence: nextSequence - 1, short: turn.short)
    }

    /// Makes a step whose units all make the one event that the table names, or none.
    private mutating func step(
        _ step: FulfilmentStep, _ kind: OrderEventKind, _ turn: inout FulfilmentTurn, keeps: Bool = true
    ) throws {
        let next = try turn.fulfilment.standing.after(step, by: change.caller.actors, naming: turn.name)
        if next.effect.units == [.recall] { try shelve(turn.open.flatMap(\.parts), of: turn.fulfilment) }
        if let event = next.effect.units.first, let status = turn.fulfilment.standing.units {
            for open in turn.open {
                turn.moved.append(
                    try move(event, open.quantity, line: open.line, from: status, parts: open.parts))
            }
        }
        if !keeps { turn.letGo() }
        finish(next.standing, kind, &turn)
    }

    private mutating func finish(
        _ standing: FulfilmentStanding, _ kind: OrderEventKind, _ turn: inout FulfilmentTurn, amount: Int64? = nil
    ) {
        let before = turn.fulfilment.standing
        turn.fulfilment.standing = standing
        for step in Ledger.writing(turn.fulfilment, before: turn.linesBefore) { write(step) }
        tell(
            kind, moved: turn.moved, thing: standing.thing(turn.fulfilment.id, from: before), amountMinor: amount,
            details: turn.details)
    }

    // MARK: - Picking

    private mutating func pick(
        _ scans: [PickTally.Scan], _ rule: ShortRule?, corrects: Bool, _ standIn: StandIn?,
        _ turn: inout FulfilmentTurn
    ) throws {
        // The state is judged first: of what is not being picked no scan is compared.
        _ = try turn.fulfilment.standing.after(.pick, by: change.caller.actors, naming: turn.name)
        let tally = try PickTally(scans, of: turn.fulfilment.lines, naming: turn.name)
        let nothing = tally.found == 0 && tally.short > 0
        let next = try turn.fulfilment.standing.after(
            nothing ? .findNothing : .pick, by: change.caller.actors, naming: turn.name)
        var found: [Int32: (quantity: Int64, parts: [CellPart])] = [:]
        var missing: [(index: Int, quantity: Int64)] = []
        for part in tally.parts {
            let line = turn.fulfilment.lines[part.index]
            if part.found > 0 {
                found[line.number, default: (0, [])].quantity += part.found
                if let cell = line.cell {
                    found[line.number]?.parts.append(CellPart(cell: cell, quantity: part.found))
                }
            }
            if part.short > 0 { missing.append((part.index, part.short)) }
        }
        for (number, part) in found.sorted(by: { $0.key < $1.key }) {
            turn.moved.append(
                try move(.pick, part.quantity, line: number, from: .released, parts: part.parts))
        }
        try replace(missing, rule, corrects: corrects, standIn, from: .released, allowed: next.effect.units, &turn)
        finish(next.standing, nothing ? .foundNothing : .picked, &turn)
    }

    /// Units that are not there are served by other stock, wait for supply, or are cancelled.
    ///
    /// `missing` has units by index of the fulfilment's line, `corrects` says whether as many are taken off the count of their
    /// cells, `standIn` is stock of other locations for some of them, `status` is where they stand, and `allowed` what the table
    /// lets them make.
    private mutating func replace(
        _ missing: [(index: Int, quantity: Int64)], _ rule: ShortRule?, corrects: Bool, _ standIn: StandIn?,
        from status: LineStatus, allowed: [LineEvent], _ turn: inout FulfilmentTurn
    ) throws {
        let tracked = missing.filter { turn.fulfilment.lines[$0.index].tracked }
        if let first = tracked.first, rule == nil {
            let line = turn.fulfilment.lines[first.index]
            throw Refusal.invalid([
                FieldViolation(
                    "short_rule", "is required: line \(line.number), \(line.sku), is \(first.quantity) short")
            ])
        }
        var rest = missing
        if let standIn, let rule, rule.reallocates { rest = try take(standIn, for: missing, from: status, &turn) }
        for (index, quantity) in rest where quantity > 0 {
            let line = turn.fulfilment.lines[index]
            guard let cell = line.cell else {
                // Without stock there is nothing that could be missing: it goes with what is released next.
                turn.moved.append(try move(.reallocate, quantity, line: line.number, from: status))
                continue
            }
            guard let event = rule?.otherwise else {
                throw Refusal.shortage([
                    LineShortage(
                        line: Int(line.number) - 1, sku: line.sku, location: "", wanted: quantity, available: 0)
                ])
            }
            guard allowed.contains(event) else {
                throw Refusal.invalid([
                    FieldViolation(
                        "short_rule", "must not be to \(event.word): these units are \(status.word) already")
                ])
            }
            turn.moved.append(
                try move(
                    event, quantity, line: line.number, from: status, parts: [CellPart(cell: cell, quantity: quantity)])
            )
            if event == .backorder { turn.short.backordered += quantity } else { turn.short.cancelled += quantity }
        }
        for (index, quantity) in missing {
            let line = turn.fulfilment.lines[index]
            // What was picked already was there: it was lost on its way.
            if status == .released, let cell = line.cell { noteUnfound(cell, line: line.number) }
            turn.fulfilment.lines[index].open -= quantity
        }
        if corrects, !tracked.isEmpty {
            for (index, quantity) in tracked {
                guard let cell = turn.fulfilment.lines[index].cell else { continue }
                book(.count, cell, onHand: -quantity)
            }
            write((Ledger.publishStock, [.uuid(PostgresUUID(change.id))]))
        }
    }

    /// Other stock serves units; returns those that it does not.
    private mutating func take(
        _ standIn: StandIn, for missing: [(index: Int, quantity: Int64)], from status: LineStatus,
        _ turn: inout FulfilmentTurn
    ) throws -> [(index: Int, quantity: Int64)] {
        var rest = missing
        for part in standIn.parts {
            let place = rest.firstIndex { entry in
                let line = turn.fulfilment.lines[entry.index]
                return line.number == part.line && line.cell == part.cell && entry.quantity >= part.quantity
            }
            guard let place else { throw LedgerFault.planOutdated }
            rest[place].quantity -= part.quantity
        }
        turn.moved += try take(
            reserved: standIn.reservation,
            for: standIn.parts.map { part in
                (part.line, status, [CellPart(cell: part.cell, quantity: part.quantity)])
            })
        turn.short.reallocated += standIn.parts.reduce(0) { $0 + $1.quantity }
        write(Ledger.releasing(head.id, cause: change.id))
        return rest
    }

    // MARK: - Packing and leaving

    private mutating func pack(_ packages: [FulfilmentPackage], _ turn: inout FulfilmentTurn) throws {
        let next = try turn.fulfilment.standing.after(.pack, by: change.caller.actors, naming: turn.name)
        var packages = packages
        if packages.count == 1, packages[0].contents.isEmpty {
            packages[0].contents = turn.open.map { .init(line: $0.line, quantity: $0.quantity) }
        }
        var packed: [Int32: Int64] = [:]
        for content in packages.flatMap(\.contents) { packed[content.line, default: 0] += content.quantity }
        var violations: [FieldViolation] = []
        let open = turn.open
        for line in open where packed[line.line] != line.quantity {
            let isTracked = !line.parts.isEmpty
            if isTracked || (packed[line.line] ?? 0) > line.quantity {
                violations.append(
                    FieldViolation(
                        "packages",
                        "have \(packed[line.line] ?? 0) units of line \(line.line), \(line.quantity) were picked"))
            }
        }
        for number in packed.keys.sorted() where !open.contains(where: { $0.line == number }) {
            violations.append(FieldViolation("packages", "have units of line \(number), none of it was picked"))
        }
        guard violations.isEmpty else { throw Refusal.invalid(violations) }
        for part in open {
            turn.moved.append(try move(.pack, part.quantity, line: part.line, from: .picked, parts: part.parts))
        }
        turn.fulfilment.packages = packages
        for step in Ledger.insertingPackages(of: turn.fulfilment) { write(step) }
        turn.details["packages"] = "\(packages.count)"
        finish(next.standing, .packed, &turn)
    }

    /// Whether it may leave with a carrier is judged before its labels are.
    private func checkItMayLeave(_ turn: FulfilmentTurn) throws {
        _ = try turn.fulfilment.standing.after(.ship, by: change.caller.actors, naming: turn.name)
        guard turn.fulfilment.standing.kind == .ship else {
            throw Refusal.wrongState(
                turn.subject, turn.name, state: turn.fulfilment.standing.word,
                explanation: "a supplier tells by a ship notice what it has sent")
        }
    }

    private mutating func ship(_ labels: [MadeLabel], _ turn: inout FulfilmentTurn) throws {
        try checkItMayLeave(turn)
        guard let first = labels.first, labels.map(\.wanted.package) == turn.fulfilment.packages.map(\.number) else {
            throw LedgerFault.planOutdated
        }
        for (index, label) in labels.enumerated() {
            turn.fulfilment.packages[index].tracking = label.tracking
            turn.fulfilment.packages[index].hasLabel = true
            write(Ledger.using(label))
        }
        turn.fulfilment.carrier = first.wanted.carrier
        turn.fulfilment.service = first.service
        turn.fulfilment.cost = Money(labels.reduce(0) { $0 + $1.price.minorUnits }, first.price.currency)
        let days = Int64(labels.map(\.transitDays).max() ?? 0)
        turn.fulfilment.expectedAt = turn.later(seconds: days * 86_400)
        try leave(&turn)
    }

    private mutating func ship(
        _ carrier: String, _ service: String, _ numbers: [String], _ turn: inout FulfilmentTurn
    ) throws {
        try checkItMayLeave(turn)
        guard numbers.count == turn.fulfilment.packages.count else {
            throw Refusal.invalid([
                FieldViolation(
                    "tracking_numbers",
                    "must have one entry for each of \(turn.fulfilment.packages.count) packages, has \(numbers.count)")
            ])
        }
        for (index, number) in numbers.enumerated() { turn.fulfilment.packages[index].tracking = number }
        turn.fulfilment.carrier = carrier
        turn.fulfilment.service = service
        try leave(&turn)
    }

    private mutating func leave(_ turn: inout FulfilmentTurn) throws {
        turn.fulfilment.shippedAt = turn.now
        turn.details["carrier"] = turn.fulfilment.carrier
        if !turn.fulfilment.service.isEmpty { turn.details["service"] = turn.fulfilment.service }
        turn.details["tracking"] = turn.fulfilment.packages.map(\.tracking).joined(separator: ",")
        write(Ledger.writingTracking(of: turn.fulfilment))
        try step(.ship, .shipped, &turn)
    }

    private mutating func lose(_ rule: ShortRule?, _ standIn: StandIn?, _ turn: inout FulfilmentTurn) throws {
        guard turn.fulfilment.standing.kind == .pickup else { return try step(.lose, .lost, &turn, keeps: false) }
        let next = try turn.fulfilment.standing.after(.lose, by: change.caller.actors, naming: turn.name)
        let all = turn.fulfilment.lines.indices.map { (index: $0, quantity: turn.fulfilment.lines[$0].open) }
        try replace(
            all.filter { $0.quantity > 0 }, rule ?? .cancel, corrects: false, standIn, from: .picked,
            allowed: next.effect.units, &turn)
        // The goods were still those of the shelf that they came from: they are gone from its count, unless that was counted
        // without them.
        for entry in all where entry.quantity > 0 {
            guard let cell = turn.fulfilment.lines[entry.index].cell else { continue }
            depart(.count, cell, entry.quantity)
        }
        finish(next.standing, .lost, &turn)
    }

    // MARK: - The counter

    private mutating func counter(_ advance: FulfilmentAdvance, _ turn: inout FulfilmentTurn) throws {
        switch advance {
        case .sendToStore(let tracking):
            if turn.fulfilment.standing.kind == .pickup, turn.fulfilment.collectAt == turn.fulfilment.location {
                throw Refusal.wrongState(
                    turn.subject, turn.name, state: turn.fulfilment.standing.word,
                    explanation: "it is collected at \(turn.fulfilment.location), where it is")
            }
            turn.fulfilment.shippedAt = turn.now
            turn.fulfilment.reference = tracking
            if !tracking.isEmpty { turn.details["tracking"] = tracking }
            try step(.sendToStore, .sentToStore, &turn)
        case .makeReady(let seconds, let salt, let hash):
            if turn.fulfilment.standing == .pickup(.picked), turn.fulfilment.collectAt != turn.fulfilment.location {
                throw Refusal.wrongState(
                    turn.subject, turn.name, state: turn.fulfilment.standing.word,
                    explanation: "it is collected at \(turn.fulfilment.collectAt): it is sent there first")
            }
            turn.fulfilment.expiresAt = turn.later(seconds: seconds)
            try step(.makeReady, .readyForPickup, &turn)
            write(Ledger.writingCode(salt: salt, hash: hash, of: turn.fulfilment.id))
        case .extend(let seconds, let salt, let hash):
            turn.fulfilment.expiresAt = turn.later(seconds: seconds)
            try step(.extend, .pickupExtended, &turn)
            if let hash { write(Ledger.writingCode(salt: salt, hash: hash, of: turn.fulfilment.id)) }
        case .remind:
            turn.fulfilment.remindedAt = turn.now
            try step(.remind, .pickupReminded, &turn)
        case .collect:
            turn.fulfilment.deliveredAt = turn.now
            try step(.collect, .collected, &turn)
        case .expire:
            if let until = turn.fulfilment.expiresAt, until > turn.now {
                throw Refusal.wrongState(
                    turn.subject, turn.name, state: turn.fulfilment.standing.word, explanation: "its time is not over")
            }
            try step(.expire, .pickupExpired, &turn)
        default:
            try step(.restock, .restocked, &turn, keeps: false)
        }
    }

    // MARK: - Suppliers

    private mutating func reject(
        _ rule: ShortRule?, corrects: Bool, _ standIn: StandIn?, _ turn: inout FulfilmentTurn
    ) throws {
        let next = try turn.fulfilment.standing.after(.reject, by: change.caller.actors, naming: turn.name)
        let all = turn.fulfilment.lines.indices.map { (index: $0, quantity: turn.fulfilment.lines[$0].open) }
        try replace(
            all.filter { $0.quantity > 0 }, rule, corrects: corrects, standIn, from: .released,
            allowed: next.effect.units, &turn)
        finish(next.standing, .supplierRejected, &turn)
    }

    private mutating func notify(_ notice: ShipNotice, _ turn: inout FulfilmentTurn) throws {
        let next = try turn.fulfilment.standing.after(.ship, by: change.caller.actors, naming: turn.name)
        guard turn.fulfilment.standing.kind == .dropShip else {
            throw Refusal.wrongState(
                turn.subject, turn.name, state: turn.fulfilment.standing.word,
                explanation: "it is no order to a supplier")
        }
        for open in turn.open {
            turn.moved.append(
                try move(.dropShip, open.quantity, line: open.line, from: .released, parts: open.parts))
        }
        turn.fulfilment.packages = notice.trackingNumbers.enumerated().map { index, number in
            FulfilmentPackage(
                number: Int32(index + 1), grams: 0, length: 0, width: 0, height: 0, contents: [], tracking: number)
        }
        for step in Ledger.insertingPackages(of: turn.fulfilment) { write(step) }
        turn.fulfilment.carrier = notice.carrier
        if !notice.reference.isEmpty { turn.fulfilment.reference = notice.reference }
        turn.fulfilment.cost = notice.cost
        if let expected = notice.expectedAt { turn.fulfilment.expectedAt = expected }
        turn.fulfilment.shippedAt = turn.now
        turn.details["carrier"] = notice.carrier
        turn.details["tracking"] = notice.trackingNumbers.joined(separator: ",")
        if let cost = notice.cost { turn.details["cost"] = "\(cost.minorUnits) \(cost.currency.code)" }
        finish(next.standing, .shipped, &turn)
    }

    // MARK: - Coming back

    private static let location = PostgresStatement(
        "location_number", "SELECT id FROM location WHERE code = $1::text", access: .readOnly)
    private static let noteGoods = PostgresStatement(
        "note_undelivered_goods",
        """
        INSERT INTO undelivered_goods (fulfilment_id, line_number, disposition, location_id, quantity, cause_id)
        SELECT $1::uuid, n.line, n.disposition, $2::int4, n.quantity, $3::uuid
        FROM unnest($4::int2[], $5::int2[], $6::int8[]) AS n(line, disposition, quantity)
        """)

    private mutating func comeBack(_ goods: UndeliveredGoods, _ turn: inout FulfilmentTurn) throws {
        let next = try turn.fulfilment.standing.after(.comeBack, by: change.caller.actors, naming: turn.name)
        let code = goods.location.isEmpty ? turn.fulfilment.location : goods.location
        try change.caller.scope.admit(location: code)
        guard let row = try connection.execute(Self.location, [.text(code)]).first else {
            throw Refusal.notFound(.location, code)
        }
        let location = try row.int32(0)
        let parts = try goods.all(of: turn.fulfilment.lines)
        for open in turn.open {
            var moved = try move(.takeBack, open.quantity, line: open.line, from: .shipped)
            moved.location = code
            turn.moved.append(moved)
        }
        try shelve(parts, of: turn.fulfilment, at: location)
        write(
            (
                Self.noteGoods,
                [
                    .uuid(PostgresUUID(turn.fulfilment.id)), .int32(location), .uuid(PostgresUUID(change.id)),
                    .int16s(parts.map { Int16($0.line) }), .int16s(parts.map(\.disposition.rawValue)),
                    .int64s(parts.map(\.quantity)),
                ]
            ))
        turn.details["received_at"] = code
        turn.details["dispositions"] = parts.map { "\($0.line)=\($0.quantity):\($0.disposition.word)" }
            .joined(separator: ",")
        turn.letGo()
        finish(next.standing, .cameBack, &turn)
    }

    /// Books what becomes of goods at the cells of a location, as those of a return are.
    private mutating func shelve(
        _ parts: [UndeliveredGoods.Part], of fulfilment: Fulfilment, at location: Int32
    ) throws {
        let skus = Dictionary(fulfilment.lines.map { ($0.number, $0.sku) }) { first, _ in first }
        let suffix = try Ledger.returnRules(0, on: connection)?.rules.secondGradeSuffix ?? ""
        let stock = ReturnStock(
            parts.compactMap { part in
                skus[part.line].map { sku in
                    ReturnStock.Part(
                        place: ReturnStock.place(sku, location, part.disposition, suffix),
                        disposition: part.disposition, quantity: part.quantity)
                }
            })
        // The cells that are missing are made with this transaction, before it locks any.
        try ReturnStock.ensure(Set(stock.parts.map(\.place)), on: connection)
        for movement in try stock.movements(on: connection) {
            book(movement.kind, movement.cell, onHand: movement.onHand)
        }
    }
}

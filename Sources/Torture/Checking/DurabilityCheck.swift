import HoldfastAPI
import SwiftProtobuf

/// Checks that everything acknowledged is there with its content, that nothing is there that was refused, and that every
/// state is one that somebody asked for.
package struct DurabilityCheck {
    let keys: [KeyHistory]
    let facts: LedgerFacts

    private let byKey: [Mutation.Key: KeyHistory]
    private var found: [Violation] = []

    /// Finds what breaks the promise.
    package static func violations(in keys: [KeyHistory], facts: LedgerFacts) -> [Violation] {
        var check = DurabilityCheck(keys: keys, facts: facts)
        for key in keys {
            switch key.key.space {
            case .reservation: check.reservation(key)
            case .release: check.release(key)
            case .extension_: check.extension_(key)
            case .order: check.order(key)
            case .cancellation: check.cancellation(key)
            case .movement: check.movement(key)
            case .fulfilment, .payment, .storedValue, .returnCreation, .returnChange: check.storedAnswer(key)
            }
        }
        check.externalNumbers()
        return check.found
    }

    private init(keys: [KeyHistory], facts: LedgerFacts) {
        self.keys = keys
        self.facts = facts
        byKey = Dictionary(uniqueKeysWithValues: keys.map { ($0.key, $0) })
    }

    private mutating func report(_ kind: Violation.Kind, _ story: String, _ key: KeyHistory, also: [Mutation.Key] = [])
    {
        found.append(Violation(kind, story, keys: [key.key] + also, moment: key.acknowledged ?? key.calls.last?.ended))
    }

    /// True where every caller of the key was told that nothing happened.
    private func isSurelyRefused(_ key: KeyHistory) -> Bool { !key.mayHaveTakenEffect }

    // MARK: - Reservations

    private mutating func reservation(_ key: KeyHistory) {
        let id = key.key.id
        guard let stands = facts.reservations[id] else {
            if key.isAcknowledged { report(.lost, "reservation \(id) was acknowledged and is not there", key) }
            return
        }
        guard let done = key.firstDone, case .done(let reply) = done.outcome,
            case .reserve(let request) = done.mutation
        else {
            if isSurelyRefused(key) && stands.state != .voided {
                report(
                    .appliedThoughRefused,
                    "reservation \(id) is there although every call was told that nothing was applied",
                    key)
            }
            return
        }
        guard stands.channel == request.channel,
            stands.lines.map(\.sku) == request.lines.map(\.sku),
            stands.lines.map(\.quantity) == request.lines.map(\.quantity)
        else {
            report(.lost, "reservation \(id) stands with other lines than were acknowledged", key)
            return
        }
        if let message = decoded(Holdfast_V1_ReserveResponse.self, reply) {
            let told = message.reservation.lines.map { line in
                line.allocations.map { LedgerFacts.Units(location: $0.location, quantity: $0.quantity) }
            }
            if told.map(sorted) != stands.lines.map({ sorted($0.units) }) {
                report(.lost, "reservation \(id) holds other units than were acknowledged", key)
            }
            for line in message.reservation.lines
            where line.allocations.reduce(0, { $0 + $1.quantity }) != line.quantity {
                report(.lost, "reservation \(id) was acknowledged with fewer units than its line wants", key)
            }
        }
        state(of: stands, key)
    }

    private mutating func state(of stands: LedgerFacts.Reservation, _ key: KeyHistory) {
        let id = key.key.id
        let release = byKey[.init(.release, id)]
        switch stands.state {
        case .voided: report(.illegalState, "reservation \(id) was acknowledged and is voided", key)
        case .held:
            if release?.isAcknowledged == true {
                report(
                    .illegalState, "reservation \(id) was released, as was acknowledged, and is held", key,
                    also: [.init(.release, id)])
            }
        case .released:
            if release?.mayHaveTakenEffect != true {
                report(.illegalState, "reservation \(id) is released and nobody's release can have done it", key)
            }
        case .expired:
            if stands.expiredEarly { report(.illegalState, "reservation \(id) expired before its time", key) }
        case .confirmed:
            let order = facts.orders[stands.order]
            if order?.reservation != id {
                report(
                    .illegalState,
                    "reservation \(id) is confirmed by the order \(stands.order), which does not name it", key,
                    also: [.init(.order, stands.order)])
            }
        }
    }

    private mutating func release(_ key: KeyHistory) {
        let states = key.replies.compactMap { decoded(Holdfast_V1_ReleaseReservationResponse.self, $0.reply)?.state }
        guard let told = states.first, let stands = facts.reservations[key.key.id] else { return }
        let matches: Bool =
            switch stands.state {
            case .released: told == .released
            case .expired: told == .expired
            case .voided: told == .voided || told == .released
            case .held, .confirmed: false
            }
        if !matches {
            report(
                .illegalState,
                "the release of \(key.key.id) was told \(told), and the reservation is \(stands.state.rawValue)", key,
                also: [.init(.reservation, key.key.id)])
        }
    }

    private mutating func extension_(_ key: KeyHistory) { storedAnswer(key) }

    private mutating func storedAnswer(_ key: KeyHistory) {
        guard let stored = facts.storedAnswers?[key.key.space] else { return }
        let isThere = stored.contains(key.key.id)
        if key.isAcknowledged && !isThere {
            report(.lost, "\(key.key) was acknowledged and left nothing", key)
        } else if isThere && isSurelyRefused(key) {
            report(
                .appliedThoughRefused, "\(key.key) is there although every call was told that nothing was applied", key)
        }
    }

    // MARK: - Orders

    private mutating func order(_ key: KeyHistory) {
        let id = key.key.id
        guard let stands = facts.orders[id] else {
            if key.isAcknowledged { report(.lost, "order \(id) was acknowledged and is not there", key) }
            return
        }
        events(of: stands, key)
        if case .life(.exchange(let request)) = key.firstDone?.mutation { return exchange(request, stands, key) }
        guard let done = key.firstDone, case .done(let reply) = done.outcome, case .place(let request) = done.mutation
        else {
            if isSurelyRefused(key) {
                report(
                    .appliedThoughRefused, "order \(id) is there although every call was told that nothing was applied",
                    key)
            }
            return
        }
        guard stands.channel == request.channel, stands.externalID == request.externalID,
            stands.lines.map(\.sku) == request.lines.map(\.sku),
            stands.lines.map(\.quantity) == request.lines.map(\.quantity)
        else {
            report(.lost, "order \(id) stands with other lines than were acknowledged", key)
            return
        }
        if let message = decoded(Holdfast_V1_PlaceOrderResponse.self, reply) {
            let told = message.lines.map { line in
                line.allocations.map { LedgerFacts.Units(location: $0.location, quantity: $0.quantity) }
            }
            let captured = stands.lines.compactMap { $0.captured.map(sorted) }
            if captured.count == stands.lines.count && told.map(sorted) != captured {
                report(.lost, "order \(id) took other units than were acknowledged", key)
            }
            money(of: stands, request, message, key)
        }
        if !request.reservationID.isEmpty { coverage(of: request, key) }
        for line in stands.lines where line.units.values.reduce(0, +) != line.quantity {
            report(.books, "order \(id): the units of a line do not add up to its quantity", key)
        }
    }

    /// An order that takes the place of goods that come back has the lines that were asked for, at their prices.
    private mutating func exchange(
        _ request: Holdfast_V1_ExchangeReturnRequest, _ stands: LedgerFacts.Order, _ key: KeyHistory
    ) {
        guard stands.lines.map(\.sku) == request.lines.map(\.sku),
            stands.lines.map(\.quantity) == request.lines.map(\.quantity)
        else {
            report(.lost, "order \(key.key.id) stands with other lines than were exchanged", key)
            return
        }
        let amounts = request.lines.map {
            Pennies.amount(units: $0.unitPrice.units, nanos: $0.unitPrice.nanos, quantity: $0.quantity)
        }
        if stands.lines.map(\.amountMinor) != amounts {
            report(.money, "order \(key.key.id) stands with amounts that are not those of its exchange", key)
        }
        for line in stands.lines where line.units.values.reduce(0, +) != line.quantity {
            report(.books, "order \(key.key.id): the units of a line do not add up to its quantity", key)
        }
    }

    /// An order that names a reservation has it: the reservation is the order's, or had expired and was taken anew.
    ///
    /// The orders of a run want at least a part of what the reservation that they name holds.
    private mutating func coverage(of request: Holdfast_V1_PlaceOrderRequest, _ key: KeyHistory) {
        guard let reservation = facts.reservations[request.reservationID] else { return }
        let isAnothers = reservation.state == .confirmed && reservation.order != key.key.id
        guard isAnothers || reservation.state == .released else { return }
        report(
            .illegalState,
            "order \(key.key.id) was captured with the reservation \(request.reservationID), which is "
                + (isAnothers ? "the order \(reservation.order)'s" : "released"), key,
            also: [.init(.reservation, request.reservationID), .init(.release, request.reservationID)])
    }

    private mutating func money(
        of stands: LedgerFacts.Order, _ request: Holdfast_V1_PlaceOrderRequest, _ reply: Holdfast_V1_PlaceOrderResponse,
        _ key: KeyHistory
    ) {
        let amounts = request.lines.map {
            Pennies.amount(units: $0.unitPrice.units, nanos: $0.unitPrice.nanos, quantity: $0.quantity)
        }
        let tax = request.lines.flatMap(\.taxes).filter { !$0.included }.reduce(Int64(0)) { $0 + $1.amount.amountMinor }
        let subtotal = amounts.reduce(0, +)
        if reply.lines.map(\.amount.amountMinor) != amounts || reply.subtotal.amountMinor != subtotal
            || reply.addedTax.amountMinor != tax || reply.total.amountMinor != subtotal + tax
        {
            report(.money, "order \(key.key.id) was answered with amounts that are not those of its lines", key)
        }
        if stands.lines.map(\.amountMinor) != amounts || stands.subtotalMinor != subtotal || stands.addedTaxMinor != tax
        {
            report(.money, "order \(key.key.id) stands with amounts that are not those of its lines", key)
        }
    }

    private mutating func events(of stands: LedgerFacts.Order, _ key: KeyHistory) {
        let id = key.key.id
        if stands.events.map(\.sequence) != Array(1..<stands.events.count + 1) || stands.events.isEmpty {
            report(.events, "order \(id): its history has a gap", key)
        }
        if stands.events.first?.type != "placed" || stands.events.first?.cause != id {
            report(.events, "order \(id): its history does not begin with its capture", key)
        }
        let causes = stands.events.dropFirst().filter { $0.type == "cancelled" }.map(\.cause)
        if Set(causes).count != causes.count {
            report(.notOnce, "order \(id): a cancellation is in its history twice", key)
        }
        for cause in causes where byKey[.init(.cancellation, cause)]?.mayHaveTakenEffect != true {
            report(
                .appliedThoughRefused, "order \(id) was cancelled by \(cause), which nobody can have done", key,
                also: [.init(.cancellation, cause)])
        }
        let cancelled = stands.lines.reduce(0) { $0 + $1.cancelled }
        if cancelled > 0 && stands.events.count < 2 {
            report(.events, "order \(id) has cancelled units and no cancellation", key)
        }
    }

    private mutating func cancellation(_ key: KeyHistory) {
        storedAnswer(key)
        guard let done = key.firstDone, case .done(let reply) = done.outcome, case .cancel(let request) = done.mutation,
            let order = facts.orders[request.orderID],
            let message = decoded(Holdfast_V1_CancelOrderResponse.self, reply)
        else { return }
        guard let event = order.events.first(where: { $0.cause == key.key.id }) else {
            report(
                .lost, "cancellation \(key.key.id) was acknowledged and is not in the order's history", key,
                also: [.init(.order, request.orderID)])
            return
        }
        if event.sequence != Int(message.sequence) {
            report(.answersDiffer, "cancellation \(key.key.id) has another number than was acknowledged", key)
        }
        for line in message.lines {
            let index = Int(line.lineNumber) - 1
            guard order.lines.indices.contains(index), order.lines[index].cancelled >= line.quantity else {
                report(.lost, "cancellation \(key.key.id): fewer units are cancelled than were acknowledged", key)
                return
            }
        }
    }

    /// A channel's number stands under one order.
    private mutating func externalNumbers() {
        var seen: [String: String] = [:]
        for (id, order) in facts.orders {
            let number = "\(order.channel)/\(order.externalID)"
            if let other = seen[number] {
                found.append(
                    Violation(
                        .notOnce, "the channel's number \(number) stands under two orders",
                        keys: [.init(.order, id), .init(.order, other)]))
            }
            seen[number] = id
        }
    }

    // MARK: - Stock

    private mutating func movement(_ key: KeyHistory) {
        storedAnswer(key)
        let moved = facts.movements[key.key.id] ?? []
        if !moved.isEmpty && isSurelyRefused(key) {
            report(
                .appliedThoughRefused,
                "movement \(key.key.id) is there although every call was told that nothing was applied", key)
            return
        }
        let possible = key.isAcknowledged ? key.replies.prefix(1).map(\.call.mutation) : Array(key.requests)
        let matches = possible.contains { StockEffect(moved) == StockEffect(of: $0, moved: moved) }
        if moved.isEmpty && !key.isAcknowledged { return }
        if !matches {
            report(
                moved.isEmpty ? .lost : .notOnce,
                "movement \(key.key.id): stock did not move once as was asked, but by \(StockEffect(moved))", key)
        }
    }

    // MARK: - Parts

    private func sorted(_ units: [LedgerFacts.Units]) -> [LedgerFacts.Units] {
        units.sorted { ($0.location, $0.quantity) < ($1.location, $1.quantity) }
    }

    private mutating func decoded<M: Message>(_ type: M.Type, _ bytes: [UInt8]) -> M? {
        do {
            return try type.init(serializedBytes: bytes)
        } catch {
            found.append(Violation(.answersDiffer, "an answer cannot be read: \(error)"))
            return nil
        }
    }
}

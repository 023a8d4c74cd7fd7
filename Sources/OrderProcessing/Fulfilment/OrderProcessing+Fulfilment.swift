public import Domain
import Failpoints
public import Ledger
public import NIOCore
import OrderPromising

// What happens where a server stops in the middle of a step.
//
// A step of a fulfilment is one transaction of the ledger: before its commit nothing of it is true, after it everything, and
// the same call again has the same answer. What surrounds the transaction is made so that it can be found again:
//
// - Labels are recorded as wanted before a carrier is asked, under keys that never change. A call that is repeated asks for
//   the same labels and gets the same; where the fulfilment is not packed any more, whoever looks next gives them back.
// - Stock that stands in for units that are short is a reservation for a minute. The transaction takes it or it expires.
// - Units that another location serves are released there by a call of its own; the transaction that re-sources them leaves
//   a row that says so, and the row goes with the release.
// - Redis is told after the commit; what it was not told, the comparison of the stores tells it.
extension OrderProcessing {
    // MARK: - Reading

    /// One fulfilment, for who may see it.
    ///
    /// - Throws: `Refusal` where there is none, or where neither its location nor its order's channel is inside the scope.
    public func fulfilment(_ id: EntityID, for caller: Caller) async throws -> Fulfilment {
        try await checked(try await ledger.fulfilment(id), id, for: caller) { $0.isInside(caller.scope) }
    }

    private func checked(
        _ found: Fulfilment?, _ id: EntityID, for caller: Caller, where isInside: (Fulfilment) -> Bool
    ) async throws -> Fulfilment {
        guard let fulfilment = found else {
            throw caller.scope.isEverything ? Refusal.notFound(.fulfilment, id.description) : Refusal.outOfScope
        }
        guard isInside(fulfilment) else { throw Refusal.outOfScope }
        if caller.scope.channels != nil {
            try caller.scope.admit(channel: try await ledger.channel(ofOrder: fulfilment.order) ?? "")
        }
        return fulfilment
    }

    /// The fulfilment of a call; an id that was used before for another one is told as that.
    func fulfilment(of call: FulfilmentCall) async throws -> Fulfilment {
        try await comparing(call) { try await fulfilment(call.fulfilment, for: call.caller) }
    }

    /// The fulfilment of a call without its lines and packages.
    ///
    /// Where its goods come back to a location, `receiver`, that one may be the caller's instead of the fulfilment's own.
    func head(of call: FulfilmentCall, comingBackTo receiver: String = "") async throws -> Fulfilment {
        let scope = call.caller.scope
        return try await comparing(call) {
            try await checked(
                try await ledger.fulfilmentHead(call.fulfilment), call.fulfilment, for: call.caller
            ) { $0.isInside(scope) || $0.mayComeBack(to: receiver, within: scope) }
        }
    }

    private func comparing(_ call: FulfilmentCall, _ read: () async throws -> Fulfilment) async throws -> Fulfilment {
        do {
            return try await read()
        } catch let refusal as Refusal {
            if case .notFound = refusal { try await ledger.checkNew(call) }
            throw refusal
        }
    }

    // MARK: - Release

    /// Gives units of an order to the locations that have them.
    ///
    /// - Parameters:
    ///   - request: what is to be released.
    ///   - encodeReply: encodes what was released; stored with the effect.
    /// - Returns: the reply, the stored one for a repetition.
    /// - Throws: `Refusal`.
    public func release(
        _ request: ReleaseRequest, encodeReply: @escaping @Sendable (ReleasedOrder) throws -> [UInt8]
    ) async throws -> [UInt8] {
        let done = try await ledger.release(
            request, dispatch: { facts, moment in self.dispatchDay(facts, at: moment) }, encodeReply: encodeReply)
        await promising.settle(done.settlement)
        return done.reply
    }

    /// Releases all that waits of an order, as Holdfast itself.
    ///
    /// - Parameters:
    ///   - order: the order.
    ///   - cause: what makes it due: repeated with the same cause it changes nothing.
    /// - Throws: `Refusal` where the order is held, or nothing waits.
    public func release(_ order: EntityID, cause: EntityID) async throws {
        let request = ReleaseRequest(
            id: cause.named("release \(order)"), order: order, lines: [], body: [], caller: .system)
        _ = try await release(request) { _ in [] }
    }

    // MARK: - Steps without anything around them

    private func advance(
        _ call: FulfilmentCall, _ advance: FulfilmentAdvance, reply: @escaping FulfilmentReply
    ) async throws -> [UInt8] {
        try await self.advance(call, of: try await head(of: call), advance, reply: reply)
    }

    func advance(
        _ call: FulfilmentCall, of fulfilment: Fulfilment, _ advance: FulfilmentAdvance,
        reply: @escaping FulfilmentReply
    ) async throws -> [UInt8] {
        let done = try await ledger.advance(call, of: fulfilment.order, advance, encodeReply: reply)
        Failpoint.fulfilmentAdvanced.pass()
        await promising.settle(done.settlement)
        return done.reply
    }

    /// Somebody goes to the shelves.
    public func startPicking(_ call: FulfilmentCall, reply: @escaping FulfilmentReply) async throws -> [UInt8] {
        try await advance(call, .startPicking, reply: reply)
    }

    /// What was picked is in packages.
    public func pack(
        _ call: FulfilmentCall, _ packages: [FulfilmentPackage], reply: @escaping FulfilmentReply
    ) async throws -> [UInt8] {
        try await advance(call, .pack(packages), reply: reply)
    }

    /// The customer has it.
    public func confirmDelivery(_ call: FulfilmentCall, reply: @escaping FulfilmentReply) async throws -> [UInt8] {
        try await advance(call, .deliver, reply: reply)
    }

    /// The location gives it up.
    public func decline(_ call: FulfilmentCall, reply: @escaping FulfilmentReply) async throws -> [UInt8] {
        try await advance(call, .decline, reply: reply)
    }

    /// It leaves for the store where it is collected.
    public func sendToStore(
        _ call: FulfilmentCall, tracking: String, reply: @escaping FulfilmentReply
    ) async throws -> [UInt8] {
        try await advance(call, .sendToStore(tracking: tracking), reply: reply)
    }

    /// The customer is reminded.
    public func remindPickup(_ call: FulfilmentCall, reply: @escaping FulfilmentReply) async throws -> [UInt8] {
        try await advance(call, .remind, reply: reply)
    }

    /// It is put back on the shelf.
    public func restockPickup(_ call: FulfilmentCall, reply: @escaping FulfilmentReply) async throws -> [UInt8] {
        try await advance(call, .restock, reply: reply)
    }

    /// The supplier will send it.
    public func acknowledge(
        _ call: FulfilmentCall, reference: String, expectedAt: Instant?, reply: @escaping FulfilmentReply
    ) async throws -> [UInt8] {
        try await advance(call, .acknowledge(reference: reference, expectedAt: expectedAt), reply: reply)
    }

    /// The supplier has sent it.
    public func notifyShipment(
        _ call: FulfilmentCall, _ notice: ShipNotice, reply: @escaping FulfilmentReply
    ) async throws -> [UInt8] {
        try await advance(call, .notify(notice), reply: reply)
    }

    /// It could not be delivered, and its goods are back.
    ///
    /// Who receives them must be within the caller's scope, whoever has sent them.
    public func receiveUndelivered(
        _ call: FulfilmentCall, _ goods: UndeliveredGoods, reply: @escaping FulfilmentReply
    ) async throws -> [UInt8] {
        let fulfilment = try await head(of: call, comingBackTo: goods.location)
        return try await advance(call, of: fulfilment, .comeBack(goods), reply: reply)
    }

    // MARK: - Steps that may need stock of other locations

    /// Picking ends.
    public func confirmPick(
        _ call: FulfilmentCall, scans: [PickTally.Scan], rule: ShortRule?, correctsCount: Bool, deadline: NIODeadline,
        reply: @escaping FulfilmentReply
    ) async throws -> [UInt8] {
        try await replacing(call, rule, while: { $0.standing.units == .released }, deadline: deadline, reply: reply) {
            fulfilment in
            let tally = try PickTally(scans, of: fulfilment.lines, naming: fulfilment.id.description)
            return tally.parts.map { ($0.index, $0.short) }
        } advance: { standIn in
            .pick(scans, rule, correctsCount: correctsCount, standIn: standIn)
        }
    }

    /// It is lost.
    public func reportLost(
        _ call: FulfilmentCall, rule: ShortRule?, deadline: NIODeadline, reply: @escaping FulfilmentReply
    ) async throws -> [UInt8] {
        try await replacing(
            call, rule, while: { $0.standing == .pickup(.underWay) }, deadline: deadline, reply: reply,
            missing: OrderProcessing.everything
        ) { standIn in
            .lose(rule, standIn: standIn)
        }
    }

    /// The supplier will not send it.
    public func reject(
        _ call: FulfilmentCall, rule: ShortRule?, correctsCount: Bool, deadline: NIODeadline,
        reply: @escaping FulfilmentReply
    ) async throws -> [UInt8] {
        try await replacing(
            call, rule, while: { $0.standing.kind == .dropShip && $0.standing.units == .released }, deadline: deadline,
            reply: reply, missing: OrderProcessing.everything
        ) { standIn in
            .reject(rule, correctsCount: correctsCount, standIn: standIn)
        }
    }

    private static func everything(_ fulfilment: Fulfilment) -> [(index: Int, quantity: Int64)] {
        fulfilment.lines.indices.map { ($0, fulfilment.lines[$0].open) }
    }

    /// Makes a step with stock of other locations in place of units that are missing.
    ///
    /// The stock is set aside first, and taken in the step's own transaction. Where it was lost meanwhile, or the fulfilment
    /// has changed, it is looked for anew.
    private func replacing(
        _ call: FulfilmentCall, _ rule: ShortRule?, while isOpen: (Fulfilment) -> Bool, deadline: NIODeadline,
        reply: @escaping FulfilmentReply, missing: (Fulfilment) throws -> [(index: Int, quantity: Int64)],
        advance: (StandIn?) -> FulfilmentAdvance
    ) async throws -> [UInt8] {
        var attempt = 0
        while true {
            var fulfilment = try await head(of: call)
            var standIn: StandIn?
            if let rule, rule.reallocates, isOpen(fulfilment) {
                fulfilment = try await self.fulfilment(of: call)
                let lacking = try missing(fulfilment).filter { $0.quantity > 0 }
                do {
                    standIn = try await self.standIn(
                        for: lacking, of: fulfilment, rule, call, attempt: attempt, deadline: deadline)
                } catch Refusal.shortage where attempt < OrderProcessing.attempts && rule.otherwise != nil {
                    // Somebody else was faster: look again at what is left.
                    attempt += 1
                    continue
                }
                Failpoint.standInHeld.pass()
            }
            do {
                let answer = try await self.advance(call, of: fulfilment, advance(standIn), reply: reply)
                if standIn != nil {
                    Failpoint.resourced.pass()
                    await releaseAgain(fulfilment.order, cause: call.id)
                }
                return answer
            } catch LedgerFault.planOutdated {
                await promising.giveBack(standIn?.reservation)
                guard attempt < OrderProcessing.attempts else {
                    throw Refusal.unavailable("the fulfilment is being changed by others", retryAfterMilliseconds: 50)
                }
                attempt += 1
            } catch let refusal as Refusal {
                if case .outcomeUnknown = refusal { throw refusal }
                await promising.giveBack(standIn?.reservation)
                throw refusal
            }
        }
    }

    /// How often a step is planned anew before the caller is asked to try again.
    private static let attempts = 4

    /// Sets stock of other locations aside; nil where there is none, and the rule knows what else to do.
    private func standIn(
        for missing: [(index: Int, quantity: Int64)], of fulfilment: Fulfilment, _ rule: ShortRule,
        _ call: FulfilmentCall, attempt: Int, deadline: NIODeadline
    ) async throws -> StandIn? {
        let lacking = missing.compactMap { entry in
            fulfilment.lines[entry.index].cell.map { (fulfilment.lines[entry.index], $0, entry.quantity) }
        }
        let skus = Set(lacking.map(\.0.sku))
        guard !skus.isEmpty else { return nil }
        let places = try await ledger.standInLocations(
            for: skus, beside: fulfilment.location, of: fulfilment.order, limit: OrderProcessing.placesLookedAt)
        let items = skus.sorted().flatMap { sku in
            (places[sku] ?? []).map { AvailabilityItem(sku: sku, location: $0, quantity: 0) }
        }
        var free: [String: [(location: String, units: Int64)]] = [:]
        if !items.isEmpty {
            let answer = try await promising.availability(items, fresh: true, within: nil)
            for (item, units) in zip(items, answer.available) where units > 0 {
                free[item.sku, default: []].append((item.location, units))
            }
        }
        var demands: [Demand] = []
        var parts: [StandIn.Part] = []
        for (line, cell, quantity) in lacking {
            var rest = quantity
            // One location for all of it, where there is one.
            let whole = free[line.sku]?.firstIndex { $0.units >= quantity }
            for place in whole.map({ [$0] }) ?? Array((free[line.sku] ?? []).indices) where rest > 0 {
                guard let there = free[line.sku]?[place], there.units > 0 else { continue }
                let part = min(rest, there.units)
                free[line.sku]?[place].units -= part
                rest -= part
                demands.append(
                    Demand(sku: line.sku, location: there.location, quantity: part, allowSplit: false))
                parts.append(StandIn.Part(line: line.number, cell: cell, quantity: part))
            }
            if rest > 0 && rule.otherwise == nil {
                throw Refusal.shortage([
                    LineShortage(
                        line: Int(line.number) - 1, sku: line.sku, location: "", wanted: quantity,
                        available: quantity - rest)
                ])
            }
        }
        guard !demands.isEmpty, let channel = try await ledger.channel(ofOrder: fulfilment.order) else { return nil }
        let held = try await promising.setAside(
            demands, for: call.id, attempt: attempt, channel: channel, caller: .system, deadline: deadline)
        return StandIn(reservation: held.id, parts: parts)
    }

    /// Most pairs of article and location that are looked at for units that are short.
    private static let placesLookedAt = 5_000
}

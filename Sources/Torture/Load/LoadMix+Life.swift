import HoldfastAPI
import SwiftProtobuf

/// The calls that take orders on after their capture.
extension LoadMix {
    /// The next one; nil where nothing that was acknowledged fits.
    mutating func life() -> LifeCall? {
        switch Int.random(in: 0..<100, using: &random) {
        case ..<12: release()
        case ..<58: parcelStep()
        case ..<74: tender()
        case ..<77: credit()
        case ..<84: createReturn()
        case ..<93: returnStep()
        default: refund()
        }
    }

    /// Calls of which one only can have what it wants.
    mutating func lifeRace() -> [Mutation]? {
        if random.chance(30), let order = shelf.order(removing: true, using: &random) {
            return [
                .life(.release(Self.releasing(order.id, id: id()))),
                .life(.release(Self.releasing(order.id, id: id()))),
                .cancel(
                    .with {
                        $0.cancellationID = id()
                        $0.orderID = order.id
                        $0.reason = "torture"
                    }),
            ].shuffled(using: &random)
        }
        if random.chance(30), let order = shelf.due(removing: true, using: &random) {
            return (0..<3).map { _ in .life(.refund(refunding(order))) }
        }
        if random.chance(30), let coming = shelf.coming(removing: true, using: &random),
            let another = returnStep(of: coming)
        {
            return [exchange(coming), settle(coming), another].map { .life($0) }.shuffled(using: &random)
        }
        guard let parcel = shelf.parcel(removing: true, using: &random) else { return nil }
        let another =
            switch parcel.state {
            case "shipped": random.chance(50) ? lose(parcel) : comeBack(parcel)
            case "packed": decline(parcel)
            default: step(of: parcel)
            }
        let calls = [step(of: parcel), step(of: parcel), another]
        return calls.compactMap { $0.map { .life($0) } }.shuffled(using: &random)
    }

    // MARK: - Fulfilment

    private mutating func release() -> LifeCall? {
        guard let order = shelf.order(removing: random.chance(70), using: &random) else { return nil }
        var request = Self.releasing(order.id, id: id())
        if random.chance(25), let line = order.lines.indices.randomElement(using: &random) {
            request.lines = [
                .with {
                    $0.lineNumber = Int32(line + 1)
                    $0.quantity = Int64.random(in: 1...order.lines[line], using: &random)
                }
            ]
        }
        return .release(request)
    }

    private static func releasing(_ order: String, id: String) -> Holdfast_V1_ReleaseOrderRequest {
        .with {
            $0.releaseID = id
            $0.orderID = order
        }
    }

    private mutating func parcelStep() -> LifeCall? {
        guard var parcel = shelf.parcel(removing: random.chance(80), using: &random) else { return nil }
        // Now and then what is not its turn.
        if random.chance(4) {
            let states = ["released", "picking", "picked", "packed", "shipped"]
            parcel.state = states[Int.random(in: 0..<states.count, using: &random)]
        }
        if parcel.state == "shipped" {
            if random.chance(6) { return lose(parcel) }
            if random.chance(10) { return comeBack(parcel) }
        } else if random.chance(6) {
            return decline(parcel)
        }
        return step(of: parcel)
    }

    private mutating func step(of parcel: Shelf.Parcel) -> LifeCall? {
        switch parcel.state {
        case "released":
            .startPicking(
                .with {
                    $0.requestID = id()
                    $0.fulfilmentID = parcel.id
                })
        case "picking": pick(parcel)
        case "picked":
            .pack(
                .with { request in
                    request.requestID = id()
                    request.fulfilmentID = parcel.id
                    request.packages = [.with { $0.weightGrams = Int64.random(in: 100...5_000, using: &random) }]
                })
        case "packed":
            .ship(
                .with { request in
                    request.requestID = id()
                    request.fulfilmentID = parcel.id
                    // Half of them with a label from here.
                    if random.chance(50) {
                        request.carrier = "van"
                        request.trackingNumbers = ["T\(request.requestID.prefix(8))"]
                    }
                })
        case "shipped":
            .deliver(
                .with {
                    $0.requestID = id()
                    $0.fulfilmentID = parcel.id
                })
        default: nil
        }
    }

    /// All that was released, or less.
    private mutating func pick(_ parcel: Shelf.Parcel) -> LifeCall {
        let isShort = random.chance(25)
        return .pick(
            .with { request in
                request.requestID = id()
                request.fulfilmentID = parcel.id
                for line in parcel.lines {
                    let found = isShort ? Int64.random(in: 0...line.open, using: &random) : line.open
                    guard found > 0 else { continue }
                    request.scans.append(
                        .with {
                            $0.code = line.sku
                            $0.quantity = found
                        })
                }
                let rules: [Holdfast_V1_ShortRule] = [.unspecified, .cancel, .reallocate, .reallocateOrCancel]
                request.shortRule = rules[Int.random(in: 0..<rules.count, using: &random)]
            })
    }

    private mutating func decline(_ parcel: Shelf.Parcel) -> LifeCall? {
        .decline(
            .with {
                $0.requestID = id()
                $0.fulfilmentID = parcel.id
                $0.reason = "torture"
            })
    }

    private mutating func lose(_ parcel: Shelf.Parcel) -> LifeCall? {
        .lose(
            .with {
                $0.requestID = id()
                $0.fulfilmentID = parcel.id
                $0.reason = "torture"
            })
    }

    private mutating func comeBack(_ parcel: Shelf.Parcel) -> LifeCall? {
        .comeBack(
            .with { request in
                request.requestID = id()
                request.fulfilmentID = parcel.id
                request.location = random.chance(50) ? location() : ""
                request.disposition = random.chance(70) ? .unspecified : .scrap
                if let line = parcel.lines.first, random.chance(30) {
                    request.lines = [
                        .with {
                            $0.lineNumber = line.number
                            $0.quantity = Int64.random(in: 1...line.open, using: &random)
                            $0.disposition = random.chance(50) ? .restock : .scrap
                        }
                    ]
                }
                request.reason = "torture"
            })
    }

    // MARK: - Payment

    private mutating func tender() -> LifeCall? {
        // Mostly at once, so that what is paid is what goes on.
        let fresh = random.chance(75) ? shelf.fresh() : nil
        guard let order = fresh ?? shelf.order(removing: false, using: &random)?.id else { return nil }
        return .tender(
            .with { request in
                request.tenderID = id()
                request.orderID = order
                request.kind = random.chance(25) ? .storeCredit : random.chance(20) ? .terminal : .cash
                if paysByCard && random.chance(50) {
                    request.kind = .cardGateway
                    request.token = "tok-\(request.tenderID.prefix(8))"
                    request.authorize = random.chance(90)
                }
                request.refundSequence = Int32.random(in: 0...2, using: &random)
                // Without an amount it is all that is not covered yet.
                if random.chance(30) { request.amount = pence(1...4_000) }
            })
    }

    private mutating func credit() -> LifeCall {
        .credit(
            .with { request in
                request.issueID = id()
                request.kind = .storeCredit
                request.customerID = customer()
                request.amount = pence(1...5_000)
                request.reason = "torture"
            })
    }

    private mutating func refund() -> LifeCall? {
        let order =
            random.chance(80) ? shelf.due(removing: random.chance(50), using: &random) : shelf.paid(using: &random)
        return order.map { .refund(refunding($0)) }
    }

    private mutating func refunding(_ order: String) -> Holdfast_V1_RefundOrderRequest {
        .with { request in
            request.refundID = id()
            request.orderID = order
            request.reason = "torture"
            if random.chance(50) { request.amount = pence(1...1_000) }
        }
    }

    private mutating func pence(_ range: ClosedRange<Int64>) -> Holdfast_V1_Money {
        .with {
            $0.currencyCode = Wares.currency
            $0.amountMinor = Int64.random(in: range, using: &random)
        }
    }

    // MARK: - Returns

    private mutating func createReturn() -> LifeCall? {
        guard let delivered = shelf.delivered(removing: random.chance(60), using: &random), !delivered.lines.isEmpty
        else { return nil }
        return .createReturn(
            .with { request in
                request.returnID = id()
                request.orderID = delivered.order
                request.method = random.chance(50) ? .mail : .store
                var seen: Set<Int32> = []
                for line in delivered.lines where seen.insert(line.number).inserted {
                    guard seen.count == 1 || random.chance(60) else { continue }
                    request.lines.append(
                        .with {
                            $0.orderLineNumber = line.number
                            $0.quantity = Int64.random(in: 1...line.quantity, using: &random)
                            $0.reason = random.chance(50) ? .unwanted : .defective
                            $0.condition = .opened
                        })
                }
            })
    }

    private mutating func returnStep() -> LifeCall? {
        guard let coming = shelf.coming(removing: random.chance(80), using: &random) else { return nil }
        return returnStep(of: coming)
    }

    private mutating func returnStep(of coming: Shelf.Coming) -> LifeCall? {
        let draw = Int.random(in: 0..<100, using: &random)
        switch coming.state {
        case .approved, .partlyReceived:
            if draw < 35, coming.needsLabel, coming.state == .approved { return label(coming) }
            if draw < 55, coming.isWhole { return draw < 45 ? settle(coming) : exchange(coming) }
            return receive(coming)
        case .received: return draw < 20 && coming.isWhole ? exchange(coming) : inspect(coming)
        case .decided: return draw < 15 && coming.isWhole ? exchange(coming) : settle(coming)
        default: return nil
        }
    }

    /// Settles what is decided; before that, gives the money ahead.
    private mutating func settle(_ coming: Shelf.Coming) -> LifeCall {
        .settleReturn(
            .with { request in
                let ways: [Holdfast_V1_ReturnSettlement] = [.original, .original, .storeCredit, .outside]
                request.settlementID = id()
                request.returnID = coming.id
                request.settlement = ways[Int.random(in: 0..<ways.count, using: &random)]
                request.reference = request.settlement == .outside ? "till" : ""
                request.ahead = coming.state != .decided
            })
    }

    private mutating func label(_ coming: Shelf.Coming) -> LifeCall {
        .label(
            .with {
                $0.labelID = id()
                $0.returnID = coming.id
                $0.location = location()
            })
    }

    private mutating func exchange(_ coming: Shelf.Coming) -> LifeCall {
        .exchange(
            .with { request in
                request.exchangeID = id()
                request.returnID = coming.id
                request.lines = lines().map { sku, location, quantity in
                    .with {
                        $0.sku = sku
                        $0.location = location
                        $0.quantity = quantity
                        $0.unitPrice.currencyCode = Wares.currency
                        $0.unitPrice.units = Int64.random(in: 0...80, using: &random)
                    }
                }
            })
    }

    private mutating func receive(_ coming: Shelf.Coming) -> LifeCall? {
        let missing = coming.lines.filter { $0.quantity > $0.received }
        var came: [String: Int64] = [:]
        for line in missing {
            let least: Int64 = random.chance(70) ? line.quantity - line.received : 1
            came[line.sku, default: 0] += Int64.random(in: least...(line.quantity - line.received), using: &random)
        }
        guard !came.isEmpty else { return nil }
        return .receiveReturn(
            .with { request in
                request.receiptID = id()
                request.returnID = coming.id
                request.location = location()
                request.lines = came.sorted { $0.key < $1.key }.map { sku, quantity in
                    .with {
                        $0.sku = sku
                        $0.quantity = quantity
                    }
                }
                request.last = random.chance(40)
            })
    }

    private mutating func inspect(_ coming: Shelf.Coming) -> LifeCall? {
        .inspectReturn(
            .with { request in
                request.inspectionID = id()
                request.returnID = coming.id
                for line in coming.lines where line.received > 0 {
                    let good = Int64.random(in: 0...line.received, using: &random)
                    let parts: [(Int64, Holdfast_V1_Disposition)] = [(good, .restock), (line.received - good, .scrap)]
                    for (quantity, disposition) in parts where quantity > 0 {
                        request.lines.append(
                            .with {
                                $0.lineNumber = line.number
                                $0.quantity = quantity
                                $0.condition = disposition == .restock ? .opened : .damaged
                                $0.disposition = disposition
                            })
                    }
                }
            })
    }
}

import Domain
import HoldfastAPI
import SwiftProtobuf

/// What a client does next.
enum LoadStep: Sendable {
    /// A change, made once and repeated until its outcome is known.
    case change(Mutation)
    /// The same change from several places at once.
    case duplicate(Mutation, copies: Int)
    /// Changes that only one of can have what they want, all at once on several servers.
    case race([Mutation])
    /// A change, then another request under the same id.
    case reuse(Mutation, Mutation)
    /// Availability of some articles.
    case availability([String], fresh: Bool)
    /// A look at something acknowledged.
    case look(Mutation.Key)
}

/// Chooses the calls of one client, by its own seed.
struct LoadMix: Sendable {
    var random: SeededGenerator
    let wares: Wares
    let shelf: Shelf
    private let isSalted: Bool
    /// Whether orders can be paid by card.
    let paysByCard: Bool

    /// Makes a mix; `isSalted` takes ids from the system, for a deployment where the same seed may have run before.
    init(random: SeededGenerator, wares: Wares, shelf: Shelf, isSalted: Bool, paysByCard: Bool) {
        self.random = random
        self.wares = wares
        self.shelf = shelf
        self.isSalted = isSalted
        self.paysByCard = paysByCard
    }

    /// Runs a body that needs chance.
    mutating func drawing<R>(_ body: (inout SeededGenerator) -> R) -> R { body(&random) }

    mutating func next() -> LoadStep {
        let draw = Int.random(in: 0..<100, using: &random)
        switch draw {
        case ..<6: return .availability([sku(), sku()], fresh: random.chance(50))
        case ..<9: if let key = lookedAt() { return .look(key) }
        default: break
        }
        if draw >= 96, let contenders = random.chance(50) ? race() : lifeRace() { return .race(contenders) }
        let mutation = random.chance(40) ? life().map { .life($0) } ?? change() : change()
        if random.chance(8) { return .duplicate(mutation, copies: Int.random(in: 2...4, using: &random)) }
        if random.chance(3), let other = altered(mutation) { return .reuse(mutation, other) }
        return .change(mutation)
    }

    // MARK: - Changes

    private mutating func change() -> Mutation {
        switch Int.random(in: 0..<100, using: &random) {
        case ..<32: return reserve()
        case ..<42: return release() ?? reserve()
        case ..<46: return extend() ?? reserve()
        case ..<58: return placeReserved() ?? place()
        case ..<71: return place()
        case ..<75: return sell()
        case ..<83: return cancel() ?? place()
        case ..<90: return receive()
        case ..<92: return adjust(upwards: true)
        case ..<95: return adjust(upwards: false)
        case ..<96: return count()
        case ..<99: return transfer()
        default: return policy()
        }
    }

    private mutating func reserve() -> Mutation {
        .reserve(
            .with { request in
                request.reservationID = id()
                request.channel = channel()
                request.ttl = .with {
                    $0.seconds =
                        random.chance(35)
                        ? Int64.random(in: 1...3, using: &random) : Int64.random(in: 30...900, using: &random)
                }
                request.lines = lines().map { sku, location, quantity in
                    .with {
                        $0.sku = sku
                        $0.location = location
                        $0.quantity = quantity
                        $0.allowSplit = location.isEmpty && quantity > 1
                    }
                }
            })
    }

    private mutating func release() -> Mutation? {
        guard let reservation = shelf.reservation(removing: random.chance(70), using: &random) else { return nil }
        return .release(.with { $0.reservationID = reservation.id })
    }

    private mutating func extend() -> Mutation? {
        guard let reservation = shelf.reservation(removing: false, using: &random) else { return nil }
        return .extend(
            .with {
                $0.extensionID = id()
                $0.reservationID = reservation.id
                $0.ttl = .with { $0.seconds = Int64.random(in: 1...120, using: &random) }
            })
    }

    /// An order for what a reservation holds, sometimes for less or for more.
    private mutating func placeReserved() -> Mutation? {
        guard let reservation = shelf.reservation(removing: random.chance(80), using: &random) else { return nil }
        var lines = reservation.lines
        if random.chance(15), lines.count > 1 { lines.removeLast() }
        if random.chance(15) { lines.append((sku(), location(), 1)) }
        return .place(order(channel: reservation.channel, lines: lines, reservation: reservation.id))
    }

    /// Two orders and a release that all want one reservation.
    private mutating func race() -> [Mutation]? {
        guard let reservation = shelf.reservation(removing: true, using: &random) else { return nil }
        let orders = (0..<2).map { _ in
            Mutation.place(
                order(channel: reservation.channel, lines: reservation.lines, reservation: reservation.id))
        }
        return (orders + [.release(.with { $0.reservationID = reservation.id })]).shuffled(using: &random)
    }

    private mutating func place() -> Mutation { .place(order(channel: channel(), lines: lines(), reservation: "")) }

    private mutating func sell() -> Mutation {
        var request = order(channel: channel(), lines: [(sku(), location(), 1)], reservation: "")
        request.goodsInHand = true
        request.clearDelivery()
        return .place(request)
    }

    private mutating func order(
        channel: String, lines: [(sku: String, location: String, quantity: Int64)], reservation: String
    ) -> Holdfast_V1_PlaceOrderRequest {
        .with { request in
            request.orderID = id()
            request.channel = channel
            request.externalID = request.orderID
            request.reservationID = reservation
            request.customer.customerID = customer()
            // What comes back of these a carrier can collect.
            if random.chance(70) {
                request.delivery.method = .ship
                request.delivery.shipTo = .with {
                    $0.name = "Ann Lee"
                    $0.lines = ["1 High Street"]
                    $0.city = "Leeds"
                    $0.postcode = "LS1 4DY"
                    $0.country = "GB"
                }
            }
            request.lines = lines.map { sku, location, quantity in
                .with { line in
                    line.sku = sku
                    line.location = location
                    line.quantity = quantity
                    line.allowSplit = location.isEmpty && quantity > 1
                    line.unitPrice = .with {
                        $0.currencyCode = Wares.currency
                        $0.units = Int64.random(in: 0...80, using: &random)
                        // Thousandths of a pound too, so that rounding counts.
                        $0.nanos = Int32.random(in: 0..<1_000, using: &random) * 1_000_000
                    }
                    if random.chance(40) {
                        line.taxes = [
                            .with {
                                $0.name = "VAT"
                                $0.amount.currencyCode = Wares.currency
                                $0.amount.amountMinor = Int64.random(in: 0...500, using: &random)
                                $0.included = random.chance(50)
                            }
                        ]
                    }
                }
            }
        }
    }

    private mutating func cancel() -> Mutation? {
        guard let order = shelf.order(removing: random.chance(50), using: &random) else { return nil }
        return .cancel(
            .with { request in
                request.cancellationID = id()
                request.orderID = order.id
                request.reason = "torture"
                guard random.chance(50), let line = order.lines.indices.randomElement(using: &random) else { return }
                request.lines = [
                    .with {
                        $0.lineNumber = Int32(line + 1)
                        $0.quantity = Int64.random(in: 1...order.lines[line], using: &random)
                    }
                ]
            })
    }

    private mutating func receive() -> Mutation {
        .receive(
            .with { request in
                request.movementID = id()
                request.reference = "delivery"
                request.lines = (0..<Int.random(in: 1...3, using: &random)).map { _ in
                    .with {
                        $0.sku = sku()
                        $0.location = location()
                        $0.quantity = Int64.random(in: 1...12, using: &random)
                    }
                }
            })
    }

    private mutating func adjust(upwards: Bool) -> Mutation {
        .adjust(
            .with { request in
                request.movementID = id()
                request.reason = upwards ? "found" : "damaged"
                request.lines = [
                    .with {
                        $0.sku = sku()
                        $0.location = location()
                        $0.delta = Int64.random(in: 1...3, using: &random) * (upwards ? 1 : -1)
                    }
                ]
            })
    }

    private mutating func count() -> Mutation {
        .count(
            .with { request in
                request.movementID = id()
                request.reference = "count"
                request.lines = [
                    .with {
                        $0.sku = sku()
                        $0.location = location()
                        $0.counted = Int64.random(in: 0...60, using: &random)
                    }
                ]
            })
    }

    private mutating func transfer() -> Mutation {
        .transfer(
            .with { request in
                request.movementID = id()
                request.reference = "van"
                let from = Int.random(in: 0..<wares.locations.count, using: &random)
                let step = Int.random(in: 1..<wares.locations.count, using: &random)
                request.fromLocation = wares.locations[from]
                request.toLocation = wares.locations[(from + step) % wares.locations.count]
                request.lines = [
                    .with {
                        $0.sku = sku()
                        $0.quantity = Int64.random(in: 1...5, using: &random)
                    }
                ]
            })
    }

    private mutating func policy() -> Mutation {
        .policy(
            .with { request in
                request.movementID = id()
                request.lines = [
                    .with {
                        $0.sku = sku()
                        $0.location = location()
                        $0.safetyStock = Int64.random(in: 0...6, using: &random)
                    }
                ]
            })
    }

    /// Another request under the id of this one; nil where there is no such thing.
    private mutating func altered(_ mutation: Mutation) -> Mutation? {
        switch mutation {
        case .reserve(var request):
            request.lines[0].quantity += 1
            return .reserve(request)
        case .place(var request):
            request.lines[0].unitPrice.units += 1
            return .place(request)
        case .receive(var request):
            request.lines[0].quantity += 1
            return .receive(request)
        case .adjust(var request):
            request.reason = "another"
            return .adjust(request)
        case .extend(var request):
            request.ttl.seconds += 1
            return .extend(request)
        case .cancel(var request):
            request.reason = "another"
            return .cancel(request)
        case .life(let call): return call.altered.map { .life($0) }
        case .release, .count, .transfer, .policy: return nil
        }
    }

    // MARK: - Parts

    mutating func id() -> String {
        Self.id(using: &random, isSalted: isSalted)
    }

    /// An id that follows from the generator or, where the same seed may have run before, does not.
    static func id(using random: inout SeededGenerator, isSalted: Bool) -> String {
        guard isSalted else { return EntityID.random(using: &random).description }
        var system = SystemRandomNumberGenerator()
        return EntityID.random(using: &system).description
    }

    mutating func customer() -> String {
        wares.customers[Int.random(in: 0..<wares.customers.count, using: &random)]
    }

    private mutating func channel() -> String {
        wares.channels[Int.random(in: 0..<wares.channels.count, using: &random)]
    }

    mutating func location() -> String {
        wares.locations[Int.random(in: 0..<wares.locations.count, using: &random)]
    }

    private mutating func sku() -> String {
        let shelf = random.chance(55) ? wares.hot : wares.cold
        return shelf[Int.random(in: 0..<shelf.count, using: &random)]
    }

    mutating func lines() -> [(sku: String, location: String, quantity: Int64)] {
        (0..<(random.chance(25) ? Int.random(in: 2...5, using: &random) : 1)).map { _ in
            let place = random.chance(25) ? "" : location()
            return (sku(), place, Int64.random(in: 1...3, using: &random))
        }
    }

    private mutating func lookedAt() -> Mutation.Key? {
        if random.chance(50) {
            return shelf.reservation(removing: false, using: &random).map { .init(.reservation, $0.id) }
        }
        return shelf.order(removing: false, using: &random).map { .init(.order, $0.id) }
    }
}

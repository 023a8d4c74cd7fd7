import Carriers
public import Domain
import Failpoints
public import Ledger
import Logging

/// What a carrier's service would take for a fulfilment.
public struct ShipmentQuote: Hashable, Sendable {
    /// Code of the carrier.
    public var carrier: String
    /// Code of its service.
    public var service: String
    /// The sum over the packages.
    public var price: Money
    /// Days from dispatch to delivery.
    public var transitDays: Int
}

extension OrderProcessing {
    /// What the carriers would take for a packed fulfilment.
    ///
    /// - Returns: the services that take every package, cheapest first within a currency.
    /// - Throws: `Refusal` where it is not packed, or a carrier does not answer.
    public func quote(_ id: EntityID, for caller: Caller) async throws -> [ShipmentQuote] {
        let fulfilment = try await fulfilment(id, for: caller)
        guard fulfilment.standing == .ship(.packed) else {
            throw Refusal.wrongState(
                fulfilment.standing.kind.subject, id.description, state: fulfilment.standing.word,
                explanation: "only what is packed has a price")
        }
        let shipments = OrderProcessing.shipments(of: fulfilment, between: try await ends(of: fulfilment), service: "")
        var quotes: [ShipmentQuote] = []
        for code in carriers.codes {
            guard let carrier = carriers[code] else { continue }
            var sums: [String: ShipmentQuote] = [:]
            for (index, shipment) in shipments.enumerated() {
                let offers = try await OrderProcessing.asking(carrier) { carrier throws(CarrierFailure) in
                    try await carrier.quote(shipment)
                }
                var next: [String: ShipmentQuote] = [:]
                for offer in offers {
                    if index == 0 {
                        next[offer.service] = ShipmentQuote(
                            carrier: code, service: offer.service, price: offer.price, transitDays: offer.transitDays)
                    } else if var sum = sums[offer.service], sum.price.currency == offer.price.currency {
                        sum.price.minorUnits += offer.price.minorUnits
                        sum.transitDays = max(sum.transitDays, offer.transitDays)
                        next[offer.service] = sum
                    }
                }
                sums = next
            }
            quotes += sums.values
        }
        return quotes.sorted {
            ($0.price.currency.code, $0.price.minorUnits, $0.transitDays, $0.carrier, $0.service)
                < ($1.price.currency.code, $1.price.minorUnits, $1.transitDays, $1.carrier, $1.service)
        }
    }

    /// It leaves with a carrier.
    ///
    /// The labels are recorded as wanted, then ordered, outside of every transaction, then the fulfilment is shipped with
    /// them. A stop in between leaves it packed: the same call again gets the same labels. Labels of a fulfilment that was
    /// cancelled or given up meanwhile are given back.
    ///
    /// - Parameters:
    ///   - call: who asks for it.
    ///   - carrier: its code, or any text where numbers are given; empty is the standard one.
    ///   - service: code of its service; empty is the one that was sold with the order, or the cheapest.
    ///   - trackingNumbers: numbers of packages whose labels are from elsewhere; empty orders labels.
    ///   - reply: encodes what was done.
    /// - Returns: the reply, the stored one for a repetition.
    /// - Throws: `Refusal`.
    public func ship(
        _ call: FulfilmentCall, carrier: String, service: String, trackingNumbers: [String],
        reply: @escaping FulfilmentReply
    ) async throws -> [UInt8] {
        if !trackingNumbers.isEmpty {
            return try await advance(
                call, of: try await head(of: call),
                .shipElsewhere(carrier: carrier, service: service, trackingNumbers: trackingNumbers), reply: reply)
        }
        for _ in 0..<OrderProcessing.shipAttempts {
            let fulfilment = try await fulfilment(of: call)
            do {
                // What has left already, or cannot leave, is not asked a label for: the ledger has the answer.
                let labels =
                    fulfilment.standing == .ship(.packed)
                    ? try await labels(of: fulfilment, carrier: carrier, service: service) : []
                return try await advance(call, of: fulfilment, .ship(labels), reply: reply)
            } catch LedgerFault.planOutdated {
                continue
            }
        }
        throw Refusal.unavailable("the fulfilment is being changed by others", retryAfterMilliseconds: 50)
    }

    private static let shipAttempts = 4

    /// How long a carrier may take to make a label or to take one back, in seconds.
    ///
    /// An answer that comes later counts all the same.
    static let carrierSeconds: Int32 = 120

    /// Orders a label for each package.
    private func labels(of fulfilment: Fulfilment, carrier code: String, service: String) async throws -> [MadeLabel] {
        guard let carrier = carriers[code] else {
            throw Refusal.invalid([
                FieldViolation("carrier", "is none of \(carriers.codes.joined(separator: ", "))")
            ])
        }
        let ends = try await ends(of: fulfilment)
        let service = service.isEmpty ? ends.service : service
        let wanted = fulfilment.packages.map { package in
            WantedLabel(
                fulfilment: fulfilment.id, package: package.number, carrier: carrier.code, askedService: service,
                key: fulfilment.id.named("label \(package.number) \(carrier.code) \(service)"))
        }
        let shipments = OrderProcessing.shipments(of: fulfilment, between: ends, service: service)
        guard try await ledger.want(wanted, callSeconds: OrderProcessing.carrierSeconds) else {
            throw LedgerFault.planOutdated
        }
        Failpoint.labelWanted.pass()
        var labels: [MadeLabel] = []
        for (want, shipment) in zip(wanted, shipments) {
            let label: CarrierLabel
            do {
                label = try await OrderProcessing.asking(carrier) { carrier throws(CarrierFailure) in
                    try await carrier.ship(shipment, key: want.key)
                }
            } catch let refusal as Refusal {
                if case .wrongState = refusal { try await ledger.endCall(want) }
                throw refusal
            }
            Failpoint.labelMade.pass()
            let made = MadeLabel(
                wanted: want, service: label.service, tracking: label.tracking, price: label.price,
                transitDays: label.transitDays, document: label.document)
            try await ledger.keep(made)
            labels.append(made)
        }
        return labels
    }

    private func ends(of fulfilment: Fulfilment) async throws -> ShipmentEnds {
        guard let ends = try await ledger.ends(of: fulfilment.id) else {
            throw Refusal.notFound(.fulfilment, fulfilment.id.description)
        }
        return ends
    }

    /// The parcels of a fulfilment, as a carrier is told of them.
    private static func shipments(
        of fulfilment: Fulfilment, between ends: ShipmentEnds, service: String
    ) -> [CarrierShipment] {
        fulfilment.packages.map { package in
            CarrierShipment(
                reference: "\(fulfilment.id.hexadecimal.suffix(8)).\(package.number)",
                sender: CarrierParty(name: ends.sender, lines: [], postcode: "", country: ""),
                recipient: CarrierParty(
                    name: ends.recipient, lines: ends.lines, postcode: ends.postcode, country: ends.country),
                parcel: CarrierParcel(
                    grams: package.grams, length: package.length, width: package.width, height: package.height),
                service: service)
        }
    }

    static func asking<R>(
        _ carrier: any CarrierAdapter, _ call: (any CarrierAdapter) async throws(CarrierFailure) -> R
    ) async throws -> R {
        do {
            return try await call(carrier)
        } catch {
            switch error {
            case .refused(let reason):
                throw Refusal.wrongState(.carrier, carrier.code, state: "refused", explanation: reason)
            case .unavailable(let reason):
                throw Refusal.unavailable("the carrier \(carrier.code): \(reason)", retryAfterMilliseconds: 1_000)
            }
        }
    }

    /// Gives labels back that nothing leaves with; returns how many.
    func voidLooseLabels() async throws -> Int {
        try await giveBack(
            try await ledger.claimLooseLabels(limit: 20, leaseSeconds: OrderProcessing.carrierSeconds))
    }

    /// Gives labels back that were taken for a time, so that two servers do not ask a carrier for the same; returns how many.
    ///
    /// One that cannot be given back now does not hold up the others. Where a server dies in between, the next one asks again
    /// with the same key.
    func giveBack(_ labels: [LooseLabel]) async throws -> Int {
        var done = 0
        for label in labels {
            guard let carrier = carriers[label.carrier], carrier.code == label.carrier else {
                logger.warning(
                    "a label cannot be given back: its carrier is not known", metadata: ["carrier": "\(label.carrier)"])
                continue
            }
            do {
                try await carrier.void(key: label.key)
            } catch {
                logger.warning(
                    "a label cannot be given back now", metadata: ["carrier": "\(label.carrier)", "error": "\(error)"])
                continue
            }
            try await ledger.voided(label)
            done += 1
        }
        return done
    }
}

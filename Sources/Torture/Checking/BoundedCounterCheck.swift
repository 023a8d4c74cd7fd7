import HoldfastAPI
import SwiftProtobuf

/// Checks, from what callers saw alone, that each article never had more promised somewhere than there was.
///
/// Movements of an article at a location have a total order of their own; what they leave is a counter. A promise is in
/// order where some state of that counter, among those that may have stood between the call and its answer, covers it
/// beside every reservation that surely held units all that time. What is not known for certain is taken in favour of
/// the service, so what this check finds is wrong under every reading.
package enum BoundedCounterCheck {
    private struct Place: Hashable {
        var sku: String
        var location: String
    }

    /// A wish for units that was granted.
    private struct Claim {
        var key: Mutation.Key
        var units: Int64
        var began: Int64
        var ended: Int64
        /// The movement that wrote it, for an order.
        var movement: Int?
    }

    /// A reservation that surely held units from one moment to another.
    private struct Holding {
        var units: Int64
        var from: Int64
        var until: Int64
    }

    /// How the counter of a place moved.
    private struct Counter {
        var bases: [Int64] = [0]
        /// When each movement was written at the latest, and at the earliest; both only grow.
        var latest: [Int64] = []
        var earliest: [Int64] = []
        var causes: [String] = []

        /// The highest figure among the states that may have stood between two moments.
        func highest(from began: Int64, to ended: Int64, before movement: Int?) -> Int64? {
            let low = Counter.count(in: latest, upTo: began)
            let high = movement ?? Counter.count(in: earliest, upTo: ended)
            guard low <= high else { return nil }
            return bases[low...high].max()
        }

        private static func count(in moments: [Int64], upTo moment: Int64) -> Int {
            var low = 0
            var high = moments.count
            while low < high {
                let middle = (low + high) / 2
                if moments[middle] <= moment { low = middle + 1 } else { high = middle }
            }
            return low
        }
    }

    /// Finds promises that no reading covers.
    ///
    /// `clockMayJump` says that reservations may have expired at any time.
    package static func violations(in keys: [KeyHistory], facts: LedgerFacts, clockMayJump: Bool) -> [Violation] {
        let byKey = Dictionary(keys.map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first })
        var claims: [Place: [Claim]] = [:]
        var holdings: [Place: [Holding]] = [:]
        let counters = counters(of: facts, byKey)
        let ends = Ends(keys)
        for key in keys {
            guard let done = key.firstDone, case .done(let reply) = done.outcome, let acknowledged = key.acknowledged
            else {
                continue
            }
            switch done.mutation {
            case .reserve:
                let end = ends.earliest(of: key, facts.reservations[key.key.id], clockMayJump: clockMayJump)
                for (place, units) in units(reply) {
                    claims[place, default: []].append(
                        Claim(key: key.key, units: units, began: key.began, ended: acknowledged))
                    holdings[place, default: []].append(Holding(units: units, from: acknowledged, until: end))
                }
            case .place(let request) where request.reservationID.isEmpty && !request.goodsInHand:
                for movement in facts.movements[key.key.id] ?? [] where movement.allocated > 0 {
                    let place = Place(sku: movement.sku, location: movement.location)
                    guard let index = counters[place]?.causes.firstIndex(of: key.key.id) else { continue }
                    claims[place, default: []].append(
                        Claim(
                            key: key.key, units: movement.allocated, began: key.began, ended: acknowledged,
                            movement: index))
                }
            default: break
            }
        }
        return claims.sorted { ($0.key.sku, $0.key.location) < ($1.key.sku, $1.key.location) }.flatMap {
            place, claims in
            violations(at: place, claims, holdings[place] ?? [], counters[place] ?? Counter())
        }
    }

    private static func violations(
        at place: Place, _ claims: [Claim], _ holdings: [Holding], _ counter: Counter
    ) -> [Violation] {
        var found: [Violation] = []
        var coming = holdings.sorted { $0.from > $1.from }
        var standing: [Holding] = []
        for claim in claims.sorted(by: { $0.began < $1.began }) {
            while let next = coming.last, next.from <= claim.began { standing.append(coming.removeLast()) }
            standing.removeAll { $0.until <= claim.began }
            let held = standing.reduce(Int64(0)) { $0 + ($1.until > claim.ended ? $1.units : 0) }
            guard let highest = counter.highest(from: claim.began, to: claim.ended, before: claim.movement),
                claim.units + held > highest
            else { continue }
            found.append(
                Violation(
                    .oversold,
                    "\(claim.key) got \(claim.units) of \(place.sku)@\(place.location) while others surely held \(held), and "
                        + "there were \(highest) at the most", keys: [claim.key], moment: claim.ended))
        }
        return found
    }

    // MARK: - The counter

    private static func counters(
        of facts: LedgerFacts, _ byKey: [Mutation.Key: KeyHistory]
    ) -> [Place: Counter] {
        var moved: [Place: [(movement: LedgerFacts.Movement, cause: String)]] = [:]
        for (cause, movements) in facts.movements {
            for movement in movements {
                moved[Place(sku: movement.sku, location: movement.location), default: []].append((movement, cause))
            }
        }
        return moved.mapValues { moved in
            var counter = Counter()
            let ordered = moved.sorted { $0.movement.sequence < $1.movement.sequence }
            for (movement, cause) in ordered {
                let key = [Mutation.Space.movement, .order, .cancellation, .fulfilment, .returnChange].lazy
                    .compactMap { byKey[.init($0, cause)] }.first
                counter.bases.append(
                    (counter.bases.last ?? 0) + movement.onHand - movement.safety - movement.allocated)
                counter.latest.append(key?.acknowledged ?? Int64.max)
                counter.earliest.append(key?.began ?? Int64.min)
                counter.causes.append(cause)
            }
            // A movement is written before those after it, and after those before it.
            for index in counter.latest.indices.dropLast().reversed() {
                counter.latest[index] = min(counter.latest[index], counter.latest[index + 1])
            }
            for index in counter.earliest.indices.dropFirst() {
                counter.earliest[index] = max(counter.earliest[index], counter.earliest[index - 1])
            }
            return counter
        }
    }

    private static func units(_ reply: [UInt8]) -> [Place: Int64] {
        do {
            var units: [Place: Int64] = [:]
            for line in try Holdfast_V1_ReserveResponse(serializedBytes: reply).reservation.lines {
                for allocation in line.allocations {
                    units[Place(sku: line.sku, location: allocation.location), default: 0] += allocation.quantity
                }
            }
            return units
        } catch {
            // An answer that cannot be read is found by the check of what was acknowledged.
            return [:]
        }
    }

    // MARK: - Ends of reservations

    /// When reservations may have ended at the earliest.
    private struct Ends {
        /// A clock that is a little fast is no wonder.
        private static let tolerance: Int64 = 100_000_000

        private var released: [String: Int64] = [:]
        private var ordered: [String: Int64] = [:]
        private var extended: [String: Int64] = [:]

        init(_ keys: [KeyHistory]) {
            for key in keys {
                for call in key.calls {
                    switch call.mutation {
                    case .release(let request): Self.note(request.reservationID, call.began, in: &released)
                    case .place(let request) where !request.reservationID.isEmpty:
                        Self.note(request.reservationID, call.began, in: &ordered)
                    case .extend(let request):
                        Self.note(
                            request.reservationID, call.began + request.ttl.seconds * 1_000_000_000, in: &extended)
                    default: break
                    }
                }
            }
        }

        private static func note(_ id: String, _ moment: Int64, in moments: inout [String: Int64]) {
            moments[id] = min(moments[id] ?? Int64.max, moment)
        }

        func earliest(of key: KeyHistory, _ stands: LedgerFacts.Reservation?, clockMayJump: Bool) -> Int64 {
            let id = key.key.id
            switch stands?.state {
            case .held: return Int64.max
            case .released: return released[id] ?? key.began
            case .confirmed: return ordered[id] ?? key.began
            case .expired where !clockMayJump:
                guard case .reserve(let request) = key.firstDone?.mutation else { return key.began }
                let ttl = key.began + request.ttl.seconds * 1_000_000_000
                return min(ttl, extended[id] ?? Int64.max) - Self.tolerance
            case .expired, .voided, nil: return key.began
            }
        }
    }
}

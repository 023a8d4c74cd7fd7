import HoldfastAPI

/// What a change of stock does to each article and location: units on hand and safety stock.
struct StockEffect: Hashable, CustomStringConvertible {
    private struct Place: Hashable {
        var sku: String
        var location: String
    }

    private struct Delta: Hashable {
        var onHand: Int64 = 0
        var safety: Int64 = 0
    }

    private var deltas: [Place: Delta] = [:]

    /// What movements did.
    init(_ movements: [LedgerFacts.Movement]) {
        for movement in movements {
            add(movement.sku, movement.location, onHand: movement.onHand, safety: movement.safety)
        }
    }

    /// What a request asks for.
    ///
    /// A count and a policy set a figure: what they move follows from what was there, so only the places are compared,
    /// with what `moved` says.
    init(of mutation: Mutation, moved: [LedgerFacts.Movement]) {
        switch mutation {
        case .receive(let request):
            for line in request.lines { add(line.sku, line.location, onHand: line.quantity) }
        case .adjust(let request):
            for line in request.lines { add(line.sku, line.location, onHand: line.delta) }
        case .transfer(let request):
            for line in request.lines {
                add(line.sku, request.fromLocation, onHand: -line.quantity)
                add(line.sku, request.toLocation, onHand: line.quantity)
            }
        case .count(let request):
            let places = Set(request.lines.map { Place(sku: $0.sku, location: $0.location) })
            for movement in moved where places.contains(Place(sku: movement.sku, location: movement.location)) {
                add(movement.sku, movement.location, onHand: movement.onHand)
            }
        case .policy(let request):
            let places = Set(request.lines.map { Place(sku: $0.sku, location: $0.location) })
            for movement in moved where places.contains(Place(sku: movement.sku, location: movement.location)) {
                add(movement.sku, movement.location, onHand: 0, safety: movement.safety)
            }
        case .reserve, .release, .extend, .place, .cancel, .life: break
        }
    }

    private mutating func add(_ sku: String, _ location: String, onHand: Int64, safety: Int64 = 0) {
        let place = Place(sku: sku, location: location)
        var delta = deltas[place] ?? Delta()
        delta.onHand += onHand
        delta.safety += safety
        deltas[place] = delta == Delta() ? nil : delta
    }

    var description: String {
        if deltas.isEmpty { return "nothing" }
        return deltas.map { "\($0.sku)@\($0.location) \($1.onHand)/\($1.safety)" }.sorted().joined(separator: ", ")
    }
}

import Domain
import HotStock

/// A request's lines as the admission sees them.
struct ResolvedDemand: Sendable {
    /// Lines that want stock, by vshard, ascending.
    var parts: [(vshard: VShard, lines: [SupplyLine])]
}

/// Why lines cannot be resolved.
enum ResolutionFailure: Error {
    /// Something is not in the directory: it may be new.
    case unknown([FieldViolation])
    /// The request is wrong whatever the directory says.
    case refused(Refusal)
}

extension StockDirectory {
    /// Finds the cells that may serve each demand, in the order of their ranks.
    ///
    /// A demand without any cell resolves to no group and will be short. A nil demand wants nothing here and is left out. A demand for any location is served from `locations` only, where it is not nil, and not from those that it avoids. Field paths are `<path>[i].sku`, `.location`.
    func resolve(
        _ demands: [Demand?], path: String, within locations: Set<String>?
    ) throws(ResolutionFailure) -> ResolvedDemand {
        let outcome: Result<ResolvedDemand, ResolutionFailure> = look { view in
            var violations: [FieldViolation] = []
            var byVShard: [VShard: [SupplyLine]] = [:]
            for (index, demand) in demands.enumerated() {
                guard let demand else { continue }
                guard let product = view.product(demand.sku) else {
                    violations.append(FieldViolation("\(path)[\(index)].sku", "no product has this sku"))
                    continue
                }
                guard product.tracked else {
                    return .failure(
                        .refused(
                            .invalid([
                                FieldViolation("\(path)[\(index)].sku", "the product is untracked: it has no stock")
                            ])))
                }
                var groups: [[CellID]] = []
                if demand.location.isEmpty {
                    var last: Int32?
                    for cell in product.cells where view.isCell(cell, within: locations) {
                        if !demand.avoided.isEmpty, view.isCell(cell, within: demand.avoided) { continue }
                        if cell.location == last {
                            groups[groups.count - 1].append(cell.id)
                        } else {
                            groups.append([cell.id])
                        }
                        last = cell.location
                    }
                } else {
                    guard let location = view.location(demand.location) else {
                        violations.append(
                            FieldViolation("\(path)[\(index)].location", "no location has this code"))
                        continue
                    }
                    let cells = product.cells.filter { $0.location == location.id }.map(\.id)
                    if !cells.isEmpty { groups = [cells] }
                }
                byVShard[product.vshard, default: []].append(
                    SupplyLine(
                        index: index, quantity: demand.quantity, split: demand.allowSplit, groups: groups))
            }
            if !violations.isEmpty { return .failure(.unknown(violations)) }
            let parts = byVShard.sorted { $0.key < $1.key }.map { (vshard: $0.key, lines: $0.value) }
            return .success(ResolvedDemand(parts: parts))
        }
        return try outcome.get()
    }
}

import Domain
import Ledger

extension EntityID {
    /// The id under which the attempt after `burials` buried ones takes units for an order: the order's own at first.
    ///
    /// A tombstone keeps an attempt from ever becoming true, but the order may still be placed, by whoever repeats it and
    /// whenever. Every server derives the same ids, so that repetitions take over each other's units.
    func attempt(_ burials: Int) -> EntityID {
        burials > 0 ? derived(by: "\(burials)") : self
    }

    /// The id of the reservation that an attempt of this change sets stock aside under.
    func setAside(_ demands: [Demand], attempt: Int) -> EntityID {
        let parts = demands.map { demand in
            let avoided = demand.avoided.sorted().map { "-\($0)" }.joined()
            return "\(demand.sku)@\(demand.location)\(avoided)=\(demand.quantity)\(demand.allowSplit ? "+" : "")"
        }
        return derived(by: "aside \(attempt) \(parts.joined(separator: ","))")
    }

    /// An id that follows from this one and a word, the same everywhere.
    fileprivate func derived(by word: String) -> EntityID {
        let name = "\(self)#\(word)"
        return EntityID(high: FNV1a.hash("high \(name)".utf8), low: FNV1a.hash("low \(name)".utf8))
    }
}

extension StockPlan {
    /// The id under which the attempt after `burials` buried ones takes what the plan gives up.
    ///
    /// It follows from the change and from what it gives up: whoever plans the change alike takes under the same name,
    /// and a change that is planned on other figures under another one.
    func attempt(_ burials: Int) -> EntityID {
        let parts = givenUp.map { "\($0.cell.rawValue):\($0.quantity)" }
        return change.id.derived(by: "\(burials) \(parts.joined(separator: ","))")
    }
}

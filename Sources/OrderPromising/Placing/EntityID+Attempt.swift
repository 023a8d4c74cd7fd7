import Domain

extension EntityID {
    /// The id under which the attempt after `burials` buried ones takes units for an order: the order's own at first.
    ///
    /// A tombstone keeps an attempt from ever becoming true, but the order may still be placed, by whoever repeats it and
    /// whenever. Every server derives the same ids, so that repetitions take over each other's units.
    func attempt(_ burials: Int) -> EntityID {
        guard burials > 0 else { return self }
        let name = "\(self)#\(burials)"
        return EntityID(high: FNV1a.hash("high \(name)".utf8), low: FNV1a.hash("low \(name)".utf8))
    }
}

/// Replays what PostgreSQL committed, in the order in which it became durable, through a bounded counter for each cell.
///
/// The rules, checked after each transaction for the cells that it touched:
///
/// 1. Who gets a new promise finds room: on hand − safety − allocated − held is at least 0 after it.
/// 2. What is promised beyond what is there is recorded: allocated + held ≤ on hand + open shortages.
/// 3. A promise is written under epochs that stand, and while Redis decides for its vshards.
/// 4. A final state never changes, and no live reservation vanishes.
/// 5. Where PostgreSQL decides, a cell's own sum of live reservations is true.
/// 6. A call that admits is used by one transaction only, which journals it.
/// 7. What an order gets was a live reservation's until this transaction, or was admitted for the order itself.
///
/// Goods that go missing, or safety stock that rises, may overtake a promise that was admitted before and is written
/// after: the promise then breaks the first two rules by what shrank meanwhile, and by no more. ``Suspicion`` keeps what
/// is needed to tell that from a promise that should never have been made.
package struct CommitReplay: Sendable {
    /// A promise that found no room.
    package struct Suspicion: Sendable {
        /// Which rule it breaks.
        var kind: Violation.Kind
        /// What is the case.
        var story: String
        /// By how many units.
        var units: Int64
        /// What the transaction wrote.
        var names: [Mutation.Key]
        /// The call that admitted it.
        var stamp: CommittedTransaction.Stamp?
        /// What had shrunk before it, newest last.
        var shrinks: [Shrink]
        /// What the same transaction shrank, and promises written before it, which it may not have seen.
        var own: [Shrink]
        var promises: [Promise]
    }

    /// Units that were promised by one transaction.
    struct Promise: Sendable {
        var names: [Mutation.Key]
        var units: Int64
    }

    /// Something that lowered what a cell can promise, other than a promise.
    struct Shrink: Sendable {
        var cause: String
        var units: Int64
        var stamp: CommittedTransaction.Stamp?
        var position: UInt64
    }

    private struct Counter {
        var vshard: Int
        var onHand: Int64 = 0
        var safety: Int64 = 0
        var allocated: Int64 = 0
        var heldDirect: Int64 = 0
        var held: Int64 = 0
        var shortage: Int64 = 0
        var shrinks: [Shrink] = []
        var promises: [Promise] = []

        var promised: Int64 { allocated + held }
        var free: Int64 { onHand - safety - allocated - held }
        var beyond: Int64 { allocated + held - onHand - shortage }
    }

    /// What a transaction has to give to orders.
    private struct Backing {
        /// Units of reservations that it confirms, by cell.
        var confirmed: [Int64: Int64] = [:]
        /// Vshards where something was admitted for an order of it.
        var admitted: Set<Int> = []

        init(of transaction: CommittedTransaction, holds: [HoldKey: CommittedTransaction.Hold]) {
            for case .hold(let hold) in transaction.changes {
                let old = holds[HoldKey(id: hold.id, kind: hold.kind)]
                if hold.kind == 2 && old == nil { admitted.formUnion(hold.stamps.map(\.vshard)) }
                guard let old, hold.kind == 1, old.state == 1, hold.state == 2 else { continue }
                for (cell, quantity) in zip(old.cells, old.quantities) { confirmed[cell, default: 0] += quantity }
            }
        }
    }

    private struct HoldKey: Hashable {
        var id: String
        var kind: Int
    }

    /// How many shrinks of a cell are remembered; a promise on its way is not older than a few.
    private static let remembered = 128
    /// How many findings are kept.
    private static let bound = 1_000

    private var counters: [Int64: Counter] = [:]
    private var holds: [HoldKey: CommittedTransaction.Hold] = [:]
    private var shortages: [Int64: CommittedTransaction.Shortage] = [:]
    private var shards: [Int: CommittedTransaction.Shard] = [:]
    private var calls: [CommittedTransaction.Stamp: UInt64] = [:]
    private var journalled: Set<CommittedTransaction.Stamp> = []
    private var suspicions: [Suspicion] = []
    private var certain: [Violation] = []
    private var reported: Set<String> = []
    /// Transactions so far.
    package private(set) var count = 0
    /// The witness of each reservation and order that was written.
    package private(set) var witnesses: [Mutation.Key: [CommittedTransaction.Stamp]] = [:]

    /// Begins with the vshards as they stood before the first transaction.
    package init(shards: [CommittedTransaction.Shard]) {
        for shard in shards { self.shards[shard.id] = shard }
    }

    /// Applies the next transaction.
    package mutating func apply(_ transaction: CommittedTransaction) {
        count += 1
        var touched: Set<Int64> = []
        for change in transaction.changes {
            switch change {
            case .hold(let hold): touched.formUnion(hold.cells)
            case .holdRemoved(let id, let kind): touched.formUnion(holds[HoldKey(id: id, kind: kind)]?.cells ?? [])
            case .cell(let cell): touched.insert(cell.id)
            case .shortage(let shortage): touched.insert(shortage.cell)
            case .movement, .shard, .call: break
            }
        }
        let backing = Backing(of: transaction, holds: holds)
        let before = touched.reduce(into: [Int64: Counter]()) { $0[$1] = counters[$1] }
        var stamps: [Int: CommittedTransaction.Stamp] = [:]
        var names: [Mutation.Key] = []
        journalled = []
        for case .call(let stamp) in transaction.changes { journalled.insert(stamp) }
        for change in transaction.changes {
            switch change {
            case .hold(let hold): apply(hold, at: transaction.position, stamps: &stamps, names: &names)
            case .holdRemoved(let id, let kind): remove(HoldKey(id: id, kind: kind))
            case .cell(let cell):
                var counter = counters[cell.id] ?? Counter(vshard: cell.vshard)
                counter.onHand = cell.onHand
                counter.safety = cell.safety
                counter.allocated = cell.allocated
                counter.heldDirect = cell.heldDirect
                counters[cell.id] = counter
            case .shortage(let shortage): apply(shortage)
            case .shard(let shard): apply(shard)
            case .movement, .call: break
            }
        }
        for case .movement(let movement) in transaction.changes where movement.shrink > 0 {
            guard var counter = counters[movement.cell] else { continue }
            counter.shrinks.append(
                Shrink(
                    cause: movement.cause, units: movement.shrink, stamp: stamps[counter.vshard],
                    position: transaction.position))
            if counter.shrinks.count > Self.remembered { counter.shrinks.removeFirst() }
            counters[movement.cell] = counter
        }
        for id in touched.sorted() {
            judge(id, before: before[id], backing, names: names)
            judge(id, before: before[id], stamps: stamps, names: names, at: transaction.position)
        }
    }

    // MARK: - Applying

    private mutating func apply(
        _ hold: CommittedTransaction.Hold, at position: UInt64, stamps: inout [Int: CommittedTransaction.Stamp],
        names: inout [Mutation.Key]
    ) {
        let key = HoldKey(id: hold.id, kind: hold.kind)
        let name = Mutation.Key(hold.kind == 1 ? .reservation : hold.kind == 2 ? .order : .movement, hold.id)
        names.append(name)
        if let old = holds[key] {
            if old.state != 1 && old.state != hold.state {
                report(
                    .illegalState, "\(name) was in the final state \(old.state) and is now in \(hold.state)",
                    about: "\(name)", keys: [name])
            }
            if old.state == 1 { take(old, sign: -1) }
        } else if hold.state != 5 {
            check(hold, name, at: position)
            for stamp in hold.stamps { stamps[stamp.vshard] = stamp }
            if hold.kind != 3 { witnesses[name] = hold.stamps }
        }
        if hold.state == 1 { take(hold, sign: 1) }
        holds[key] = hold
    }

    private mutating func take(_ hold: CommittedTransaction.Hold, sign: Int64) {
        for (cell, quantity) in zip(hold.cells, hold.quantities) { counters[cell]?.held += sign * quantity }
    }

    private mutating func remove(_ key: HoldKey) {
        guard let hold = holds.removeValue(forKey: key), hold.state == 1 else { return }
        take(hold, sign: -1)
        report(.lost, "the live reservation \(key.id) was removed", about: key.id, keys: [.init(.reservation, key.id)])
    }

    private mutating func apply(_ shortage: CommittedTransaction.Shortage) {
        let old = shortages[shortage.id]
        let change = (shortage.isOpen ? shortage.quantity : 0) - (old.map { $0.isOpen ? $0.quantity : 0 } ?? 0)
        counters[shortage.cell]?.shortage += change
        shortages[shortage.id] = shortage
    }

    private mutating func apply(_ shard: CommittedTransaction.Shard) {
        if let old = shards[shard.id], shard.epoch < old.epoch {
            report(
                .fence, "the epoch of vshard \(shard.id) fell from \(old.epoch) to \(shard.epoch)",
                about: "v\(shard.id)")
        }
        shards[shard.id] = shard
    }

    // MARK: - Judging

    /// Rules 3 and 6.
    private mutating func check(_ hold: CommittedTransaction.Hold, _ name: Mutation.Key, at position: UInt64) {
        for stamp in hold.stamps {
            let shard = shards[stamp.vshard]
            // What PostgreSQL decided itself has no number.
            let isLedgers = stamp.sequence == 0
            if let shard, shard.epoch != stamp.epoch {
                report(
                    .fence,
                    "\(name) was written under epoch \(stamp.epoch) of vshard \(stamp.vshard), where \(shard.epoch) stood",
                    about: "\(name)", keys: [name])
            } else if let shard, (shard.mode == 2) != isLedgers {
                report(
                    .fence,
                    isLedgers
                        ? "\(name) was admitted by PostgreSQL while Redis decided for vshard \(stamp.vshard)"
                        : "\(name) was admitted by Redis while PostgreSQL decided for vshard \(stamp.vshard)",
                    about: "\(name)", keys: [name])
            }
            guard !isLedgers else { continue }
            if let other = calls[stamp], other != position {
                report(
                    .fence, "\(name): the admitting call \(stamp.sequence) of vshard \(stamp.vshard) was used before",
                    about: "\(name)", keys: [name])
            }
            if !journalled.contains(stamp) {
                report(
                    .fence,
                    "\(name): the admitting call \(stamp.sequence) of vshard \(stamp.vshard) was not journalled with it",
                    about: "\(name) journal", keys: [name])
            }
            calls[stamp] = position
        }
    }

    /// Rule 7.
    private mutating func judge(_ id: Int64, before: Counter?, _ backing: Backing, names: [Mutation.Key]) {
        guard let counter = counters[id], !backing.admitted.contains(counter.vshard) else { return }
        let given = counter.allocated - (before?.allocated ?? 0)
        let backed = backing.confirmed[id] ?? 0
        guard given > max(0, backed) else { return }
        report(
            .illegalState,
            "an order got \(given) units of cell \(id), and only \(backed) were a live reservation's or admitted for it",
            about: "cell \(id)", keys: names)
    }

    /// Rules 1, 2 and 5.
    private mutating func judge(
        _ id: Int64, before: Counter?, stamps: [Int: CommittedTransaction.Stamp], names: [Mutation.Key],
        at position: UInt64
    ) {
        guard let counter = counters[id] else { return }
        let old = before ?? Counter(vshard: counter.vshard)
        if counter.promised > old.promised {
            counters[id]?.promises.append(Promise(names: names, units: counter.promised - old.promised))
            if counter.promises.count >= Self.remembered { counters[id]?.promises.removeFirst() }
        }
        if counter.promised > old.promised && counter.free < 0 {
            // What shrank in the same transaction stood beside it, before it or after it.
            let beside = counter.shrinks.reduce(Int64(0)) { $0 + ($1.position == position ? $1.units : 0) }
            if counter.free + beside < 0 {
                suspect(
                    .oversold,
                    "a promise of \(counter.promised - old.promised) units of cell \(id) left \(counter.free) available",
                    units: -counter.free - beside, counter, stamps: stamps, names: names, at: position)
            }
        }
        if counter.beyond > max(0, old.beyond) {
            suspect(
                .unrecordedShortage,
                "cell \(id): \(counter.promised) units are promised, \(counter.onHand) are there and a shortage of "
                    + "\(counter.shortage) is recorded", units: counter.beyond, counter, stamps: stamps, names: names,
                at: position)
        }
        if shards[counter.vshard]?.mode == 2 && counter.heldDirect != counter.held {
            report(
                .books, "cell \(id): live reservations hold \(counter.held), its own sum says \(counter.heldDirect)",
                about: "\(id)", keys: names)
        }
    }

    private mutating func suspect(
        _ kind: Violation.Kind, _ story: String, units: Int64, _ counter: Counter,
        stamps: [Int: CommittedTransaction.Stamp], names: [Mutation.Key], at position: UInt64
    ) {
        guard suspicions.count < Self.bound else { return }
        suspicions.append(
            Suspicion(
                kind: kind, story: story, units: units, names: names, stamp: stamps[counter.vshard],
                shrinks: counter.shrinks.filter { $0.position != position },
                own: counter.shrinks.filter { $0.position == position }, promises: counter.promises))
    }

    private mutating func report(_ kind: Violation.Kind, _ story: String, about: String, keys: [Mutation.Key] = []) {
        guard certain.count < Self.bound, reported.insert("\(kind.rawValue) \(about)").inserted else { return }
        certain.append(Violation(kind, story, keys: keys))
    }

    // MARK: - The verdict

    /// What broke a rule, beside what the clients saw.
    ///
    /// A promise is excused by what shrank before it was written and, as far as anybody can tell, after it was admitted:
    /// its witness is the smaller one, or it was asked for before the shrink was acknowledged and may have been admitted
    /// by an earlier attempt.
    package func violations(beside keys: [KeyHistory]) -> [Violation] {
        let byKey = Dictionary(keys.map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first })
        return certain
            + suspicions.compactMap { suspicion in
                let asked = suspicion.names.compactMap { byKey[$0] }
                let excused = suspicion.shrinks.reduce(Int64(0)) { sum, shrink in
                    sum + (Self.mayHaveOvertaken(shrink, suspicion, asked, byKey) ? shrink.units : 0)
                }
                let unseen = suspicion.kind == .unrecordedShortage ? unseenUnits(suspicion, byKey) : 0
                guard suspicion.units > excused + unseen else { return nil }
                return Violation(
                    suspicion.kind, suspicion.story, keys: suspicion.names,
                    moment: asked.compactMap(\.acknowledged).min())
            }
    }

    /// Units of promises that were on their way to being written while the transaction that shrank stock added up.
    private func unseenUnits(_ suspicion: Suspicion, _ byKey: [Mutation.Key: KeyHistory]) -> Int64 {
        let began = suspicion.own.compactMap { Self.cause($0.cause, byKey) }.map(\.began).min()
        guard let began else { return 0 }
        return suspicion.promises.reduce(0) { sum, promise in
            let wasThere = promise.names.contains { name in
                guard let acknowledged = byKey[name]?.acknowledged else { return false }
                return acknowledged < began
            }
            return sum + (wasThere ? 0 : promise.units)
        }
    }

    /// The calls that may have caused a movement.
    private static func cause(_ id: String, _ byKey: [Mutation.Key: KeyHistory]) -> KeyHistory? {
        [Mutation.Space.movement, .order, .fulfilment, .returnChange].lazy.compactMap { byKey[.init($0, id)] }.first
    }

    private static func mayHaveOvertaken(
        _ shrink: Shrink, _ suspicion: Suspicion, _ asked: [KeyHistory], _ byKey: [Mutation.Key: KeyHistory]
    ) -> Bool {
        if let mine = suspicion.stamp, let other = shrink.stamp, mine.isBefore(other) { return true }
        guard let cause = Self.cause(shrink.cause, byKey) else { return false }
        return asked.contains { key in
            key.calls.count > 1 && (cause.acknowledged.map { key.began < $0 } ?? true)
        }
    }
}
